;; Calls of small functions: `run` reads, writes and compares a field by them. `opaque` is only a call of something large.
(module
  (memory 1)
  (func $get (param i32) (result i32) (i32.load offset=4 (local.get 0)))
  (func $set (param i32 i32) (i32.store offset=4 (local.get 0) (local.get 1)))
  (func $max (param i32 i32) (result i32)
    (if (result i32) (i32.gt_s (local.get 0) (local.get 1)) (then (local.get 0)) (else (local.get 1))))
  (func (export "run") (param $n i32) (result i32) (local $i i32) (local $max i32)
    (loop $again
      (call $set (i32.const 16) (i32.add (call $get (i32.const 16)) (local.get $i)))
      (local.set $max (call $max (local.get $max) (call $get (i32.const 16))))
      (br_if $again (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $max))
  (func $large (param i32 i32) (result i32)
    (loop $again (br_if $again (local.tee 0 (i32.sub (local.get 0) (local.get 1))))) (local.get 1))
  (func $opaque (param i32) (result i32) (call $large (local.get 0) (i32.const 1)))
  (func (export "wrapped") (param i32) (result i32) (i32.add (call $opaque (local.get 0)) (i32.const 2))))
