//! Address spaces in CLIF, told apart by alias regions.
//!
//! A CLIF load or store of this crate names its space by its alias region, `user_id = kind << 24 | number`:
//!
//! - [`MEMORY`], number = memory index: linear memory. The address is `uextend.i64` of the 32-bit wasm address (possibly
//!   simplified by the mid-end, but always a value whose upper 32 bits are zero), the offset is the wasm offset, at most
//!   2^31 - 1; a larger offset has been added by `uadd_overflow_trap` beforehand. Little-endian. May trap with
//!   `HEAP_OUT_OF_BOUNDS`, unless [`optimize`](crate::optimize) marked it `notrap`. Opcodes: `load`, `store` of
//!   i32/i64/f32/f64, and `uload8 sload8 uload16 sload16 uload32 sload32 istore8 istore16 istore32` with the type that
//!   wasm has.
//! - [`GLOBAL`]: a wasm global, which is named by the *offset*: [`global_index`]. The address is a constant that means
//!   nothing. The number only says which globals may be the same one at run time: two imported mutable globals may,
//!   so that they share a region.
//!
//! CLIF demands that accesses in different regions never touch the same address, and its redundant-load elimination
//! relies on it (a region is no part of its key). So globals live above [`GLOBAL_BASE`], where no memory access reaches,
//! each at its own offset.

/// Kind of the region of a linear memory.
pub const MEMORY: u32 = 1;
/// Kind of a region of globals.
pub const GLOBAL: u32 = 2;

/// Bits of a region's `user_id` below its kind.
const NUMBER_BITS: u32 = 24;

/// The address that global loads and stores carry.
pub const GLOBAL_BASE: i64 = 1 << 56;

/// Distance of one global from the next in the address space of globals, bytes.
const GLOBAL_STRIDE: i32 = 8;

/// `user_id` of a region.
pub const fn user_id(kind: u32, number: u32) -> u32 {
    kind << NUMBER_BITS | number
}

/// The kind of the region with this `user_id`: [`MEMORY`] or [`GLOBAL`].
pub const fn kind(user_id: u32) -> u32 {
    user_id >> NUMBER_BITS
}

/// The number of the region with this `user_id`: for [`MEMORY`] the memory's index.
pub const fn number(user_id: u32) -> u32 {
    user_id & ((1 << NUMBER_BITS) - 1)
}

/// The offset of the load or store that accesses global `index` (imports first).
///
/// The validator's limit of 1,000,000 globals keeps it within an `i32`.
pub const fn global_offset(index: u32) -> i32 {
    index as i32 * GLOBAL_STRIDE
}

/// The global (imports first) that a load or store in a [`GLOBAL`] region with this offset accesses.
pub const fn global_index(offset: i32) -> u32 {
    (offset / GLOBAL_STRIDE) as u32
}
