;; Indirect calls, references in tables.
(module
  (type $unary (func (param i32) (result i32)))
  (table $t 8 funcref)
  (elem declare func $twice)
  (func $twice (type $unary) (i32.shl (local.get 0) (i32.const 1)))
  (func $apply (param $f i32) (param $x i32) (result i32)
    (call_indirect (type $unary) (call_indirect (type $unary) (local.get $x) (local.get $f))
      (i32.add (local.get $f) (i32.const 1))))
  (func $set (param i32)
    (table.set $t (local.get 0) (ref.func $twice))
    (drop (table.grow $t (ref.null func) (i32.const 1)))))
