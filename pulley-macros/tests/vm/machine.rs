//! What the table's rows work on.

/// A type that an operand may have.
pub trait Value: Copy {
    fn from_bits(bits: u64) -> Self;
    fn to_bits(self) -> u64;
}

/// A value that an immediate can stand for.
pub trait Inline: Value {
    fn from_immediate(immediate: i32) -> Self;
}

macro_rules! values {
    ($($ty:ident $bits:ident),*) => {$(
        impl Value for $ty {
            fn from_bits(bits: u64) -> Self { bits as $ty }
            fn to_bits(self) -> u64 { self as $bits as u64 }
        }
        impl Inline for $ty {
            fn from_immediate(immediate: i32) -> Self { immediate as $ty }
        }
    )*};
}
values!(i32 u32, u32 u32, i64 u64, u64 u64);

impl Value for bool {
    fn from_bits(bits: u64) -> Self {
        bits != 0
    }
    fn to_bits(self) -> u64 {
        self as u64
    }
}

impl Value for f64 {
    fn from_bits(bits: u64) -> Self {
        f64::from_bits(bits)
    }
    fn to_bits(self) -> u64 {
        f64::to_bits(self)
    }
}

/// An encoded field.
pub trait Immediate: Copy {
    const SIZE: usize;
    /// # Safety
    /// `SIZE` bytes are readable.
    unsafe fn read(at: *const u8) -> Self;
}

macro_rules! immediates {
    ($($name:ident $repr:ident),*) => {$(
        #[derive(Clone, Copy, Debug)]
        pub struct $name(pub $repr);
        impl Immediate for $name {
            const SIZE: usize = size_of::<$repr>();
            unsafe fn read(at: *const u8) -> Self {
                // SAFETY: the caller's.
                $name(unsafe { at.cast::<$repr>().read_unaligned() })
            }
        }
    )*};
}
immediates!(Step i32, Const64 u64, Window u16, Target i32);

#[derive(Clone, Copy)]
pub struct Targets {
    first: *const u8,
    count: u32,
}

impl Targets {
    pub fn get_or_last(self, index: u32) -> Target {
        let index = index.min(self.count - 1);
        // SAFETY: `count` targets follow.
        unsafe { Target::read(self.first.add(index as usize * 4)) }
    }
}

impl Immediate for Targets {
    const SIZE: usize = 4;
    unsafe fn read(at: *const u8) -> Self {
        // SAFETY: the caller's.
        unsafe { Targets { first: at.add(4), count: at.cast::<u32>().read_unaligned() } }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Code(pub *const u8);

impl Code {
    /// # Safety
    /// An instruction is there.
    pub unsafe fn opcode(self) -> u16 {
        // SAFETY: the caller's.
        unsafe { self.0.cast::<u16>().read_unaligned() }
    }
    /// # Safety
    /// The instruction has that field.
    pub unsafe fn read<T: Immediate>(self, offset: usize) -> T {
        // SAFETY: the caller's.
        unsafe { T::read(self.0.add(offset)) }
    }
    /// # Safety
    /// The instruction has that field.
    pub unsafe fn slot(self, offset: usize) -> u16 {
        // SAFETY: the caller's.
        unsafe { self.0.add(offset).cast::<u16>().read_unaligned() }
    }
    /// # Safety
    /// The instruction has that field.
    pub unsafe fn immediate(self, offset: usize) -> i32 {
        // SAFETY: the caller's.
        unsafe { self.0.add(offset).cast::<i32>().read_unaligned() }
    }
    /// # Safety
    /// The instruction is that long.
    pub unsafe fn advance(self, size: usize) -> Code {
        // SAFETY: the caller's.
        Code(unsafe { self.0.add(size) })
    }
    /// # Safety
    /// An instruction is there.
    pub unsafe fn jump(self, target: Target) -> Code {
        // SAFETY: the caller's.
        Code(unsafe { self.0.offset(target.0 as isize) })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame(pub *mut u64);

impl Frame {
    /// # Safety
    /// The slot exists.
    pub unsafe fn get(self, slot: u16) -> u64 {
        // SAFETY: the caller's.
        unsafe { self.0.add(slot as usize).read() }
    }
    /// # Safety
    /// The slot exists.
    pub unsafe fn set(self, slot: u16, bits: u64) {
        // SAFETY: the caller's.
        unsafe { self.0.add(slot as usize).write(bits) }
    }
}

/// Linear memory.
pub struct Bytes {
    pub base: *mut u8,
    pub length: usize,
}

impl Bytes {
    pub fn load(&self, addr: u32, offset: i32) -> Result<u32, Trap> {
        let at = addr as usize + offset as usize;
        // SAFETY: within the memory.
        if at < self.length { Ok(unsafe { self.base.add(at).read() } as u32) } else { Err(Trap::Bounds) }
    }
    pub fn store(&mut self, addr: u32, value: u8) -> Result<(), Trap> {
        if addr as usize >= self.length {
            return Err(Trap::Bounds);
        }
        // SAFETY: within the memory.
        unsafe { self.base.add(addr as usize).write(value) };
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    Division,
    Bounds,
    Overflow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    Trap(Trap),
    Code(u16),
}

impl From<Trap> for Exit {
    fn from(trap: Trap) -> Exit {
        Exit::Trap(trap)
    }
}

impl Exit {
    pub fn to_bits(self) -> u64 {
        match self {
            Exit::Done => 0,
            Exit::Trap(trap) => 1 + trap as u64,
            Exit::Code(code) => 256 + code as u64,
        }
    }
    pub fn from_bits(bits: u64) -> Exit {
        match bits {
            0 => Exit::Done,
            1 => Exit::Trap(Trap::Division),
            2 => Exit::Trap(Trap::Bounds),
            3 => Exit::Trap(Trap::Overflow),
            code => Exit::Code((code - 256) as u16),
        }
    }
}

pub enum Flow {
    Next,
    Jump,
    Exit(Exit),
}

/// The rest of the machine's state.
#[derive(Default)]
pub struct Machine {
    pub calls: Vec<(Code, Frame)>,
    pub saved: Option<(Code, Frame)>,
    pub words: super::Words,
    pub stack: usize,
}

impl Machine {
    pub fn note_stack(&mut self, address: usize) {
        self.stack = address;
    }

    pub fn save(&mut self, pc: Code, fp: Frame) {
        self.saved = Some((pc, fp));
    }

    pub fn call(
        &mut self,
        next: Code,
        pc: &mut Code,
        fp: &mut Frame,
        window: Window,
        target: Target,
    ) -> Result<Flow, Trap> {
        if self.calls.len() == 100 {
            return Err(Trap::Overflow);
        }
        self.calls.push((next, *fp));
        // SAFETY: the test's code is right.
        unsafe {
            *pc = pc.jump(target);
            *fp = Frame(fp.0.add(window.0 as usize));
        }
        Ok(Flow::Jump)
    }

    pub fn ret(&mut self, pc: &mut Code, fp: &mut Frame) -> Flow {
        let Some((code, frame)) = self.calls.pop() else { return Flow::Exit(Exit::Done) };
        (*pc, *fp) = (code, frame);
        Flow::Jump
    }
}
