//! Why execution stopped: the causes that the WebAssembly specification names.

use core::fmt;

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// A trap: its cause. Where it happened is in the backtrace that the machine makes of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Trap { $($(#[$doc])* $name = $code,)* }

        impl Trap {
            /// Every trap, in the order of their codes.
            pub const ALL: &'static [Trap] = &[$(Trap::$name,)*];

            /// The trap with this code, as [`Trap::code`] gave it.
            pub const fn from_code(code: u8) -> Option<Trap> {
                match code { $($code => Some(Trap::$name),)* _ => None }
            }

            /// The message, in the words of the specification's test suite.
            pub const fn message(self) -> &'static str {
                match self { $(Trap::$name => $text,)* }
            }
        }
    };
}

traps! {
    /// An `unreachable` instruction was executed.
    Unreachable = 1, "unreachable";
    /// A load, store or bulk operation reached beyond the end of its memory.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// A table access reached beyond the end of its table.
    TableOutOfBounds = 3, "out of bounds table access";
    /// An indirect call named an element beyond the end of its table.
    UndefinedElement = 4, "undefined element";
    /// An indirect call met a null reference.
    UninitializedElement = 5, "uninitialized element";
    /// An indirect call met a function of another type.
    IndirectCallTypeMismatch = 6, "indirect call type mismatch";
    /// An integer division by zero.
    IntegerDivisionByZero = 7, "integer divide by zero";
    /// An integer division or a conversion had a result that does not fit.
    IntegerOverflow = 8, "integer overflow";
    /// A conversion of NaN to an integer.
    BadConversionToInteger = 9, "invalid conversion to integer";
    /// The frames of a call chain outgrew the machine's stack.
    StackOverflow = 10, "call stack exhausted";
    /// A null reference was used where a function or object is needed.
    NullReference = 11, "null reference";
    /// The budget of instructions ran out.
    OutOfFuel = 12, "all fuel consumed";
    /// The embedder asked a running program to stop.
    Interrupt = 13, "interrupt";
}

impl Trap {
    /// The stable number of this trap in bytecode.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for Trap {}
