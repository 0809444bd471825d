//! The program counter.

use crate::imm::{Immediate, Target};

/// The address of an instruction: the machine's program counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Code(*const u8);

impl Code {
    /// The instruction at `address`.
    pub(crate) const fn new(address: *const u8) -> Code {
        Code(address)
    }

    /// Its address.
    pub(crate) const fn address(self) -> *const u8 {
        self.0
    }

    /// The opcode of this instruction.
    ///
    /// # Safety
    /// `self` is the address of an instruction of verified bytecode.
    #[inline(always)]
    pub(crate) unsafe fn opcode(self) -> u16 {
        // SAFETY: the caller's: an instruction starts with its two-byte opcode.
        let opcode = u16::from_le_bytes(unsafe { *self.0.cast::<[u8; 2]>() });
        #[cfg(feature = "count-instructions")]
        crate::machine::count::note(self.0 as usize, opcode);
        opcode
    }

    /// The immediate `offset` bytes into this instruction.
    ///
    /// # Safety
    /// `self` is the address of an instruction of verified bytecode that has a field of type `T` at `offset`.
    #[inline(always)]
    pub(crate) unsafe fn read<T: Immediate>(self, offset: usize) -> T {
        // SAFETY: the caller's.
        unsafe { T::read(self.0.add(offset)) }
    }

    /// The slot number `offset` bytes into this instruction.
    ///
    /// # Safety
    /// As for [`Code::read`].
    #[inline(always)]
    pub(crate) unsafe fn slot(self, offset: usize) -> u16 {
        // SAFETY: the caller's.
        u16::from_le_bytes(unsafe { *self.0.add(offset).cast::<[u8; 2]>() })
    }

    /// The 32-bit immediate of a value `offset` bytes into this instruction.
    ///
    /// # Safety
    /// As for [`Code::read`].
    #[inline(always)]
    pub(crate) unsafe fn immediate(self, offset: usize) -> i32 {
        // SAFETY: the caller's.
        i32::from_le_bytes(unsafe { *self.0.add(offset).cast::<[u8; 4]>() })
    }

    /// The instruction `size` bytes further on.
    ///
    /// # Safety
    /// The instruction at `self` is `size` bytes long and falls through: bytecode does not end with one that does (a
    /// clause of the verifier).
    #[inline(always)]
    pub(crate) unsafe fn advance(self, size: usize) -> Code {
        // SAFETY: the caller's.
        Code(unsafe { self.0.add(size) })
    }

    /// The instruction that `target` leads to from this one.
    ///
    /// # Safety
    /// `target` belongs to the instruction at `self`: targets are starts of instructions (a clause of the verifier).
    #[inline(always)]
    pub(crate) unsafe fn jump(self, target: Target) -> Code {
        // SAFETY: the caller's.
        Code(unsafe { self.0.offset(target.0 as isize) })
    }
}
