;; Blinks pin 13 twice a second, and reports how often the button at pin 2 was pressed when it looked.
(module
  (import "gpio" "write" (func $write (param $pin i32) (param $level i32)))
  (import "gpio" "read" (func $read (param $pin i32) (result i32)))
  (import "clock" "now" (func $now (result i64)))
  (import "clock" "sleep" (func $sleep (param $ms i32)))
  (memory (export "memory") 1 16)
  (global $presses (export "presses") (mut i32) (i32.const 0))
  (func (export "main")
    (loop $blink
      (call $write (i32.const 13) (i32.const 1))
      (call $sleep (i32.const 250))
      (call $write (i32.const 13) (i32.const 0))
      (global.set $presses (i32.add (global.get $presses) (call $read (i32.const 2))))
      (call $sleep (i32.const 250))
      (br_if $blink (i64.lt_u (call $now) (i64.const 2000)))))
  ;; Other things that a program may try.
  (func (export "busy") (result i32) (local $n i32)
    (loop $count (br_if $count (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100000))))
    (local.get $n))
  (func (export "greedy") (result i32) (memory.grow (i32.const 1)))
  (func $deeper (export "deep") (result i32) (i32.add (call $deeper) (i32.const 1))))
