;; Selects fused with comparisons, and selects that are minima.
(module
  (func $max (param i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (i32.gt_s (local.get 0) (local.get 1))))
  (func $choose (param f64 f64 i64) (result f64)
    (select (local.get 0) (local.get 1) (i64.eqz (local.get 2))))
  (func $plain (param i32 i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (local.get 2))))
