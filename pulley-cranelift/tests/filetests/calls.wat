;; Several results, calls of imports, values alive across calls.
(module
  (import "host" "f" (func $host (param i32 f64) (result i64)))
  (func $swap (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))
  (func $three (param i32) (result i32 i64 i32) (local.get 0) (i64.const 0x1_0000_0001) (i32.const -1))
  (func $caller (param i32 i32) (result i32)
    (i32.sub (call $swap (call $swap (local.get 0) (local.get 1)))))
  (func $across (param i32 f64) (result i64)
    (i64.add (call $host (local.get 0) (local.get 1)) (call $host (i32.const 3) (f64.const 1)))))
