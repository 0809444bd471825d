;; Says that its result is where no memory is.
(module
  (memory (export "memory") 1)
  (func (export "input") (param i32) (result i32) (i32.const 0))
  (func (export "transform") (param i32 i32) (result i64)
    (i64.const 0xffffff0000000010)))
