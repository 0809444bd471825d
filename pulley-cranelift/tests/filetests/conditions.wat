;; Branches on two conditions, displaced addresses that are passed on, bits of a number, tables that start above zero.
(module
  (memory 1)
  (func $either (param i32 i32) (result i32)
    (if (result i32) (i32.or (i32.eq (local.get 0) (i32.const 32)) (i32.lt_u (local.get 1) (i32.const 9)))
      (then (i32.const 1)) (else (local.get 1))))
  (func $both (param i32 i32) (result i32)
    (block (br_if 0 (i32.eqz (i32.and (i32.ne (local.get 0) (i32.const 32)) (i32.ne (local.get 1) (local.get 0)))))
      (return (i32.const 1)))
    (local.get 1))
  (func $pop (param $sp i32) (param $n i32) (result i32)
    (loop $next
      (i32.store (i32.sub (local.get $sp) (i32.const 4))
        (i32.add (i32.load (i32.sub (local.get $sp) (i32.const 4))) (i32.load (i32.sub (local.get $sp) (i32.const 8)))))
      (if (i32.load (local.get $sp))
        (then (local.set $sp (i32.sub (local.get $sp) (i32.const 4))))
        (else (local.set $sp (i32.add (local.get $sp) (i32.const 12)))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sp))
  (func $field (param i32 i64) (result i32)
    (i32.add
      (i32.and (i32.shr_u (local.get 0) (i32.const 7)) (i32.const 0xff0))
      (i32.wrap_i64 (i64.and (i64.shr_u (local.get 1) (i64.const 40)) (i64.const -256)))))
  (func $from_five (param i32) (result i32)
    (block (block (block
      (br_table 0 1 2 (i32.sub (local.get 0) (i32.const 5))))
      (return (i32.const 50)))
      (return (i32.const 60)))
    (i32.const 70)))
