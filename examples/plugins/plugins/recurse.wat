;; Calls itself for ever.
(module
  (memory (export "memory") 1)
  (func (export "input") (param i32) (result i32) (i32.const 0))
  (func $deeper (export "transform") (param i32 i32) (result i64)
    (i64.add (i64.const 1) (call $deeper (local.get 0) (local.get 1)))))
