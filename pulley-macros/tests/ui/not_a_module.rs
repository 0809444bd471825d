//! `#[instructions]` needs the rows' bodies.

#[pulley_macros::instructions]
fn i32_add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}

fn main() {
    i32_add(1, 2);
}
