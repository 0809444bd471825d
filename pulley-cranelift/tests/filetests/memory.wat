;; Read, modify, write; indexed accesses; stores of constants.
(module
  (memory 1)
  (func $bump (param $p i32)
    (i32.store offset=8 (local.get $p) (i32.add (i32.load offset=8 (local.get $p)) (i32.const 1))))
  (func $copy_words (param $to i32) (param $from i32) (param $n i32) (local $i i32)
    (loop $again
      (i32.store (i32.add (local.get $to) (i32.shl (local.get $i) (i32.const 2)))
        (i32.load (i32.add (local.get $from) (i32.shl (local.get $i) (i32.const 2)))))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  (func $clear (param $p i32)
    (i64.store (local.get $p) (i64.const 0))
    (i32.store16 offset=8 (local.get $p) (i32.const -1)))
  (func $grow (param $n i32) (result i32)
    (drop (memory.grow (local.get $n)))
    (i32.add (memory.grow (local.get $n)) (memory.size))))
