;; Tail calls: arguments trade places, and the index of an indirect one is in the way.
(module
  (type $t (func (param i32 i32 i32) (result i32)))
  (table 4 funcref)
  (func $gcd (param i32 i32) (result i32)
    (if (i32.eqz (local.get 1)) (then (return (local.get 0))))
    (return_call $gcd (local.get 1) (i32.rem_u (local.get 0) (local.get 1))))
  (func $dispatch (param i32 i32 i32) (result i32)
    (return_call_indirect (type $t) (local.get 1) (local.get 2) (i32.const 9) (local.get 0))))
