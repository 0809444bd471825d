//! The rows on a small memory with known bytes.

use super::memory;
use crate::imm::{Offset, Shift};
use crate::machine::Memory0;
use crate::trap::Trap;

const OUT: Trap = Trap::MemoryOutOfBounds;

/// Calls `test` with a view of a memory of 16 bytes 0x80, 0x81, ..., then returns what the bytes became.
fn with_memory(test: impl FnOnce(&Memory0)) -> [u8; 16] {
    let mut bytes: [u8; 16] = std::array::from_fn(|i| 0x80 + i as u8);
    test(&Memory0 { base: bytes.as_mut_ptr(), length: bytes.len() });
    bytes
}

#[test]
fn loads_are_little_endian_and_extend() {
    with_memory(|m| {
        assert_eq!(memory::i32_load(m, 1, Offset(2)), Ok(0x8685_8483));
        assert_eq!(memory::i32_load8_s(m, 1, Offset(2)), Ok(-0x7d));
        assert_eq!(memory::i32_load8_u(m, 1, Offset(2)), Ok(0x83));
        assert_eq!(memory::i32_load16_s(m, 1, Offset(2)), Ok(0x8483 - 0x10000));
        assert_eq!(memory::i32_load16_u(m, 1, Offset(2)), Ok(0x8483));
        assert_eq!(memory::i64_load(m, 1, Offset(2)), Ok(0x8a89_8887_8685_8483));
        assert_eq!(memory::i64_load8_s(m, 1, Offset(2)), Ok(-0x7d));
        assert_eq!(memory::i64_load16_s(m, 1, Offset(2)), Ok(0x8483 - 0x10000));
        assert_eq!(memory::i64_load32_s(m, 1, Offset(2)), Ok(0x8685_8483 - 0x1_0000_0000));
        assert_eq!(memory::f32_load(m, 1, Offset(2)).map(f32::to_bits), Ok(0x8685_8483));
        assert_eq!(memory::f64_load(m, 1, Offset(2)).map(f64::to_bits), Ok(0x8a89_8887_8685_8483));
    });
}

#[test]
fn loads_trap_when_a_byte_is_outside() {
    with_memory(|m| {
        for (addr, offset) in [(16, 0), (0, 16), (u32::MAX, 0), (u32::MAX, u32::MAX), (0, u32::MAX)] {
            assert_eq!(memory::i32_load8_u(m, addr, Offset(offset)), Err(OUT));
        }
        assert_eq!(
            (memory::i32_load8_u(m, 15, Offset(0)), memory::i32_load16_u(m, 15, Offset(0))),
            (Ok(0x8f), Err(OUT))
        );
        assert_eq!((memory::i32_load(m, 13, Offset(0)), memory::i64_load(m, 9, Offset(0))), (Err(OUT), Err(OUT)));
        assert_eq!((memory::f32_load(m, 13, Offset(0)), memory::f64_load(m, 9, Offset(0))), (Err(OUT), Err(OUT)));
    });
}

#[test]
fn an_index_wraps_and_an_offset_does_not() {
    with_memory(|m| {
        let at = |base, index, offset| memory::i32_load8_u_indexed(m, base, index, Offset(offset));
        assert_eq!(at(2, 12, 1), Ok(0x8f));
        assert_eq!(at(5, u32::MAX, 0), Ok(0x84), "an index of -1");
        assert_eq!(at(u32::MAX, 0, 1), Err(OUT));
        let (element, scaled) = (memory::i32_load_element, memory::i32_load_scaled);
        assert_eq!(element(m, 1, 2, Offset(3)), Ok(0x8f8e_8d8c));
        assert_eq!(element(m, 0, 0x4000_0001, Offset(0)), Ok(0x8786_8584), "multiplied out");
        assert_eq!(element(m, 1, 3, Offset(0)), Err(OUT));
        assert_eq!(scaled(m, 4, 1, Shift(3), Offset(0)), Ok(0x8f8e_8d8c));
        assert_eq!(scaled(m, 4, 0x2000_0001, Shift(3), Offset(0)), Ok(0x8f8e_8d8c), "shifted out");
        assert_eq!(memory::i32_load16_u_element(m, 1, 2, Offset(0)), Ok(0x8685));
        assert_eq!(memory::i64_load_element(m, 0, 1, Offset(0)), Ok(0x8f8e_8d8c_8b8a_8988));
        assert_eq!(memory::i64_load_element(m, 0, 1, Offset(1)), Err(OUT));
        assert_eq!(memory::f64_load_element(m, 0, 1, Offset(0)).map(f64::to_bits), Ok(0x8f8e_8d8c_8b8a_8988));
    });
}

#[test]
fn stores_write_just_their_bytes() {
    let bytes = with_memory(|m| {
        assert_eq!(memory::i32_store8(m, 0, 0xaabbccdd, Offset(0)), Ok(()));
        assert_eq!(memory::i32_store16(m, 1, 0xaabb1234, Offset(1)), Ok(()));
        assert_eq!(memory::i32_store(m, 0, 0x0403_0201, Offset(5)), Ok(()));
        assert_eq!(memory::i64_store_indexed(m, 1, 8, 0x1817_1615_1413_1211, Offset(0)), Err(OUT));
        assert_eq!(memory::f32_store_indexed(m, 4, 8, f32::from_bits(0x2423_2221), Offset(0)), Ok(()));
    });
    let expected = [0xdd, 0x81, 0x34, 0x12, 0x84, 1, 2, 3, 4, 0x89, 0x8a, 0x8b, 0x21, 0x22, 0x23, 0x24];
    assert_eq!(bytes, expected);
    let bytes = with_memory(|m| {
        assert_eq!(memory::i64_store(m, 0, 0x0807_0605_0403_0201, Offset(0)), Ok(()));
        assert_eq!(memory::f64_store(m, 8, f64::from_bits(0x1817_1615_1413_1211), Offset(0)), Ok(()));
    });
    assert_eq!(bytes, [1, 2, 3, 4, 5, 6, 7, 8, 17, 18, 19, 20, 21, 22, 23, 24]);
}

#[test]
fn ranges_are_checked_before_they_are_written() {
    let bytes = with_memory(|m| {
        assert_eq!(memory::memory_copy(m, 4, 0, 8), Ok(()));
        assert_eq!(memory::memory_fill(m, 14, 0x1ff, 2), Ok(()));
        assert_eq!(memory::memory_copy(m, 0, 15, 2), Err(OUT));
        assert_eq!(memory::memory_fill(m, 15, 0, 2), Err(OUT));
    });
    assert_eq!(bytes[..4], [0x80, 0x81, 0x82, 0x83]);
    assert_eq!(bytes[4..], [0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x8c, 0x8d, 0xff, 0xff]);
}
