;; Immediates, commuted operands, temporaries in accumulators, division that traps.
(module
  (func $mix (param i32 i32) (result i32)
    (i32.div_s
      (i32.add (i32.mul (local.get 0) (i32.const 10)) (i32.sub (i32.const 5) (local.get 1)))
      (i32.xor (local.get 0) (local.get 1))))
  (func $wide (param i64 i32) (result i64)
    (i64.add (i64.mul (local.get 0) (i64.const 0x123456789abcdef)) (i64.extend_i32_u (local.get 1)))))
