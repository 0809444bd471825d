//! Values: how the types of the instruction table live in 64-bit frame slots and in registers.

/// A type that an operand of an instruction may have.
///
/// A slot is always written as a whole 64-bit word: 32-bit values are zero-extended, so a slot that holds an `i32`
/// may be read as a `u64` (this is what makes `i64.extend_i32_u` free).
pub trait Value: Copy {
    /// The value whose slot representation is `bits`; upper bits beyond the type's width are ignored.
    fn from_bits(bits: u64) -> Self;
    /// The slot representation.
    fn to_bits(self) -> u64;
}

/// A value that an instruction can carry as an immediate: 32 bits, sign-extended where the type is wider.
pub trait Inline: Value {
    /// The value that the encoded `immediate` stands for.
    fn from_immediate(immediate: i32) -> Self;
}

macro_rules! integer_values {
    ($($ty:ident via $unsigned:ident),*) => {$(
        impl Value for $ty {
            #[inline(always)]
            fn from_bits(bits: u64) -> Self { bits as $ty }
            #[inline(always)]
            fn to_bits(self) -> u64 { self as $unsigned as u64 }
        }
        impl Inline for $ty {
            #[inline(always)]
            fn from_immediate(immediate: i32) -> Self { immediate as $ty }
        }
    )*};
}

integer_values!(i32 via u32, u32 via u32, i64 via u64, u64 via u64);

impl Value for bool {
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        bits as u32 != 0
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self as u64
    }
}

impl Value for f32 {
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        f32::from_bits(bits as u32)
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        f32::to_bits(self) as u64
    }
}

impl Value for f64 {
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        f64::from_bits(bits)
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        f64::to_bits(self)
    }
}

/// A reference as slots and tables hold it: a handle into the store, never an address. Zero is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
#[repr(transparent)]
pub struct Ref(pub u64);

impl Ref {
    /// The null reference of every type.
    pub const NULL: Ref = Ref(0);

    /// The handle with `index` (of a function in its store, or of an `externref` in the embedder's list).
    pub const fn from_index(index: u32) -> Ref {
        Ref(index as u64 + 1)
    }

    /// The index behind the handle, `None` for null.
    pub const fn index(self) -> Option<u32> {
        match self.0 {
            0 => None,
            n => Some((n - 1) as u32),
        }
    }
}

impl Value for Ref {
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Ref(bits)
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self.0
    }
}
