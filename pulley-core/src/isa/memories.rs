//! Loads, stores and bulk operations on memory 0.
//!
//! An access of `addr` is at `addr + offset`, computed without wrapping. That of the `_indexed` rows is at `base + index`, that
//! of the `_element` rows at `base` plus `index` times the bytes accessed, that of the `_scaled` rows at `base + (index << scale)`:
//! these wrap at 32 bits as the program's own arithmetic would, the `offset` added to them does not. Sums and elements are
//! most accesses, which need not decode a scale, nor shift by what they decode.
//! Loads of narrow values into `i64` without sign have no row: the `i32` ones zero-extend. Neither have narrow stores of
//! an `i64`.

/// Loads, stores and bulk operations on memory 0.
#[pulley_macros::instructions]
pub mod memory {
    use crate::imm::{Offset, Shift};
    use crate::machine::Memory0;
    use crate::trap::Trap;

    /// The address of element `index` of an array at `base` of elements of `1 << scale` bytes.
    #[inline(always)]
    fn scaled(base: u32, index: u32, scale: Shift) -> u32 {
        base.wrapping_add(index.wrapping_shl(scale.0 as u32))
    }

    /// The address of element `index` of an array at `base` of elements of `T`.
    #[inline(always)]
    fn element<T>(base: u32, index: u32) -> u32 {
        base.wrapping_add(index.wrapping_mul(size_of::<T>() as u32))
    }

    /// The four bytes at `addr + offset`. Traps when out of bounds.
    #[op(load)]
    fn i32_load(memory: &Memory0, addr: u32, offset: Offset) -> Result<u32, Trap> {
        memory.load(addr, offset).map(u32::from_le_bytes)
    }

    /// The byte, sign-extended, at `addr + offset`. Traps when out of bounds.
    #[op(load)]
    fn i32_load8_s(memory: &Memory0, addr: u32, offset: Offset) -> Result<i32, Trap> {
        memory.load(addr, offset).map(|bytes| i8::from_le_bytes(bytes) as i32)
    }

    /// The byte, zero-extended, at `addr + offset`. Traps when out of bounds.
    #[op(load)]
    fn i32_load8_u(memory: &Memory0, addr: u32, offset: Offset) -> Result<u32, Trap> {
        memory.load(addr, offset).map(|bytes| u8::from_le_bytes(bytes) as u32)
    }

    /// The two bytes, sign-extended, at `addr + offset`. Traps when out of bounds.
    #[op(load)]
    fn i32_load16_s(memory: &Memory0, addr: u32, offset: Offset) -> Result<i32, Trap> {
        memory.load(addr, offset).map(|bytes| i16::from_le_bytes(bytes) as i32)
    }

    /// The two bytes, zero-extended, at `addr + offset`. Traps when out of bounds.
    #[op(load)]
    fn i32_load16_u(memory: &Memory0, addr: u32, offset: Offset) -> Result<u32, Trap> {
        memory.load(addr, offset).map(|bytes| u16::from_le_bytes(bytes) as u32)
    }

    /// The eight bytes at `addr + offset`. Traps when out of bounds.
    #[op(load)]
    fn i64_load(memory: &Memory0, addr: u32, offset: Offset) -> Result<u64, Trap> {
        memory.load(addr, offset).map(u64::from_le_bytes)
    }

    /// The byte, sign-extended, at `addr + offset`. Traps when out of bounds.
    #[op(load)]
    fn i64_load8_s(memory: &Memory0, addr: u32, offset: Offset) -> Result<i64, Trap> {
        memory.load(addr, offset).map(|bytes| i8::from_le_bytes(bytes) as i64)
    }

    /// The two bytes, sign-extended, at `addr + offset`. Traps when out of bounds.
    #[op(load)]
    fn i64_load16_s(memory: &Memory0, addr: u32, offset: Offset) -> Result<i64, Trap> {
        memory.load(addr, offset).map(|bytes| i16::from_le_bytes(bytes) as i64)
    }

