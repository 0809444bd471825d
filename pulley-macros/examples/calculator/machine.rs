//! What the instruction set needs of the machine: values, immediates, code, frames, flow, exits, the machine itself.

/// A type that can be an operand.
pub trait Value: Copy {
    /// From a slot's bits.
    fn from_bits(bits: u64) -> Self;
    /// To a slot's bits.
    fn to_bits(self) -> u64;
}

impl Value for f64 {
    fn from_bits(bits: u64) -> f64 {
        f64::from_bits(bits)
    }
    fn to_bits(self) -> u64 {
        f64::to_bits(self)
    }
}

impl Value for bool {
    fn from_bits(bits: u64) -> bool {
        bits != 0
    }
    fn to_bits(self) -> u64 {
        self as u64
    }
}

/// A type that is encoded in an instruction.
pub trait Immediate: Copy {
    /// Its width, a multiple of two bytes.
    const SIZE: usize;

    /// Reads it.
    ///
    /// # Safety
    /// `SIZE` bytes at `at` are readable.
    unsafe fn read(at: *const u8) -> Self;
}

/// The value of a constant.
#[derive(Clone, Copy)]
pub struct Number(pub f64);

impl Immediate for Number {
    const SIZE: usize = 8;
    #[inline(always)]
    unsafe fn read(at: *const u8) -> Number {
        // SAFETY: the caller's.
        Number(f64::from_le_bytes(unsafe { *at.cast() }))
    }
}

/// A jump's distance in bytes from its own instruction.
#[derive(Clone, Copy)]
pub struct Target(pub i32);

impl Immediate for Target {
    const SIZE: usize = 4;
    #[inline(always)]
    unsafe fn read(at: *const u8) -> Target {
        // SAFETY: the caller's.
        Target(i32::from_le_bytes(unsafe { *at.cast() }))
    }
}

/// The address of an instruction.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Code(*const u8);

impl Code {
    /// The instruction at `address`.
    pub fn new(address: *const u8) -> Code {
        Code(address)
    }

    /// Its opcode.
    ///
    /// # Safety
    /// This is the address of an instruction.
    #[inline(always)]
    pub unsafe fn opcode(self) -> u16 {
        // SAFETY: the caller's: an instruction starts with two bytes of opcode.
        u16::from_le_bytes(unsafe { *self.0.cast() })
    }

    /// The slot number at `offset`.
    ///
    /// # Safety
    /// The instruction has one there.
    #[inline(always)]
    pub unsafe fn slot(self, offset: usize) -> u16 {
        // SAFETY: the caller's.
        u16::from_le_bytes(unsafe { *self.0.add(offset).cast() })
    }

    /// The immediate at `offset`.
    ///
    /// # Safety
    /// The instruction has one of this type there.
    #[inline(always)]
    pub unsafe fn read<T: Immediate>(self, offset: usize) -> T {
        // SAFETY: the caller's.
        unsafe { T::read(self.0.add(offset)) }
    }

    /// The instruction behind this one of `size` bytes.
    ///
    /// # Safety
    /// There is one.
    #[inline(always)]
    pub unsafe fn advance(self, size: usize) -> Code {
        // SAFETY: the caller's.
        Code(unsafe { self.0.add(size) })
    }

    /// The instruction that `target` leads to.
    ///
    /// # Safety
    /// It is this instruction's.
    #[inline(always)]
    pub unsafe fn jump(self, target: Target) -> Code {
        // SAFETY: the caller's.
        Code(unsafe { self.0.offset(target.0 as isize) })
    }
}

/// The address of slot 0.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Frame(*mut u64);

impl Frame {
    /// The frame at `slot0`.
    pub fn new(slot0: *mut u64) -> Frame {
        Frame(slot0)
    }

    /// The bits in a slot.
    ///
    /// # Safety
    /// The frame has that slot.
    #[inline(always)]
    pub unsafe fn get(self, slot: u16) -> u64 {
        // SAFETY: the caller's.
        unsafe { self.0.add(slot as usize).read() }
    }

    /// Writes a slot.
    ///
    /// # Safety
    /// The frame has that slot.
    #[inline(always)]
    pub unsafe fn set(self, slot: u16, bits: u64) {
        // SAFETY: the caller's.
        unsafe { self.0.add(slot as usize).write(bits) }
    }
}

/// What a control instruction decided.
#[allow(dead_code, reason = "the calculator's only one exits")]
pub enum Flow {
    /// Go on with the next instruction.
    Next,
    /// Go on where the instruction set the program counter.
    Jump,
    /// Leave the loop.
    Exit(Exit),
}

/// Why the loop was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The program ended.
    Done,
    /// It cannot go on.
    Trap(Trap),
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// A division by zero.
    DivisionByZero,
    /// The square root of a negative number.
    NotANumber,
}

impl From<Trap> for Exit {
    fn from(trap: Trap) -> Exit {
        Exit::Trap(trap)
    }
}

/// The tail loop's handlers return bits.
#[allow(dead_code, reason = "the match loop has no use for it")]
impl Exit {
    /// The exit as bits.
    pub fn to_bits(self) -> u64 {
        match self {
            Exit::Done => 0,
            Exit::Trap(Trap::DivisionByZero) => 1,
            Exit::Trap(Trap::NotANumber) => 2,
        }
    }

    /// The inverse.
    pub fn from_bits(bits: u64) -> Exit {
        match bits {
            0 => Exit::Done,
            1 => Exit::Trap(Trap::DivisionByZero),
            _ => Exit::Trap(Trap::NotANumber),
        }
    }
}

/// What is not carried in registers.
#[derive(Default)]
pub struct Machine {
    /// What the program printed.
    pub printed: Vec<f64>,
    /// The registers, while no loop runs.
    pub words: crate::table::Words,
    stopped: Option<Code>,
}

impl Machine {
    /// Called when the loop is left.
    pub fn save(&mut self, pc: Code, _fp: Frame) {
        self.stopped = Some(pc);
    }

    /// Where in `code` the loop was left.
    pub fn stopped_at(&self, code: &[u8]) -> usize {
        self.stopped.map_or(0, |pc| pc.0 as usize - code.as_ptr() as usize)
    }
}
