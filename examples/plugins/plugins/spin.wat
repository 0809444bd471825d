;; Never returns.
(module
  (memory (export "memory") 1)
  (func (export "input") (param i32) (result i32) (i32.const 0))
  (func (export "transform") (param i32 i32) (result i64)
    (loop $again (br $again))
    (unreachable)))