    /// The four bytes, sign-extended, at `addr + offset`. Traps when out of bounds.
    #[op(load)]
    fn i64_load32_s(memory: &Memory0, addr: u32, offset: Offset) -> Result<i64, Trap> {
        memory.load(addr, offset).map(|bytes| i32::from_le_bytes(bytes) as i64)
    }

    /// The float at `addr + offset`. Traps when out of bounds.
    #[op(load)]
    fn f32_load(memory: &Memory0, addr: u32, offset: Offset) -> Result<f32, Trap> {
        memory.load(addr, offset).map(f32::from_le_bytes)
    }

    /// The float at `addr + offset`. Traps when out of bounds.
    #[op(load)]
    fn f64_load(memory: &Memory0, addr: u32, offset: Offset) -> Result<f64, Trap> {
        memory.load(addr, offset).map(f64::from_le_bytes)
    }

    /// The four bytes at `base + index + offset`. Traps when out of bounds.
    #[op(load_indexed_pinned)]
    fn i32_load_indexed(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<u32, Trap> {
        i32_load(memory, base.wrapping_add(index), offset)
    }

    /// The four bytes at `base + index * 4 + offset`. Traps when out of bounds.
    #[op(load_element)]
    fn i32_load_element(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<u32, Trap> {
        i32_load(memory, element::<u32>(base, index), offset)
    }

    /// The four bytes at `base + (index << scale) + offset`. Traps when out of bounds.
    #[op(load_scaled)]
    fn i32_load_scaled(memory: &Memory0, base: u32, index: u32, scale: Shift, offset: Offset) -> Result<u32, Trap> {
        i32_load(memory, scaled(base, index, scale), offset)
    }

    /// The byte, sign-extended, at `base + index + offset`. Traps when out of bounds.
    #[op(load_indexed)]
    fn i32_load8_s_indexed(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<i32, Trap> {
        i32_load8_s(memory, base.wrapping_add(index), offset)
    }

    /// The byte, zero-extended, at `base + index + offset`. Traps when out of bounds.
    #[op(load_indexed_pinned)]
    fn i32_load8_u_indexed(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<u32, Trap> {
        i32_load8_u(memory, base.wrapping_add(index), offset)
    }

    /// The two bytes, sign-extended, at `base + index + offset`. Traps when out of bounds.
    #[op(load_indexed)]
    fn i32_load16_s_indexed(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<i32, Trap> {
        i32_load16_s(memory, base.wrapping_add(index), offset)
    }

    /// The two bytes, zero-extended, at `base + index + offset`. Traps when out of bounds.
    #[op(load_indexed)]
    fn i32_load16_u_indexed(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<u32, Trap> {
        i32_load16_u(memory, base.wrapping_add(index), offset)
    }

    /// The two bytes, zero-extended, at `base + index * 2 + offset`. Traps when out of bounds.
    #[op(load_scaled)]
    fn i32_load16_u_element(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<u32, Trap> {
        i32_load16_u(memory, element::<u16>(base, index), offset)
    }

    /// The eight bytes at `base + index + offset`. Traps when out of bounds.
    #[op(load_indexed_pinned)]
    fn i64_load_indexed(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<u64, Trap> {
        i64_load(memory, base.wrapping_add(index), offset)
    }

    /// The eight bytes at `base + index * 8 + offset`. Traps when out of bounds.
    #[op(load_element)]
    fn i64_load_element(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<u64, Trap> {
        i64_load(memory, element::<u64>(base, index), offset)
    }

    /// The eight bytes at `base + (index << scale) + offset`. Traps when out of bounds.
    #[op(load_scaled)]
    fn i64_load_scaled(memory: &Memory0, base: u32, index: u32, scale: Shift, offset: Offset) -> Result<u64, Trap> {
        i64_load(memory, scaled(base, index, scale), offset)
    }

    /// The byte, sign-extended, at `base + index + offset`. Traps when out of bounds.
    #[op(load_indexed)]
    fn i64_load8_s_indexed(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<i64, Trap> {
        i64_load8_s(memory, base.wrapping_add(index), offset)
    }

    /// The two bytes, sign-extended, at `base + index + offset`. Traps when out of bounds.
    #[op(load_indexed)]
    fn i64_load16_s_indexed(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<i64, Trap> {
        i64_load16_s(memory, base.wrapping_add(index), offset)
    }

    /// The four bytes, sign-extended, at `base + index + offset`. Traps when out of bounds.
    #[op(load_indexed)]
    fn i64_load32_s_indexed(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<i64, Trap> {
        i64_load32_s(memory, base.wrapping_add(index), offset)
    }

    /// The float at `base + index + offset`. Traps when out of bounds.
    #[op(load_indexed)]
    fn f32_load_indexed(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<f32, Trap> {
        f32_load(memory, base.wrapping_add(index), offset)
    }

    /// The float at `base + index + offset`. Traps when out of bounds.
    #[op(load_indexed_pinned)]
    fn f64_load_indexed(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<f64, Trap> {
        f64_load(memory, base.wrapping_add(index), offset)
    }

    /// The float at `base + index * 8 + offset`. Traps when out of bounds.
    #[op(load_scaled)]
    fn f64_load_element(memory: &Memory0, base: u32, index: u32, offset: Offset) -> Result<f64, Trap> {
        f64_load(memory, element::<f64>(base, index), offset)
    }

    /// Stores the low byte of `value` at `addr + offset`. Traps when out of bounds.
    #[op(store)]
    fn i32_store8(memory: &Memory0, addr: u32, value: u32, offset: Offset) -> Result<(), Trap> {
        memory.store(addr, offset, (value as u8).to_le_bytes())
    }

    /// Stores the low two bytes of `value` at `addr + offset`. Traps when out of bounds.
    #[op(store)]
    fn i32_store16(memory: &Memory0, addr: u32, value: u32, offset: Offset) -> Result<(), Trap> {
        memory.store(addr, offset, (value as u16).to_le_bytes())
    }

    /// Stores `value` at `addr + offset`. Traps when out of bounds.
    #[op(store)]
    fn i32_store(memory: &Memory0, addr: u32, value: u32, offset: Offset) -> Result<(), Trap> {
        memory.store(addr, offset, value.to_le_bytes())
    }

    /// Stores `value` at `addr + offset`. Traps when out of bounds.
    #[op(store)]
    fn i64_store(memory: &Memory0, addr: u32, value: u64, offset: Offset) -> Result<(), Trap> {
        memory.store(addr, offset, value.to_le_bytes())
    }

    /// Stores `value` at `addr + offset`. Traps when out of bounds.
    #[op(store)]
    fn f32_store(memory: &Memory0, addr: u32, value: f32, offset: Offset) -> Result<(), Trap> {
        memory.store(addr, offset, value.to_le_bytes())
    }

    /// Stores `value` at `addr + offset`. Traps when out of bounds.
    #[op(store)]
    fn f64_store(memory: &Memory0, addr: u32, value: f64, offset: Offset) -> Result<(), Trap> {
        memory.store(addr, offset, value.to_le_bytes())
    }

    /// Stores the low byte of `value` at `base + index + offset`. Traps when out of bounds.
    #[op(store_indexed)]
    fn i32_store8_indexed(memory: &Memory0, base: u32, index: u32, value: u32, offset: Offset) -> Result<(), Trap> {
        i32_store8(memory, base.wrapping_add(index), value, offset)
    }

    /// Stores the low two bytes of `value` at `base + index + offset`. Traps when out of bounds.
    #[op(store_indexed)]
    fn i32_store16_indexed(memory: &Memory0, base: u32, index: u32, value: u32, offset: Offset) -> Result<(), Trap> {
        i32_store16(memory, base.wrapping_add(index), value, offset)
    }

    /// Stores `value` at `base + index + offset`. Traps when out of bounds.
    #[op(store_indexed)]
    fn i32_store_indexed(memory: &Memory0, base: u32, index: u32, value: u32, offset: Offset) -> Result<(), Trap> {
        i32_store(memory, base.wrapping_add(index), value, offset)
    }

    /// Stores `value` at `base + index * 4 + offset`. Traps when out of bounds.
    #[op(store_element)]
    fn i32_store_element(memory: &Memory0, base: u32, index: u32, value: u32, offset: Offset) -> Result<(), Trap> {
        i32_store(memory, element::<u32>(base, index), value, offset)
    }

    /// Stores `value` at `base + (index << scale) + offset`. Traps when out of bounds.
    #[op(store_scaled)]
    fn i32_store_scaled(
        memory: &Memory0,
        base: u32,
        index: u32,
        value: u32,
        scale: Shift,
        offset: Offset,
    ) -> Result<(), Trap> {
        i32_store(memory, scaled(base, index, scale), value, offset)
    }

    /// Stores `value` at `base + index + offset`. Traps when out of bounds.
    #[op(store_indexed)]
    fn i64_store_indexed(memory: &Memory0, base: u32, index: u32, value: u64, offset: Offset) -> Result<(), Trap> {
        i64_store(memory, base.wrapping_add(index), value, offset)
    }

    /// Stores `value` at `base + index * 8 + offset`. Traps when out of bounds.
    #[op(store_element)]
    fn i64_store_element(memory: &Memory0, base: u32, index: u32, value: u64, offset: Offset) -> Result<(), Trap> {
        i64_store(memory, element::<u64>(base, index), value, offset)
    }

    /// Stores `value` at `base + (index << scale) + offset`. Traps when out of bounds.
    #[op(store_scaled)]
    fn i64_store_scaled(
        memory: &Memory0,
        base: u32,
        index: u32,
        value: u64,
        scale: Shift,
        offset: Offset,
    ) -> Result<(), Trap> {
        i64_store(memory, scaled(base, index, scale), value, offset)
    }

    /// Stores `value` at `base + index + offset`. Traps when out of bounds.
    #[op(store_indexed)]
    fn f32_store_indexed(memory: &Memory0, base: u32, index: u32, value: f32, offset: Offset) -> Result<(), Trap> {
        f32_store(memory, base.wrapping_add(index), value, offset)
    }

    /// Stores `value` at `base + index + offset`. Traps when out of bounds.
    #[op(store_indexed)]
    fn f64_store_indexed(memory: &Memory0, base: u32, index: u32, value: f64, offset: Offset) -> Result<(), Trap> {
        f64_store(memory, base.wrapping_add(index), value, offset)
    }

    /// Stores `value` at `base + index * 8 + offset`. Traps when out of bounds.
    #[op(store_scaled)]
    fn f64_store_element(memory: &Memory0, base: u32, index: u32, value: f64, offset: Offset) -> Result<(), Trap> {
        f64_store(memory, element::<f64>(base, index), value, offset)
    }

    /// Copies `len` bytes from `src` to `dst`; the ranges may overlap. Traps, copying nothing, when one is out of bounds.
    #[op(effect3)]
    fn memory_copy(memory: &Memory0, dst: u32, src: u32, len: u32) -> Result<(), Trap> {
        memory.copy(dst, src, len)
    }

    /// Sets `len` bytes at `dst` to the low byte of `value`. Traps, writing nothing, when out of bounds.
    #[op(effect3)]
    fn memory_fill(memory: &Memory0, dst: u32, value: u32, len: u32) -> Result<(), Trap> {
        memory.fill(dst, value as u8, len)
    }
}

#[cfg(test)]
mod tests;
