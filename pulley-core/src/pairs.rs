//! Pairs are put into code when it becomes a module: where two adjacent instructions have a handler in common, its number
//! replaces the opcode of the first. Nothing else changes, so jumps to the second one, side tables and return addresses
//! stay right, and [`disassemble`](crate::isa::disassemble) shows what the compiler wrote.
//!
//! Which pairs to take where the candidates overlap is no question: all of them. A pair's handler does not look at the
//! second one's opcode, so that may begin a pair too, for those who arrive there by a jump. And to pair whenever possible is
//! the fewest dispatches from every instruction on: who does not pair here can at best save one dispatch by pairing at the
//! next instruction, and has spent it on getting there. So there are no labels to find and nothing to choose.

use crate::isa::{FieldKind, Opcode};

/// For each opcode the bytes of its instruction, and whether a table of targets follows.
static SHAPES: [u8; Opcode::COUNT] = {
    let mut shapes = [0; Opcode::COUNT];
    let mut number = 0;
    while number < Opcode::COUNT {
        let info = Opcode::ALL[number].info();
        assert!(info.size < TABLE as u16, "an instruction is longer than its shape says");
        shapes[number] = info.size as u8;
        if let Some(field) = info.fields.last()
            && matches!(field.kind, FieldKind::Targets)
        {
            assert!(field.offset + 4 == info.size, "the count of targets is the last field");
            shapes[number] |= TABLE;
        }
        number += 1;
    }
    shapes
};

/// For each opcode whether a float is among its operands and its result, as bits.
#[cfg(all(feature = "interpreter", not(feature = "floats")))]
static FLOATS: [u8; Opcode::COUNT.div_ceil(8)] = {
    use crate::isa::Class;
    let mut floats = [0; Opcode::COUNT.div_ceil(8)];
    let mut number = 0;
    while number < Opcode::COUNT {
        let row = Opcode::ALL[number].info().row.info();
        let mut is_float = matches!(row.result, Some(result) if !matches!(result.class, Class::A));
        let mut n = 0;
        while n < row.operands.len() {
            is_float |= !matches!(row.operands[n].class, Class::A);
            n += 1;
        }
        if is_float {
            floats[number / 8] |= 1 << (number % 8);
        }
        number += 1;
    }
    floats
};

/// Where in the code of one function the first instruction stands that this build has no handler for.
pub(crate) fn left_out(code: &[u8]) -> Option<usize> {
    #[cfg(all(feature = "interpreter", not(feature = "floats")))]
    {
        let mut at = 0;
        while let Some(opcode) = opcode(code, at) {
            if FLOATS[opcode as usize / 8] & 1 << (opcode as usize % 8) != 0 {
                return Some(at);
            }
            at = at.saturating_add(size(code, at, opcode));
        }
    }
    let _ = code;
    None
}

/// In a shape: a table of targets follows, whose length is the instruction's last four bytes.
const TABLE: u8 = 1 << 7;

/// Puts pairs into the code of one function.
#[cfg(feature = "interpreter")]
pub(crate) fn install(code: &mut [u8]) {
    let mut before: Option<(usize, Opcode)> = None;
    let mut at = 0;
    while let Some(opcode) = opcode(code, at) {
        if let Some((start, first)) = before
            && cfg!(feature = "pairs")
            && let Some(pair) = first.paired_with(opcode)
        {
            code[start..start + 2].copy_from_slice(&pair.to_le_bytes());
        }
        before = Some((at, opcode));
        at += size(code, at, opcode);
    }
}

/// Puts back the opcodes that pairs replaced.
pub(crate) fn remove(code: &mut [u8]) {
    let mut at = 0;
    while let Some(opcode) = opcode(code, at) {
        code[at..at + 2].copy_from_slice(&(opcode as u16).to_le_bytes());
        at += size(code, at, opcode);
    }
}

/// The opcode of the instruction at `at`; none at the end.
pub(crate) fn opcode(code: &[u8], at: usize) -> Option<Opcode> {
    let number = u16::from_le_bytes(*code.get(at..)?.first_chunk()?);
    // A build without pairs is spared their tables.
    if cfg!(feature = "pairs") { Opcode::decode(number) } else { Opcode::from_u16(number) }
}

/// The bytes of the instruction at `at`, which has this opcode.
pub(crate) fn size(code: &[u8], at: usize, opcode: Opcode) -> usize {
    let shape = SHAPES[opcode as usize];
    let size = (shape & !TABLE) as usize;
    if shape & TABLE == 0 {
        return size;
    }
    let count = code.get(..at + size).and_then(|code| code.last_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes));
    // An address has 32 bits on some hosts; code as long as that is nowhere.
    size.saturating_add((count as usize).saturating_mul(4))
}

#[cfg(test)]
mod tests;
