;; Globals of this and of other instances.
(module
  (import "host" "g" (global $imported i32))
  (import "host" "m" (global $imported_mut (mut f64)))
  (global $count (mut i64) (i64.const 0))
  (global $ratio (mut f32) (f32.const 0.5))
  (func $next (result i64)
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (global.get $count))
  (func $scale (param f32) (result f32)
    (global.set $imported_mut (f64.promote_f32 (local.get 0)))
    (f32.mul (f32.mul (local.get 0) (global.get $ratio)) (f32.convert_i32_s (global.get $imported)))))
