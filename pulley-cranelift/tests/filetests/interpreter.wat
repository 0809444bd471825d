;; The loop of an interpreter: pc updated where it is passed on, a flag known to be zero passed without a move, and the
;; dispatch repeated in each case.
(module
  (memory 1)
  (func (export "run") (param $pc i32) (result i32)
    (local $trap i32) (local $sum i32) (local $op i32) (local $next i32)
    (local.set $trap (i32.load offset=100 (i32.const 0)))
    (loop $loop
      (local.set $op (i32.load (local.get $pc)))
      (local.set $next (i32.add (local.get $pc) (i32.const 4)))
      (block $done
        (block $jump
          (block $add
            (block $flag
              (br_table $add $jump $flag $done (i32.and (local.get $op) (i32.const 3))))
            (if (local.get $trap)
              (then (local.set $trap (i32.load offset=100 (local.get $sum))))
              (else (local.set $trap (i32.const 0))))
            (local.set $sum (i32.xor (local.get $sum) (local.get $trap)))
            (local.set $pc (local.get $next))
            (br $loop))
          (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $pc))))
          (local.set $pc (local.get $next))
          (br $loop))
        (local.set $pc (i32.load (local.get $next)))
        (br $loop)))
    (local.get $sum)))
