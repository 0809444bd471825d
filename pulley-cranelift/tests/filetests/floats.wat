;; A kernel over f64 in memory, with a fused multiply and add, and comparisons that NaNs fail.
(module
  (memory 1)
  (func $dot (param $a i32) (param $b i32) (param $n i32) (result f64) (local $s f64)
    (loop $again
      (local.set $s (f64.add (local.get $s) (f64.mul (f64.load (local.get $a)) (f64.load (local.get $b)))))
      (local.set $a (i32.add (local.get $a) (i32.const 8)))
      (local.set $b (i32.add (local.get $b) (i32.const 8)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func $clamp (param f32 f32) (result f32)
    (if (result f32) (f32.ge (local.get 0) (local.get 1)) (then (local.get 1)) (else (local.get 0))))
  (func $norm (param f64 f64) (result f64)
    (f64.sqrt (f64.add (f64.mul (local.get 0) (local.get 0)) (f64.mul (local.get 1) (local.get 1))))))
