;; A table with repeated targets; the blocks behind it pass different constants.
(module
  (func $pick (param i32) (result i32)
    (block $d (block $c (block $b (block $a
      (br_table $a $b $a $c $d (local.get 0)))
      (return (i32.const 10)))
      (return (i32.const 20)))
      (return (i32.const 30)))
    (i32.const 40))
  (func $merge (param i32) (result i32)
    (block $out (result i32)
      (block $b (block $a
        (br_table $a $b (local.get 0)))
        (br $out (i32.const 1)))
      (i32.const -1))))
