//! Immediates: the encoded fields of an instruction that are not values, little-endian, of a width fixed by their type.

use crate::trap::Trap;

/// A field of an encoded instruction.
pub trait Immediate: Copy {
    /// Its width in bytes, a multiple of two.
    const SIZE: usize;

    /// Reads the field.
    ///
    /// # Safety
    /// `at` is the field's address inside an instruction of verified bytecode: `SIZE` bytes are readable there, and for
    /// [`Targets`] the table behind them too.
    unsafe fn read(at: *const u8) -> Self;
}

/// Reads `N` bytes at `at`.
///
/// # Safety
/// `N` bytes are readable at `at`.
#[inline(always)]
unsafe fn bytes<const N: usize>(at: *const u8) -> [u8; N] {
    // SAFETY: the caller's, and arrays of bytes have no alignment.
    unsafe { *at.cast::<[u8; N]>() }
}

macro_rules! immediates {
    ($($(#[$doc:meta])* $name:ident($repr:ident);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(transparent)]
        pub struct $name(pub $repr);

        impl Immediate for $name {
            const SIZE: usize = size_of::<$repr>();
            #[inline(always)]
            unsafe fn read(at: *const u8) -> Self {
                // SAFETY: the caller's.
                $name($repr::from_le_bytes(unsafe { bytes(at) }))
            }
        }
    )*};
}

immediates! {
    /// A constant number of bytes added to an address, unsigned.
    Offset(u32);
    /// A shift amount: of an index in an address, or of an operand of a fused shift. Less than the width of the type.
    Shift(u16);
    /// What a counted loop adds to its counter.
    Step(i32);
    /// Any 64 bits: an `i64` or `f64` constant, or a zero-extended 32-bit one.
    Const64(u64);
    /// A jump's distance in bytes from the first byte of its own instruction.
    Target(i32);
    /// The slot, counted from the caller's frame, where a callee's frame starts. Its arguments are already there, and
    /// its results will be.
    Window(u16);
    /// A function of the module, imports first.
    FuncIndex(u32);
    /// A function type of the module.
    TypeIndex(u32);
    /// A table of the instance.
    TableIndex(u32);
    /// A global of the instance, counted among the imported or among the defined ones, as the instruction says.
    GlobalIndex(u32);
    /// An element or data segment of the instance.
    SegmentIndex(u32);
    /// The [`code`](Trap::code) of a trap.
    TrapCode(u16);
}

impl TrapCode {
    /// The trap with this code; an unknown code reads as `unreachable`.
    #[inline(always)]
    pub fn trap(self) -> Trap {
        Trap::from_code(self.0 as u8).unwrap_or(Trap::Unreachable)
    }
}

/// The targets of a `br_table`: a count, then behind the instruction that many [`Target`]s. The last is the default.
#[derive(Clone, Copy, Debug)]
pub struct Targets {
    first: *const u8,
    count: u32,
}

impl Targets {
    /// The target at `index`, or the last one when there are fewer.
    ///
    /// The table holds at least one target (a clause of the verifier).
    #[inline(always)]
    pub fn get_or_last(self, index: u32) -> Target {
        let index = index.min(self.count - 1);
        // SAFETY: `read`'s caller promised `count` targets behind the count, and index < count.
        unsafe { Target::read(self.first.add(index as usize * Target::SIZE)) }
    }
}

impl Immediate for Targets {
    const SIZE: usize = 4;
    #[inline(always)]
    unsafe fn read(at: *const u8) -> Self {
        // SAFETY: the caller's.
        let count = u32::from_le_bytes(unsafe { bytes(at) });
        // SAFETY: the table starts right behind the count, within the same code.
        Targets { first: unsafe { at.add(4) }, count }
    }
}
