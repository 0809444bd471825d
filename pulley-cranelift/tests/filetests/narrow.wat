;; What the optimiser makes of masks and shifts: narrow loads, extensions, byte swaps, high halves of products.
(module
  (memory 1)
  (func $extend (param i32) (result i32)
    (i32.shr_s (i32.shl (local.get 0) (i32.const 24)) (i32.const 24)))
  (func $byte (param i32) (result i32)
    (i32.and (i32.load (local.get 0)) (i32.const 0xff)))
  (func $add8 (param i32 i32)
    (i32.store8 (local.get 0) (i32.add (i32.load8_u (local.get 0)) (local.get 1))))
  (func $tenth (param i32) (result i32)
    (i32.div_u (local.get 0) (i32.const 10)))
  (func $swap16 (param i32) (result i32)
    (i32.or
      (i32.and (i32.shr_u (local.get 0) (i32.const 8)) (i32.const 0xff))
      (i32.shl (i32.and (local.get 0) (i32.const 0xff)) (i32.const 8)))))
