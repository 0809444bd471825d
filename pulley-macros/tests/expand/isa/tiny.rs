mod __isa {
    extern crate alloc;
    #[allow(unused_imports)]
    use crate::machine::{
        Budget, Code, Exit, Flow, Frame, Immediate, Inline, Machine, Memory, Target,
        Value,
    };
    #[allow(unused_imports)]
    use super::rows::__Step;
    #[allow(unused_imports)]
    use super::rows::__Offset;
    /// The number of an instruction in bytecode: a row and where its operands live.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[repr(u16)]
    pub enum Opcode {
        ///`i32_sub r, r, s`: `a - b`.
        I32SubRRS,
        ///`i32_sub r, r, i`: `a - b`.
        I32SubRRI,
        ///`i32_sub r, s, s`: `a - b`.
        I32SubRSS,
        ///`i32_sub r, s, i`: `a - b`.
        I32SubRSI,
        ///`i32_lt r, r, s`: `a < b`.
        I32LtRRS,
        ///`br_if_i32_lt r, i, target`: Branches if `i32_lt` holds: `a < b`.
        BrIfI32LtRI,
        ///`select_i32_lt s, s, r, s, s`: `if_true` if `i32_lt` holds, else `if_false`: `a < b`.
        SelectI32LtSSRSS,
        ///`top_if_i32_lt r, s`: Goes to the loop top if `i32_lt` holds: `a < b`.
        TopIfI32LtRS,
        ///`back_if_i32_lt r, s, target`: Branches back if `i32_lt` holds: `a < b`.
        BackIfI32LtRS,
        ///`f64_neg s, r`: `-a`.
        F64NegSR,
        ///`count s, i, step, target`: Adds `step` to `x`.
        CountSI,
        ///`load r, s, offset`: The word at `addr + offset`.
        LoadRS,
        ///`br target`: Jumps.
        Br,
        ///`set_lp`: Notes the loop top.
        SetLp,
        ///`call target`: Calls.
        Call,
    }
    impl Opcode {
        /// Every opcode, by number.
        pub const ALL: &'static [Opcode] = &[
            Opcode::I32SubRRS,
            Opcode::I32SubRRI,
            Opcode::I32SubRSS,
            Opcode::I32SubRSI,
            Opcode::I32LtRRS,
            Opcode::BrIfI32LtRI,
            Opcode::SelectI32LtSSRSS,
            Opcode::TopIfI32LtRS,
            Opcode::BackIfI32LtRS,
            Opcode::F64NegSR,
            Opcode::CountSI,
            Opcode::LoadRS,
            Opcode::Br,
            Opcode::SetLp,
            Opcode::Call,
        ];
        /// How many opcodes there are: their numbers are below it.
        pub const COUNT: usize = Opcode::ALL.len();
        /// The opcode with this number.
        #[allow(
            clippy::undocumented_unsafe_blocks,
            reason = "numbers below COUNT are variants"
        )]
        pub const fn from_u16(number: u16) -> Option<Opcode> {
            if (number as usize) < Opcode::COUNT {
                Some(unsafe { Opcode::from_u16_unchecked(number) })
            } else {
                None
            }
        }
        /// The opcode with this number.
        ///
        /// # Safety
        /// The number is below [`Opcode::COUNT`].
        #[inline(always)]
        #[allow(
            clippy::undocumented_unsafe_blocks,
            reason = "numbers below COUNT are variants: the caller's promise"
        )]
        pub const unsafe fn from_u16_unchecked(number: u16) -> Opcode {
            unsafe { core::mem::transmute::<u16, Opcode>(number) }
        }
        /// What is known about it.
        pub const fn info(self) -> &'static OpcodeInfo {
            &OPCODES[self as usize]
        }
    }
    /// An instruction whatever its form.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[repr(u16)]
    pub enum Row {
        /// `a - b`.
        I32Sub,
        /// `a < b`.
        I32Lt,
        /// Branches if `i32_lt` holds:
        /// `a < b`.
        BrIfI32Lt,
        /// `if_true` if `i32_lt` holds, else `if_false`:
        /// `a < b`.
        SelectI32Lt,
        /// Goes to the loop top if `i32_lt` holds:
        /// `a < b`.
        TopIfI32Lt,
        /// Branches back if `i32_lt` holds:
        /// `a < b`.
        BackIfI32Lt,
        /// `-a`.
        F64Neg,
        /// Adds `step` to `x`.
        Count,
        /// The word at `addr + offset`.
        Load,
        /// Jumps.
        Br,
        /// Notes the loop top.
        SetLp,
        /// Calls.
        Call,
    }
    impl Row {
        /// Every row, in the order of the table.
        pub const ALL: &'static [Row] = &[
            Row::I32Sub,
            Row::I32Lt,
            Row::BrIfI32Lt,
            Row::SelectI32Lt,
            Row::TopIfI32Lt,
            Row::BackIfI32Lt,
            Row::F64Neg,
            Row::Count,
            Row::Load,
            Row::Br,
            Row::SetLp,
            Row::Call,
        ];
        /// What is known about it.
        pub const fn info(self) -> &'static RowInfo {
            &ROWS[self as usize]
        }
        /// The row with this name.
        pub fn from_name(name: &str) -> Option<Row> {
            Row::ALL.iter().copied().find(|row| row.info().name == name)
        }
    }
    /// For each opcode, where the pairs that it is the first of start.
    static PAIR_STARTS: [u16; 16usize] = [
        0u16, 0u16, 0u16, 0u16, 1u16, 1u16, 2u16, 2u16, 2u16, 2u16, 2u16, 2u16, 3u16,
        3u16, 3u16, 3u16,
    ];
    static PAIR_FIRSTS: [u16; 3usize] = [3u16, 5u16, 11u16];
    static PAIR_SECONDS: [u16; 3usize] = [1u16, 14u16, 5u16];
    const _: () = assert!(
        Opcode::COUNT + Opcode::PAIRS <= u16::MAX as usize,
        "opcodes and pairs are more than u16 counts",
    );
    /// Pairs: adjacent instructions that one handler runs. In code that is prepared for a loop that has those
    /// handlers, the number of a pair stands in place of the first one's opcode.
    impl Opcode {
        /// How many pairs there are: their numbers start at [`Opcode::COUNT`].
        pub const PAIRS: usize = 3usize;
        /// Lines of the list of pairs that name no two opcodes of which the first falls through, or repeat a pair.
        pub const SKIPPED_PAIRS: &'static [&'static str] = &[];
        /// The number of the pair of this opcode and `second`, if there is one.
        #[inline]
        pub fn paired_with(self, second: Opcode) -> Option<u16> {
            let (start, end) = (
                PAIR_STARTS[self as usize] as usize,
                PAIR_STARTS[self as usize + 1] as usize,
            );
            let at = PAIR_SECONDS[start..end].binary_search(&(second as u16)).ok()?;
            Some((Opcode::COUNT + start + at) as u16)
        }
        /// The opcodes of the pair with this number.
        pub fn pair(number: u16) -> Option<[Opcode; 2]> {
            let at = (number as usize).checked_sub(Opcode::COUNT)?;
            Some([
                Opcode::from_u16(*PAIR_FIRSTS.get(at)?)?,
                Opcode::from_u16(*PAIR_SECONDS.get(at)?)?,
            ])
        }
        /// The opcode of an instruction that starts with this number: if that is a pair's, the first one's.
        #[inline]
        pub fn decode(number: u16) -> Option<Opcode> {
            match (number as usize).checked_sub(Opcode::COUNT) {
                None => Opcode::from_u16(number),
                Some(at) => Opcode::from_u16(*PAIR_FIRSTS.get(at)?),
            }
        }
    }
    /// A set of types that share registers, named after the first of them.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Class {
        ///The values that the register `a` can hold.
        A,
        ///The values that the register `fa` can hold.
        Fa,
    }
    /// Where a result or an operand lives.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Place {
        /// The frame slot with this number.
        Slot(u16),
        /// A constant, sign-extended where the type is wider.
        Imm(i32),
        ///A register, by the type of the value one of `a`, `fa`.
        R,
    }
    impl Place {
        /// The place without the number in it.
        pub fn kind(self) -> PlaceKind {
            match self {
                Place::Slot(_) => PlaceKind::Slot,
                Place::Imm(_) => PlaceKind::Imm,
                Place::R => PlaceKind::R,
            }
        }
    }
    impl core::fmt::Display for Place {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            match self {
                Place::Slot(slot) => write!(f, "s{slot}"),
                Place::Imm(value) => write!(f, "#{value}"),
                Place::R => f.write_str("r"),
            }
        }
    }
    /// What a form says about a result or an operand.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum PlaceKind {
        /// A frame slot, encoded as its number.
        Slot,
        /// An encoded constant.
        Imm,
        ///A register, by the type of the value one of `a`, `fa`.
        R,
    }
    impl PlaceKind {
        /// The place of this kind; `bits` is the number of the slot or the constant.
        pub fn place(self, bits: i32) -> Place {
            match self {
                PlaceKind::Slot => Place::Slot(bits as u16),
                PlaceKind::Imm => Place::Imm(bits),
                PlaceKind::R => Place::R,
            }
        }
    }
    /// What is known about a row.
    #[derive(Debug)]
    pub struct RowInfo {
        /// Its name: that of its function, or of the fusion and its function.
        pub name: &'static str,
        /// Its documentation.
        pub doc: &'static str,
        /// The module it stands in.
        pub group: &'static str,
        /// What it writes to the first place of its forms, if anything.
        pub result: Option<ValueInfo>,
        /// Its operands: the places of its forms after the result's.
        pub operands: &'static [OperandInfo],
        /// Its encoded fields that are not values.
        pub immediates: &'static [ImmediateInfo],
        /// One per form.
        pub opcodes: &'static [Opcode],
        /// For each form its places' kinds as one number, four bits each: what the search for a form compares.
        keys: &'static [u32],
        /// Where execution goes on.
        pub flow: FlowKind,
        /// Whether it can stop with a trap.
        pub traps: bool,
        /// Whether its first two operands may change places.
        pub commutes: bool,
        /// Whether it ticks the budget: if it goes on, or if it goes back.
        pub ticks: bool,
        /// Whether it may call out of line: its handler may use the host's stack, and no pair has it.
        pub slow: bool,
        /// The row that jumps if the result of this one is true.
        pub br_if: Option<Row>,
        /// The row that jumps if the result of this one is false.
        pub br_unless: Option<Row>,
        /// The row that chooses between two values by the result of this one.
        pub select: Option<Row>,
        /// The row that goes to the loop top if the result of this one is true.
        pub top_if: Option<Row>,
        /// The row that goes to the loop top if the result of this one is false.
        pub top_unless: Option<Row>,
        /// The row that jumps back, ticking the budget, if the result of this one is true.
        pub back_if: Option<Row>,
    }
    /// The type of a result.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ValueInfo {
        /// The type's name in the row's signature.
        pub ty: &'static str,
        /// The registers that can hold it.
        pub class: Class,
    }
    /// An operand of a row.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct OperandInfo {
        /// The parameter's name.
        pub name: &'static str,
        /// The type's name.
        pub ty: &'static str,
        /// The registers that can hold it.
        pub class: Class,
        /// Whether it is written too.
        pub access: Access,
    }
    /// What a row does with an operand.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Access {
        /// Reads it.
        Read,
        /// Reads and then writes it.
        ReadWrite,
    }
    /// An encoded field of a row that is not a value.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ImmediateInfo {
        /// The parameter's name.
        pub name: &'static str,
        /// The type's name.
        pub ty: &'static str,
        /// Its width in bytes.
        pub size: u16,
    }
    /// Where execution goes on after a row.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum FlowKind {
        /// At the next instruction.
        Next,
        /// At the next instruction or at its target.
        Branch,
        /// At the next instruction or at the loop top, whose address a register holds.
        Top,
        /// At the next instruction or at its target, which came earlier.
        Back,
        /// At one of its targets.
        Jump,
        /// Wherever the machine says.
        Control,
    }
    /// What is known about an opcode.
    #[derive(Debug)]
    pub struct OpcodeInfo {
        /// Its name.
        pub name: &'static str,
        /// The row it is a form of.
        pub row: Row,
        /// Where the result (if the row has one) and then the operands live.
        pub places: &'static [PlaceKind],
        /// What is encoded behind the opcode's two bytes.
        pub fields: &'static [Field],
        /// Bytes of the instruction, without the table behind a `Targets` field.
        pub size: u16,
    }
    /// A field of an encoded instruction.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Field {
        /// The parameter's name, or `dst` for the result.
        pub name: &'static str,
        /// What it holds.
        pub kind: FieldKind,
        /// Bytes from the start of the instruction.
        pub offset: u16,
        /// Bytes of the field.
        pub size: u16,
    }
    /// What a field holds.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum FieldKind {
        /// The number of a frame slot.
        Slot,
        /// The 32 bits of a constant operand.
        Inline,
        /// An immediate.
        Immediate,
        /// A jump's distance from the start of the instruction.
        Target,
        /// The number of targets in the table that follows the instruction.
        Targets,
    }
    /// Changes when the opcodes change: their names, numbers, or how they are encoded. Code of another fingerprint is of
    /// another instruction set.
    pub const FINGERPRINT: u64 = {
        let hash: u64 = 7190589882188435569u64;
        let hash = (hash ^ (<Target as Immediate>::SIZE) as u64)
            .wrapping_mul(1099511628211u64);
        let hash = (hash ^ (<__Step as Immediate>::SIZE) as u64)
            .wrapping_mul(1099511628211u64);
        let hash = (hash ^ (<__Offset as Immediate>::SIZE) as u64)
            .wrapping_mul(1099511628211u64);
        hash
    };
    static ROWS: [RowInfo; 12usize] = [
        RowInfo {
            name: "i32_sub",
            doc: "`a - b`.",
            group: "rows",
            result: Some(ValueInfo {
                ty: "i32",
                class: Class::A,
            }),
            operands: &[
                OperandInfo {
                    name: "a",
                    ty: "i32",
                    class: Class::A,
                    access: Access::Read,
                },
                OperandInfo {
                    name: "b",
                    ty: "i32",
                    class: Class::A,
                    access: Access::Read,
                },
            ],
            immediates: &[],
            opcodes: &[
                Opcode::I32SubRRS,
                Opcode::I32SubRRI,
                Opcode::I32SubRSS,
                Opcode::I32SubRSI,
            ],
            keys: &[4640u32, 4641u32, 4608u32, 4609u32],
            flow: FlowKind::Next,
            traps: false,
            commutes: false,
            ticks: false,
            slow: false,
            br_if: None,
            br_unless: None,
            select: None,
            top_if: None,
            top_unless: None,
            back_if: None,
        },
        RowInfo {
            name: "i32_lt",
            doc: "`a < b`.",
            group: "rows",
            result: Some(ValueInfo {
                ty: "bool",
                class: Class::A,
            }),
            operands: &[
                OperandInfo {
                    name: "a",
                    ty: "i32",
                    class: Class::A,
                    access: Access::Read,
                },
                OperandInfo {
                    name: "b",
                    ty: "i32",
                    class: Class::A,
                    access: Access::Read,
                },
            ],
            immediates: &[],
            opcodes: &[Opcode::I32LtRRS],
            keys: &[4640u32],
            flow: FlowKind::Next,
            traps: false,
            commutes: false,
            ticks: false,
            slow: false,
            br_if: Some(Row::BrIfI32Lt),
            br_unless: None,
            select: Some(Row::SelectI32Lt),
            top_if: Some(Row::TopIfI32Lt),
            top_unless: None,
            back_if: Some(Row::BackIfI32Lt),
        },
        RowInfo {
            name: "br_if_i32_lt",
            doc: "Branches if `i32_lt` holds:\n`a < b`.",
            group: "rows",
            result: None,
            operands: &[
                OperandInfo {
                    name: "a",
                    ty: "i32",
                    class: Class::A,
                    access: Access::Read,
                },
                OperandInfo {
                    name: "b",
                    ty: "i32",
                    class: Class::A,
                    access: Access::Read,
                },
            ],
            immediates: &[
                ImmediateInfo {
                    name: "target",
                    ty: "Target",
                    size: <Target as Immediate>::SIZE as u16,
                },
            ],
            opcodes: &[Opcode::BrIfI32LtRI],
            keys: &[289u32],
            flow: FlowKind::Branch,
            traps: false,
            commutes: false,
            ticks: false,
            slow: false,
            br_if: None,
            br_unless: None,
            select: None,
            top_if: None,
            top_unless: None,
            back_if: None,
        },
        RowInfo {
            name: "select_i32_lt",
            doc: "`if_true` if `i32_lt` holds, else `if_false`:\n`a < b`.",
            group: "rows",
            result: Some(ValueInfo {
                ty: "u64",
                class: Class::A,
            }),
            operands: &[
                OperandInfo {
                    name: "a",
                    ty: "i32",
                    class: Class::A,
                    access: Access::Read,
                },
                OperandInfo {
                    name: "b",
                    ty: "i32",
                    class: Class::A,
                    access: Access::Read,
                },
                OperandInfo {
                    name: "if_true",
                    ty: "u64",
                    class: Class::A,
                    access: Access::Read,
                },
                OperandInfo {
                    name: "if_false",
                    ty: "u64",
                    class: Class::A,
                    access: Access::Read,
                },
            ],
            immediates: &[],
            opcodes: &[Opcode::SelectI32LtSSRSS],
            keys: &[1049088u32],
            flow: FlowKind::Next,
            traps: false,
            commutes: false,
            ticks: false,
            slow: false,
            br_if: None,
            br_unless: None,
            select: None,
            top_if: None,
            top_unless: None,
            back_if: None,
        },
        RowInfo {
            name: "top_if_i32_lt",
            doc: "Goes to the loop top if `i32_lt` holds:\n`a < b`.",
            group: "rows",
            result: None,
            operands: &[
                OperandInfo {
                    name: "a",
                    ty: "i32",
                    class: Class::A,
                    access: Access::Read,
                },
                OperandInfo {
                    name: "b",
                    ty: "i32",
                    class: Class::A,
                    access: Access::Read,
                },
            ],
            immediates: &[],
            opcodes: &[Opcode::TopIfI32LtRS],
            keys: &[288u32],
            flow: FlowKind::Top,
            traps: false,
            commutes: false,
            ticks: true,
            slow: false,
            br_if: None,
            br_unless: None,
            select: None,
            top_if: None,
            top_unless: None,
            back_if: None,
        },
        RowInfo {
            name: "back_if_i32_lt",
            doc: "Branches back if `i32_lt` holds:\n`a < b`.",
            group: "rows",
            result: None,
            operands: &[
                OperandInfo {
                    name: "a",
                    ty: "i32",
                    class: Class::A,
                    access: Access::Read,
                },
                OperandInfo {
                    name: "b",
                    ty: "i32",
                    class: Class::A,
                    access: Access::Read,
                },
            ],
            immediates: &[
                ImmediateInfo {
                    name: "target",
                    ty: "Target",
                    size: <Target as Immediate>::SIZE as u16,
                },
            ],
            opcodes: &[Opcode::BackIfI32LtRS],
            keys: &[288u32],
            flow: FlowKind::Back,
            traps: false,
            commutes: false,
            ticks: true,
            slow: false,
            br_if: None,
            br_unless: None,
            select: None,
            top_if: None,
            top_unless: None,
            back_if: None,
        },
        RowInfo {
            name: "f64_neg",
            doc: "`-a`.",
            group: "rows",
            result: Some(ValueInfo {
                ty: "f64",
                class: Class::Fa,
            }),
            operands: &[
                OperandInfo {
                    name: "a",
                    ty: "f64",
                    class: Class::Fa,
                    access: Access::Read,
                },
            ],
            immediates: &[],
            opcodes: &[Opcode::F64NegSR],
            keys: &[258u32],
            flow: FlowKind::Next,
            traps: false,
            commutes: false,
            ticks: false,
            slow: false,
            br_if: None,
            br_unless: None,
            select: None,
            top_if: None,
            top_unless: None,
            back_if: None,
        },
        RowInfo {
            name: "count",
            doc: "Adds `step` to `x`.",
            group: "rows",
            result: None,
            operands: &[
                OperandInfo {
                    name: "x",
                    ty: "u32",
                    class: Class::A,
                    access: Access::ReadWrite,
                },
                OperandInfo {
                    name: "limit",
                    ty: "u32",
                    class: Class::A,
                    access: Access::Read,
                },
            ],
            immediates: &[
                ImmediateInfo {
                    name: "step",
                    ty: "Step",
                    size: <__Step as Immediate>::SIZE as u16,
                },
                ImmediateInfo {
                    name: "target",
                    ty: "Target",
                    size: <Target as Immediate>::SIZE as u16,
                },
            ],
            opcodes: &[Opcode::CountSI],
            keys: &[257u32],
            flow: FlowKind::Branch,
            traps: false,
            commutes: false,
            ticks: false,
            slow: false,
            br_if: None,
            br_unless: None,
            select: None,
            top_if: None,
            top_unless: None,
            back_if: None,
        },
        RowInfo {
            name: "load",
            doc: "The word at `addr + offset`.",
            group: "rows",
            result: Some(ValueInfo {
                ty: "u32",
                class: Class::A,
            }),
            operands: &[
                OperandInfo {
                    name: "addr",
                    ty: "u32",
                    class: Class::A,
                    access: Access::Read,
                },
            ],
            immediates: &[
                ImmediateInfo {
                    name: "offset",
                    ty: "Offset",
                    size: <__Offset as Immediate>::SIZE as u16,
                },
            ],
            opcodes: &[Opcode::LoadRS],
            keys: &[288u32],
            flow: FlowKind::Next,
            traps: true,
            commutes: false,
            ticks: false,
            slow: false,
            br_if: None,
            br_unless: None,
            select: None,
            top_if: None,
            top_unless: None,
            back_if: None,
        },
        RowInfo {
            name: "br",
            doc: "Jumps.",
            group: "rows",
            result: None,
            operands: &[],
            immediates: &[
                ImmediateInfo {
                    name: "target",
                    ty: "Target",
                    size: <Target as Immediate>::SIZE as u16,
                },
            ],
            opcodes: &[Opcode::Br],
            keys: &[1u32],
            flow: FlowKind::Jump,
            traps: false,
            commutes: false,
            ticks: false,
            slow: false,
            br_if: None,
            br_unless: None,
            select: None,
            top_if: None,
            top_unless: None,
            back_if: None,
        },
        RowInfo {
            name: "set_lp",
            doc: "Notes the loop top.",
            group: "rows",
            result: None,
            operands: &[],
            immediates: &[],
            opcodes: &[Opcode::SetLp],
            keys: &[1u32],
            flow: FlowKind::Next,
            traps: false,
            commutes: false,
            ticks: false,
            slow: false,
            br_if: None,
            br_unless: None,
            select: None,
            top_if: None,
            top_unless: None,
            back_if: None,
        },
        RowInfo {
            name: "call",
            doc: "Calls.",
            group: "rows",
            result: None,
            operands: &[],
            immediates: &[
                ImmediateInfo {
                    name: "target",
                    ty: "Target",
                    size: <Target as Immediate>::SIZE as u16,
                },
            ],
            opcodes: &[Opcode::Call],
            keys: &[1u32],
            flow: FlowKind::Control,
            traps: false,
            commutes: false,
            ticks: true,
            slow: false,
            br_if: None,
            br_unless: None,
            select: None,
            top_if: None,
            top_unless: None,
            back_if: None,
        },
    ];
    static FIELDS_0: [Field; 1usize] = [
        Field {
            name: "b",
            kind: FieldKind::Slot,
            offset: (2) as u16,
            size: (2) as u16,
        },
    ];
    static FIELDS_1: [Field; 1usize] = [
        Field {
            name: "b",
            kind: FieldKind::Inline,
            offset: (2) as u16,
            size: (4) as u16,
        },
    ];
    static FIELDS_2: [Field; 2usize] = [
        Field {
            name: "a",
            kind: FieldKind::Slot,
            offset: (2) as u16,
            size: (2) as u16,
        },
        Field {
            name: "b",
            kind: FieldKind::Slot,
            offset: (4) as u16,
            size: (2) as u16,
        },
    ];
    static FIELDS_3: [Field; 2usize] = [
        Field {
            name: "a",
            kind: FieldKind::Slot,
            offset: (2) as u16,
            size: (2) as u16,
        },
        Field {
            name: "b",
            kind: FieldKind::Inline,
            offset: (4) as u16,
            size: (4) as u16,
        },
    ];
    static FIELDS_4: [Field; 2usize] = [
        Field {
            name: "b",
            kind: FieldKind::Inline,
            offset: (2) as u16,
            size: (4) as u16,
        },
        Field {
            name: "target",
            kind: FieldKind::Target,
            offset: (6) as u16,
            size: (<Target as Immediate>::SIZE) as u16,
        },
    ];
    static FIELDS_5: [Field; 4usize] = [
        Field {
            name: "dst",
            kind: FieldKind::Slot,
            offset: (2) as u16,
            size: (2) as u16,
        },
        Field {
            name: "a",
            kind: FieldKind::Slot,
            offset: (4) as u16,
            size: (2) as u16,
        },
        Field {
            name: "if_true",
            kind: FieldKind::Slot,
            offset: (6) as u16,
            size: (2) as u16,
        },
        Field {
            name: "if_false",
            kind: FieldKind::Slot,
            offset: (8) as u16,
            size: (2) as u16,
        },
    ];
    static FIELDS_6: [Field; 2usize] = [
        Field {
            name: "b",
            kind: FieldKind::Slot,
            offset: (2) as u16,
            size: (2) as u16,
        },
        Field {
            name: "target",
            kind: FieldKind::Target,
            offset: (4) as u16,
            size: (<Target as Immediate>::SIZE) as u16,
        },
    ];
    static FIELDS_7: [Field; 1usize] = [
        Field {
            name: "dst",
            kind: FieldKind::Slot,
            offset: (2) as u16,
            size: (2) as u16,
        },
    ];
    static FIELDS_8: [Field; 4usize] = [
        Field {
            name: "x",
            kind: FieldKind::Slot,
            offset: (2) as u16,
            size: (2) as u16,
        },
        Field {
            name: "limit",
            kind: FieldKind::Inline,
            offset: (4) as u16,
            size: (4) as u16,
        },
        Field {
            name: "step",
            kind: FieldKind::Immediate,
            offset: (8) as u16,
            size: (<__Step as Immediate>::SIZE) as u16,
        },
        Field {
            name: "target",
            kind: FieldKind::Target,
            offset: (8 + <__Step as Immediate>::SIZE) as u16,
            size: (<Target as Immediate>::SIZE) as u16,
        },
    ];
    static FIELDS_9: [Field; 2usize] = [
        Field {
            name: "addr",
            kind: FieldKind::Slot,
            offset: (2) as u16,
            size: (2) as u16,
        },
        Field {
            name: "offset",
            kind: FieldKind::Immediate,
            offset: (4) as u16,
            size: (<__Offset as Immediate>::SIZE) as u16,
        },
    ];
    static FIELDS_10: [Field; 1usize] = [
        Field {
            name: "target",
            kind: FieldKind::Target,
            offset: (2) as u16,
            size: (<Target as Immediate>::SIZE) as u16,
        },
    ];
    static FIELDS_11: [Field; 0usize] = [];
    static OPCODES: [OpcodeInfo; 15usize] = [
        OpcodeInfo {
            name: "I32SubRRS",
            row: Row::I32Sub,
            places: &[PlaceKind::R, PlaceKind::R, PlaceKind::Slot],
            fields: &FIELDS_0,
            size: (4) as u16,
        },
        OpcodeInfo {
            name: "I32SubRRI",
            row: Row::I32Sub,
            places: &[PlaceKind::R, PlaceKind::R, PlaceKind::Imm],
            fields: &FIELDS_1,
            size: (6) as u16,
        },
        OpcodeInfo {
            name: "I32SubRSS",
            row: Row::I32Sub,
            places: &[PlaceKind::R, PlaceKind::Slot, PlaceKind::Slot],
            fields: &FIELDS_2,
            size: (6) as u16,
        },
        OpcodeInfo {
            name: "I32SubRSI",
            row: Row::I32Sub,
            places: &[PlaceKind::R, PlaceKind::Slot, PlaceKind::Imm],
            fields: &FIELDS_3,
            size: (8) as u16,
        },
        OpcodeInfo {
            name: "I32LtRRS",
            row: Row::I32Lt,
            places: &[PlaceKind::R, PlaceKind::R, PlaceKind::Slot],
            fields: &FIELDS_0,
            size: (4) as u16,
        },
        OpcodeInfo {
            name: "BrIfI32LtRI",
            row: Row::BrIfI32Lt,
            places: &[PlaceKind::R, PlaceKind::Imm],
            fields: &FIELDS_4,
            size: (6 + <Target as Immediate>::SIZE) as u16,
        },
        OpcodeInfo {
            name: "SelectI32LtSSRSS",
            row: Row::SelectI32Lt,
            places: &[
                PlaceKind::Slot,
                PlaceKind::Slot,
                PlaceKind::R,
                PlaceKind::Slot,
                PlaceKind::Slot,
            ],
            fields: &FIELDS_5,
            size: (10) as u16,
        },
        OpcodeInfo {
            name: "TopIfI32LtRS",
            row: Row::TopIfI32Lt,
            places: &[PlaceKind::R, PlaceKind::Slot],
            fields: &FIELDS_0,
            size: (4) as u16,
        },
        OpcodeInfo {
            name: "BackIfI32LtRS",
            row: Row::BackIfI32Lt,
            places: &[PlaceKind::R, PlaceKind::Slot],
            fields: &FIELDS_6,
            size: (4 + <Target as Immediate>::SIZE) as u16,
        },
        OpcodeInfo {
            name: "F64NegSR",
            row: Row::F64Neg,
            places: &[PlaceKind::Slot, PlaceKind::R],
            fields: &FIELDS_7,
            size: (4) as u16,
        },
        OpcodeInfo {
            name: "CountSI",
            row: Row::Count,
            places: &[PlaceKind::Slot, PlaceKind::Imm],
            fields: &FIELDS_8,
            size: (8 + <__Step as Immediate>::SIZE + <Target as Immediate>::SIZE) as u16,
        },
        OpcodeInfo {
            name: "LoadRS",
            row: Row::Load,
            places: &[PlaceKind::R, PlaceKind::Slot],
            fields: &FIELDS_9,
            size: (4 + <__Offset as Immediate>::SIZE) as u16,
        },
        OpcodeInfo {
            name: "Br",
            row: Row::Br,
            places: &[],
            fields: &FIELDS_10,
            size: (2 + <Target as Immediate>::SIZE) as u16,
        },
        OpcodeInfo {
            name: "SetLp",
            row: Row::SetLp,
            places: &[],
            fields: &FIELDS_11,
            size: (2) as u16,
        },
        OpcodeInfo {
            name: "Call",
            row: Row::Call,
            places: &[],
            fields: &FIELDS_10,
            size: (2 + <Target as Immediate>::SIZE) as u16,
        },
    ];
    /// The operands of each opcode as they are encoded, one struct per opcode.
    ///
    /// Slots and constant operands are numbers, immediates are their little-endian bytes. `decode` gives `None`
    /// if the bytes are too few or are another instruction.
    #[allow(missing_docs)]
    pub mod operands {
        #[allow(unused_imports)]
        use crate::machine::{
            Budget, Code, Exit, Flow, Frame, Immediate, Inline, Machine, Memory, Target,
            Value,
        };
        #[allow(unused_imports)]
        use super::super::rows::__Step;
        #[allow(unused_imports)]
        use super::super::rows::__Offset;
        #[inline(always)]
        fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
            bytes.get(at..at + N)?.try_into().ok()
        }
        #[inline(always)]
        fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
            Some(u16::from_le_bytes(bytes_at(bytes, at)?))
        }
        #[inline(always)]
        #[allow(dead_code)]
        fn i32_at(bytes: &[u8], at: usize) -> Option<i32> {
            Some(i32::from_le_bytes(bytes_at(bytes, at)?))
        }
        #[inline(always)]
        fn opcode_at(bytes: &[u8], opcode: super::Opcode) -> Option<u16> {
            u16_at(bytes, 0).filter(|op| super::Opcode::decode(*op) == Some(opcode))
        }
        ///`i32_sub r, r, s`
        #[repr(C, packed)]
        pub struct I32SubRRS {
            pub op: u16,
            pub b: u16,
        }
        impl I32SubRRS {
            pub fn decode(bytes: &[u8]) -> Option<I32SubRRS> {
                Some(I32SubRRS {
                    op: opcode_at(bytes, super::Opcode::I32SubRRS)?,
                    b: u16_at(bytes, 2)?,
                })
            }
        }
        ///`i32_sub r, r, i`
        #[repr(C, packed)]
        pub struct I32SubRRI {
            pub op: u16,
            pub b: i32,
        }
        impl I32SubRRI {
            pub fn decode(bytes: &[u8]) -> Option<I32SubRRI> {
                Some(I32SubRRI {
                    op: opcode_at(bytes, super::Opcode::I32SubRRI)?,
                    b: i32_at(bytes, 2)?,
                })
            }
        }
        ///`i32_sub r, s, s`
        #[repr(C, packed)]
        pub struct I32SubRSS {
            pub op: u16,
            pub a: u16,
            pub b: u16,
        }
        impl I32SubRSS {
            pub fn decode(bytes: &[u8]) -> Option<I32SubRSS> {
                Some(I32SubRSS {
                    op: opcode_at(bytes, super::Opcode::I32SubRSS)?,
                    a: u16_at(bytes, 2)?,
                    b: u16_at(bytes, 4)?,
                })
            }
        }
        ///`i32_sub r, s, i`
        #[repr(C, packed)]
        pub struct I32SubRSI {
            pub op: u16,
            pub a: u16,
            pub b: i32,
        }
        impl I32SubRSI {
            pub fn decode(bytes: &[u8]) -> Option<I32SubRSI> {
                Some(I32SubRSI {
                    op: opcode_at(bytes, super::Opcode::I32SubRSI)?,
                    a: u16_at(bytes, 2)?,
                    b: i32_at(bytes, 4)?,
                })
            }
        }
        ///`i32_lt r, r, s`
        #[repr(C, packed)]
        pub struct I32LtRRS {
            pub op: u16,
            pub b: u16,
        }
        impl I32LtRRS {
            pub fn decode(bytes: &[u8]) -> Option<I32LtRRS> {
                Some(I32LtRRS {
                    op: opcode_at(bytes, super::Opcode::I32LtRRS)?,
                    b: u16_at(bytes, 2)?,
                })
            }
        }
        ///`br_if_i32_lt r, i, target`
        #[repr(C, packed)]
        pub struct BrIfI32LtRI {
            pub op: u16,
            pub b: i32,
            pub target: [u8; <Target as Immediate>::SIZE],
        }
        impl BrIfI32LtRI {
            pub fn decode(bytes: &[u8]) -> Option<BrIfI32LtRI> {
                Some(BrIfI32LtRI {
                    op: opcode_at(bytes, super::Opcode::BrIfI32LtRI)?,
                    b: i32_at(bytes, 2)?,
                    target: bytes_at(bytes, 6)?,
                })
            }
        }
        ///`select_i32_lt s, s, r, s, s`
        #[repr(C, packed)]
        pub struct SelectI32LtSSRSS {
            pub op: u16,
            pub dst: u16,
            pub a: u16,
            pub if_true: u16,
            pub if_false: u16,
        }
        impl SelectI32LtSSRSS {
            pub fn decode(bytes: &[u8]) -> Option<SelectI32LtSSRSS> {
                Some(SelectI32LtSSRSS {
                    op: opcode_at(bytes, super::Opcode::SelectI32LtSSRSS)?,
                    dst: u16_at(bytes, 2)?,
                    a: u16_at(bytes, 4)?,
                    if_true: u16_at(bytes, 6)?,
                    if_false: u16_at(bytes, 8)?,
                })
            }
        }
        ///`top_if_i32_lt r, s`
        #[repr(C, packed)]
        pub struct TopIfI32LtRS {
            pub op: u16,
            pub b: u16,
        }
        impl TopIfI32LtRS {
            pub fn decode(bytes: &[u8]) -> Option<TopIfI32LtRS> {
                Some(TopIfI32LtRS {
                    op: opcode_at(bytes, super::Opcode::TopIfI32LtRS)?,
                    b: u16_at(bytes, 2)?,
                })
            }
        }
        ///`back_if_i32_lt r, s, target`
        #[repr(C, packed)]
        pub struct BackIfI32LtRS {
            pub op: u16,
            pub b: u16,
            pub target: [u8; <Target as Immediate>::SIZE],
        }
        impl BackIfI32LtRS {
            pub fn decode(bytes: &[u8]) -> Option<BackIfI32LtRS> {
                Some(BackIfI32LtRS {
                    op: opcode_at(bytes, super::Opcode::BackIfI32LtRS)?,
                    b: u16_at(bytes, 2)?,
                    target: bytes_at(bytes, 4)?,
                })
            }
        }
        ///`f64_neg s, r`
        #[repr(C, packed)]
        pub struct F64NegSR {
            pub op: u16,
            pub dst: u16,
        }
        impl F64NegSR {
            pub fn decode(bytes: &[u8]) -> Option<F64NegSR> {
                Some(F64NegSR {
                    op: opcode_at(bytes, super::Opcode::F64NegSR)?,
                    dst: u16_at(bytes, 2)?,
                })
            }
        }
        ///`count s, i, step, target`
        #[repr(C, packed)]
        pub struct CountSI {
            pub op: u16,
            pub x: u16,
            pub limit: i32,
            pub step: [u8; <__Step as Immediate>::SIZE],
            pub target: [u8; <Target as Immediate>::SIZE],
        }
        impl CountSI {
            pub fn decode(bytes: &[u8]) -> Option<CountSI> {
                Some(CountSI {
                    op: opcode_at(bytes, super::Opcode::CountSI)?,
                    x: u16_at(bytes, 2)?,
                    limit: i32_at(bytes, 4)?,
                    step: bytes_at(bytes, 8)?,
                    target: bytes_at(bytes, 8 + <__Step as Immediate>::SIZE)?,
                })
            }
        }
        ///`load r, s, offset`
        #[repr(C, packed)]
        pub struct LoadRS {
            pub op: u16,
            pub addr: u16,
            pub offset: [u8; <__Offset as Immediate>::SIZE],
        }
        impl LoadRS {
            pub fn decode(bytes: &[u8]) -> Option<LoadRS> {
                Some(LoadRS {
                    op: opcode_at(bytes, super::Opcode::LoadRS)?,
                    addr: u16_at(bytes, 2)?,
                    offset: bytes_at(bytes, 4)?,
                })
            }
        }
        ///`br target`
        #[repr(C, packed)]
        pub struct Br {
            pub op: u16,
            pub target: [u8; <Target as Immediate>::SIZE],
        }
        impl Br {
            pub fn decode(bytes: &[u8]) -> Option<Br> {
                Some(Br {
                    op: opcode_at(bytes, super::Opcode::Br)?,
                    target: bytes_at(bytes, 2)?,
                })
            }
        }
        ///`set_lp`
        #[repr(C, packed)]
        pub struct SetLp {
            pub op: u16,
        }
        impl SetLp {
            pub fn decode(bytes: &[u8]) -> Option<SetLp> {
                Some(SetLp {
                    op: opcode_at(bytes, super::Opcode::SetLp)?,
                })
            }
        }
        ///`call target`
        #[repr(C, packed)]
        pub struct Call {
            pub op: u16,
            pub target: [u8; <Target as Immediate>::SIZE],
        }
        impl Call {
            pub fn decode(bytes: &[u8]) -> Option<Call> {
                Some(Call {
                    op: opcode_at(bytes, super::Opcode::Call)?,
                    target: bytes_at(bytes, 2)?,
                })
            }
        }
    }
    const _: () = {
        const SIZES: [usize; Opcode::COUNT] = [
            size_of::<operands::I32SubRRS>(),
            size_of::<operands::I32SubRRI>(),
            size_of::<operands::I32SubRSS>(),
            size_of::<operands::I32SubRSI>(),
            size_of::<operands::I32LtRRS>(),
            size_of::<operands::BrIfI32LtRI>(),
            size_of::<operands::SelectI32LtSSRSS>(),
            size_of::<operands::TopIfI32LtRS>(),
            size_of::<operands::BackIfI32LtRS>(),
            size_of::<operands::F64NegSR>(),
            size_of::<operands::CountSI>(),
            size_of::<operands::LoadRS>(),
            size_of::<operands::Br>(),
            size_of::<operands::SetLp>(),
            size_of::<operands::Call>(),
        ];
        const OFFSETS: [&[usize]; Opcode::COUNT] = [
            &[core::mem::offset_of!(operands::I32SubRRS, b)],
            &[core::mem::offset_of!(operands::I32SubRRI, b)],
            &[
                core::mem::offset_of!(operands::I32SubRSS, a),
                core::mem::offset_of!(operands::I32SubRSS, b),
            ],
            &[
                core::mem::offset_of!(operands::I32SubRSI, a),
                core::mem::offset_of!(operands::I32SubRSI, b),
            ],
            &[core::mem::offset_of!(operands::I32LtRRS, b)],
            &[
                core::mem::offset_of!(operands::BrIfI32LtRI, b),
                core::mem::offset_of!(operands::BrIfI32LtRI, target),
            ],
            &[
                core::mem::offset_of!(operands::SelectI32LtSSRSS, dst),
                core::mem::offset_of!(operands::SelectI32LtSSRSS, a),
                core::mem::offset_of!(operands::SelectI32LtSSRSS, if_true),
                core::mem::offset_of!(operands::SelectI32LtSSRSS, if_false),
            ],
            &[core::mem::offset_of!(operands::TopIfI32LtRS, b)],
            &[
                core::mem::offset_of!(operands::BackIfI32LtRS, b),
                core::mem::offset_of!(operands::BackIfI32LtRS, target),
            ],
            &[core::mem::offset_of!(operands::F64NegSR, dst)],
            &[
                core::mem::offset_of!(operands::CountSI, x),
                core::mem::offset_of!(operands::CountSI, limit),
                core::mem::offset_of!(operands::CountSI, step),
                core::mem::offset_of!(operands::CountSI, target),
            ],
            &[
                core::mem::offset_of!(operands::LoadRS, addr),
                core::mem::offset_of!(operands::LoadRS, offset),
            ],
            &[core::mem::offset_of!(operands::Br, target)],
            &[],
            &[core::mem::offset_of!(operands::Call, target)],
        ];
        let mut op = 0;
        while op < Opcode::COUNT {
            let info = &OPCODES[op];
            assert!(info.size as usize == SIZES[op], "size of an operand struct");
            assert!(
                info.size % 2 == 0,
                "the width of an immediate is not a multiple of two bytes",
            );
            let mut field = 0;
            while field < info.fields.len() {
                assert!(
                    info.fields[field].offset as usize == OFFSETS[op][field],
                    "offset of an operand",
                );
                field += 1;
            }
            op += 1;
        }
    };
    impl Row {
        /// The form for a result and operands in `places`. Operands of a commuting row may be in either order.
        pub fn form(self, places: &[Place]) -> Option<Opcode> {
            self.choose(places).map(|(opcode, _)| opcode)
        }
        /// The form, and whether the first two operands have to change places for it.
        fn choose(self, places: &[Place]) -> Option<(Opcode, bool)> {
            let info = self.info();
            let count = info.result.is_some() as usize;
            let find = |swap: bool| {
                let kind = |n| places[swapped(n, count, swap)].kind() as u32;
                let key = (0..places.len()).fold(1, |key, n| key << 4 | kind(n));
                info.keys
                    .iter()
                    .position(|other| *other == key)
                    .map(|at| (info.opcodes[at], swap))
            };
            find(false).or_else(|| if info.commutes { find(true) } else { None })
        }
    }
    /// The place that stands at `n` when the first two of those after the first `count` change places.
    fn swapped(n: usize, count: usize, swap: bool) -> usize {
        match n.checked_sub(count) {
            Some(0) if swap => count + 1,
            Some(1) if swap => count,
            _ => n,
        }
    }
    /// Why an instruction cannot be encoded.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum NoForm {
        /// The row has no form with its result and operands in these kinds of places, or not so many of them.
        Places(Row),
        /// The row has another number of immediates.
        Immediates(Row),
        /// A value does not fit the width of an immediate.
        Range {
            /// The row.
            row: Row,
            /// Which of its immediates.
            index: usize,
            /// The value.
            value: i64,
        },
    }
    impl core::fmt::Display for NoForm {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            match *self {
                NoForm::Places(row) => {
                    write!(
                        f,
                        "no form of `{}` has these places; its forms are",
                        row.info().name,
                    )?;
                    row.info()
                        .opcodes
                        .iter()
                        .try_for_each(|opcode| write!(f, " {}", opcode.info().name))
                }
                NoForm::Immediates(row) => {
                    write!(
                        f,
                        "`{}` has {} immediate(s)",
                        row.info().name,
                        row.info().immediates.len(),
                    )
                }
                NoForm::Range { row, index, value } => {
                    let immediate = &row.info().immediates[index];
                    let (row, name, size) = (
                        row.info().name,
                        immediate.name,
                        immediate.size,
                    );
                    write!(
                        f,
                        "{value} does not fit the {size} bytes of `{name}` of `{row}`",
                    )
                }
            }
        }
    }
    impl core::error::Error for NoForm {}
    /// Writes instructions.
    #[derive(Clone, Debug, Default)]
    pub struct Encoder {
        /// The code so far.
        pub bytes: alloc::vec::Vec<u8>,
    }
    impl Encoder {
        /// An encoder without code.
        pub fn new() -> Encoder {
            Encoder::default()
        }
        /// Appends an instruction and returns where it starts. `places` are the result's (if the row has one) and
        /// those of the operands, `immediates` in the order of the signature, a fused branch's target last.
        pub fn emit(
            &mut self,
            row: Row,
            places: &[Place],
            immediates: &[i64],
        ) -> Result<usize, NoForm> {
            let (opcode, swap) = row.choose(places).ok_or(NoForm::Places(row))?;
            let known = row.info().immediates;
            if known.len() != immediates.len() {
                return Err(NoForm::Immediates(row));
            }
            for (index, (immediate, value)) in known.iter().zip(immediates).enumerate() {
                let bits = immediate.size as u32 * 8;
                if bits < 64 && (*value >= 1 << bits || *value < -1 << (bits - 1)) {
                    return Err(NoForm::Range {
                        row,
                        index,
                        value: *value,
                    });
                }
            }
            let start = self.bytes.len();
            let count = row.info().result.is_some() as usize;
            self.bytes.extend_from_slice(&(opcode as u16).to_le_bytes());
            for n in 0..places.len() {
                match places[swapped(n, count, swap)] {
                    Place::Slot(slot) => {
                        self.bytes.extend_from_slice(&slot.to_le_bytes())
                    }
                    Place::Imm(value) => {
                        self.bytes.extend_from_slice(&value.to_le_bytes())
                    }
                    _ => {}
                }
            }
            for (immediate, value) in known.iter().zip(immediates) {
                self.bytes
                    .extend_from_slice(&value.to_le_bytes()[..immediate.size as usize]);
            }
            Ok(start)
        }
        /// Appends the table of an instruction with a `Targets` field: distances from the start of the instruction.
        pub fn emit_targets(&mut self, targets: &[i32]) {
            for target in targets {
                self.bytes.extend_from_slice(&target.to_le_bytes());
            }
        }
        /// Overwrites the four bytes at `at`: a target field, or an entry of a table of targets.
        ///
        /// # Panics
        /// If fewer than four bytes were written at `at`.
        pub fn patch_target(&mut self, at: usize, target: i32) {
            self.bytes[at..at + 4].copy_from_slice(&target.to_le_bytes());
        }
    }
    /// One method per row: the result's place, then the operands and immediates in the order of the signature.
    #[allow(clippy::too_many_arguments)]
    impl Encoder {
        /// `a - b`.
        #[inline]
        pub fn i32_sub(
            &mut self,
            dst: Place,
            a: Place,
            b: Place,
        ) -> Result<usize, NoForm> {
            self.emit(Row::I32Sub, &[dst, a, b], &[])
        }
        /// `a < b`.
        #[inline]
        pub fn i32_lt(
            &mut self,
            dst: Place,
            a: Place,
            b: Place,
        ) -> Result<usize, NoForm> {
            self.emit(Row::I32Lt, &[dst, a, b], &[])
        }
        /// Branches if `i32_lt` holds:
        /// `a < b`.
        #[inline]
        pub fn br_if_i32_lt(
            &mut self,
            a: Place,
            b: Place,
            target: i64,
        ) -> Result<usize, NoForm> {
            self.emit(Row::BrIfI32Lt, &[a, b], &[target])
        }
        /// `if_true` if `i32_lt` holds, else `if_false`:
        /// `a < b`.
        #[inline]
        pub fn select_i32_lt(
            &mut self,
            dst: Place,
            a: Place,
            b: Place,
            if_true: Place,
            if_false: Place,
        ) -> Result<usize, NoForm> {
            self.emit(Row::SelectI32Lt, &[dst, a, b, if_true, if_false], &[])
        }
        /// Goes to the loop top if `i32_lt` holds:
        /// `a < b`.
        #[inline]
        pub fn top_if_i32_lt(&mut self, a: Place, b: Place) -> Result<usize, NoForm> {
            self.emit(Row::TopIfI32Lt, &[a, b], &[])
        }
        /// Branches back if `i32_lt` holds:
        /// `a < b`.
        #[inline]
        pub fn back_if_i32_lt(
            &mut self,
            a: Place,
            b: Place,
            target: i64,
        ) -> Result<usize, NoForm> {
            self.emit(Row::BackIfI32Lt, &[a, b], &[target])
        }
        /// `-a`.
        #[inline]
        pub fn f64_neg(&mut self, dst: Place, a: Place) -> Result<usize, NoForm> {
            self.emit(Row::F64Neg, &[dst, a], &[])
        }
        /// Adds `step` to `x`.
        #[inline]
        pub fn count(
            &mut self,
            x: Place,
            limit: Place,
            step: i64,
            target: i64,
        ) -> Result<usize, NoForm> {
            self.emit(Row::Count, &[x, limit], &[step, target])
        }
        /// The word at `addr + offset`.
        #[inline]
        pub fn load(
            &mut self,
            dst: Place,
            addr: Place,
            offset: i64,
        ) -> Result<usize, NoForm> {
            self.emit(Row::Load, &[dst, addr], &[offset])
        }
        /// Jumps.
        #[inline]
        pub fn br(&mut self, target: i64) -> Result<usize, NoForm> {
            self.emit(Row::Br, &[], &[target])
        }
        /// Notes the loop top.
        #[inline]
        pub fn set_lp(&mut self) -> Result<usize, NoForm> {
            self.emit(Row::SetLp, &[], &[])
        }
        /// Calls.
        #[inline]
        pub fn call(&mut self, target: i64) -> Result<usize, NoForm> {
            self.emit(Row::Call, &[], &[target])
        }
    }
    /// Why bytes are no instruction.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Malformed {
        /// No opcode has this number.
        Opcode {
            /// Where.
            at: usize,
            /// The number.
            number: u16,
        },
        /// The code ends inside the instruction or its table of targets.
        Truncated {
            /// Where the instruction starts.
            at: usize,
        },
    }
    impl core::fmt::Display for Malformed {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            match *self {
                Malformed::Opcode { at, number } => {
                    write!(
                        f,
                        "{at:#x}: {number:#x} is no opcode: they are below {:#x}",
                        Opcode::COUNT,
                    )
                }
                Malformed::Truncated { at } => {
                    write!(f, "{at:#x}: the code ends inside this instruction")
                }
            }
        }
    }
    impl core::error::Error for Malformed {}
    /// The instruction at offset `at` of `code`.
    pub fn disassemble(code: &[u8], at: usize) -> Result<Instruction<'_>, Malformed> {
        let truncated = Malformed::Truncated { at };
        let bytes = code.get(at..).ok_or(truncated)?;
        let number = bytes
            .first_chunk::<2>()
            .map(|bytes| u16::from_le_bytes(*bytes))
            .ok_or(truncated)?;
        let opcode = Opcode::decode(number).ok_or(Malformed::Opcode { at, number })?;
        let mut size = opcode.info().size as usize;
        let instruction = Instruction {
            bytes: bytes.get(..size).ok_or(truncated)?,
            at,
            opcode,
        };
        for (field, bits) in instruction.fields() {
            if field.kind == FieldKind::Targets {
                size = usize::try_from(bits as u32)
                    .ok()
                    .and_then(|n| n.checked_mul(4)?.checked_add(size))
                    .ok_or(truncated)?;
            }
        }
        Ok(Instruction {
            bytes: bytes.get(..size).ok_or(truncated)?,
            at,
            opcode,
        })
    }
    /// An encoded instruction.
    #[derive(Clone, Copy, Debug)]
    pub struct Instruction<'a> {
        /// Its bytes, with a table of targets behind it.
        bytes: &'a [u8],
        at: usize,
        opcode: Opcode,
    }
    impl<'a> Instruction<'a> {
        /// Its opcode.
        pub fn opcode(&self) -> Opcode {
            self.opcode
        }
        /// Its row.
        pub fn row(&self) -> Row {
            self.opcode.info().row
        }
        /// Where it starts in the code.
        pub fn at(&self) -> usize {
            self.at
        }
        /// Its bytes, with a table of targets behind it.
        pub fn bytes(&self) -> &'a [u8] {
            self.bytes
        }
        /// How many bytes it has, with a table of targets behind it: the next one starts there.
        pub fn size(&self) -> usize {
            self.bytes.len()
        }
        /// Its fields and what they hold, sign-extended if they are wider than two bytes, else zero-extended.
        pub fn fields(&self) -> impl Iterator<Item = (&'static Field, i64)> + use<'a> {
            let bytes = self.bytes;
            self.opcode
                .info()
                .fields
                .iter()
                .map(move |field| {
                    let at = field.offset as usize;
                    let mut wide = [0; 8];
                    wide[..field.size as usize]
                        .copy_from_slice(&bytes[at..at + field.size as usize]);
                    let shift = if field.size > 2 {
                        64 - 8 * field.size as u32
                    } else {
                        0
                    };
                    (field, i64::from_le_bytes(wide) << shift >> shift)
                })
        }
        /// Where its result (if it has one) and its operands live.
        pub fn places(&self) -> impl Iterator<Item = Place> + use<'a> {
            let mut encoded = self
                .fields()
                .filter(|(field, _)| {
                    matches!(field.kind, FieldKind::Slot | FieldKind::Inline)
                });
            self.opcode
                .info()
                .places
                .iter()
                .map(move |kind| {
                    let bits = match kind {
                        PlaceKind::Slot | PlaceKind::Imm => {
                            encoded.next().map_or(0, |(_, bits)| bits)
                        }
                        _ => 0,
                    };
                    kind.place(bits as i32)
                })
        }
        /// Its immediates, as [`Encoder::emit`] takes them.
        pub fn immediates(&self) -> impl Iterator<Item = i64> + use<'a> {
            let immediate = |(field, bits): (&Field, i64)| {
                (!matches!(field.kind, FieldKind::Slot | FieldKind::Inline))
                    .then_some(bits)
            };
            self.fields().filter_map(immediate)
        }
        /// The distances in the table behind it, from its start.
        pub fn table(&self) -> impl Iterator<Item = i32> + use<'a> {
            let table = &self.bytes[self.opcode.info().size as usize..];
            table
                .chunks_exact(4)
                .map(|bytes| i32::from_le_bytes([
                    bytes[0],
                    bytes[1],
                    bytes[2],
                    bytes[3],
                ]))
        }
        /// The offsets in the code that it can jump to, without the next instruction.
        pub fn targets(&self) -> impl Iterator<Item = i64> + use<'a> {
            let at = self.at as i64;
            let own = self
                .fields()
                .filter(|(field, _)| field.kind == FieldKind::Target)
                .map(|(_, bits)| bits);
            own.chain(self.table().map(i64::from)).map(move |distance| at + distance)
        }
    }
    /// `i32_load r, s3, offset=16`, `br_if_i32_eq s0, #7, -> 0x1a4`.
    impl core::fmt::Display for Instruction<'_> {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str(self.row().info().name)?;
            let mut separator = " ";
            for place in self.places() {
                write!(f, "{separator}{place}")?;
                separator = ", ";
            }
            for (field, bits) in self.fields() {
                match field.kind {
                    FieldKind::Slot | FieldKind::Inline => continue,
                    FieldKind::Immediate => {
                        write!(f, "{separator}{}={bits}", field.name)?
                    }
                    FieldKind::Target => {
                        write!(f, "{separator}-> {:#x}", self.at as i64 + bits)?
                    }
                    FieldKind::Targets => {
                        write!(f, "{separator}-> [")?;
                        for (n, target) in self.targets().enumerate() {
                            write!(f, "{}{target:#x}", if n == 0 { "" } else { ", " })?;
                        }
                        f.write_str("]")?;
                    }
                }
                separator = ", ";
            }
            Ok(())
        }
    }
    /// The machine words of the registers but program counter, frame and machine: where they are while no loop runs,
    /// and where a loop keeps those that it has no register for.
    #[derive(Clone, Copy, Debug)]
    #[allow(missing_docs)]
    pub struct Words {
        pub(crate) memory_base: *mut u8,
        pub(crate) memory_length: usize,
        pub(crate) a: u64,
        pub(crate) lp: Code,
        pub(crate) budget: Budget,
        pub(crate) fa: f64,
    }
    impl Words {
        /// All zero.
        #[allow(
            clippy::undocumented_unsafe_blocks,
            reason = "a type that zero is no value of does not compile"
        )]
        pub const ZERO: Words = unsafe { ::core::mem::zeroed() };
    }
    impl Default for Words {
        fn default() -> Words {
            Words::ZERO
        }
    }
}
pub use __isa::*;
