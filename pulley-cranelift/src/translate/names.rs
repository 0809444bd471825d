//! Names of callees: what a CLIF `call` or `return_call` of this crate calls.
//!
//! CLIF names a callee by two `u32`s, [`UserExternalName`]. They mean here:
//!
//! | `namespace & 0xff` | `namespace >> 8`  | `index`          | callee                                   |
//! |--------------------|-------------------|------------------|------------------------------------------|
//! | 0                  | 0                 | function index   | a function of the module, imports first  |
//! | 1                  | table index       | type index       | `call_indirect`                          |
//! | 2 + builtin        | second immediate  | first immediate  | a [`Builtin`]                            |
//!
//! Nobody but this file packs or unpacks them: [`Callee::name`] and [`Callee::decode`].
//!
//! Arguments and results are the wasm operands in wasm's order. `call_indirect` passes the callee's index in the table as
//! a last `i32` argument. Every reference is an `i64`.

use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{FuncRef, Function, Type, UserExternalName};

/// Bits of the namespace that hold the kind of callee.
const KIND_BITS: u32 = 8;
const KIND_FUNC: u32 = 0;
const KIND_INDIRECT: u32 = 1;
/// Kind of the first builtin; the others follow in the order of [`Builtin::ALL`].
const KIND_BUILTIN: u32 = 2;

/// The largest table index that a name can hold: a namespace keeps its low byte for the kind.
pub const MAX_TABLE_INDEX: u32 = u32::MAX >> KIND_BITS;

/// What a call instruction calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Callee {
    /// A function of the module, by its index (imports first).
    Func(u32),
    /// `call_indirect`. The last argument of the call is the index in the table.
    Indirect {
        /// Index of the table.
        table: u32,
        /// Index of the type that the callee must have.
        ty: u32,
    },
    /// An operation on a memory, a table or a segment.
    Builtin {
        /// Which one.
        builtin: Builtin,
        /// Its immediates, in the order of [`Builtin::immediates`]; zero where it has fewer.
        immediates: [u32; 2],
    },
}

impl Callee {
    /// A builtin with its immediates.
    pub fn builtin(builtin: Builtin, immediates: &[u32]) -> Callee {
        debug_assert_eq!(immediates.len(), builtin.immediates());
        let at = |i: usize| immediates.get(i).copied().unwrap_or(0);
        Callee::Builtin { builtin, immediates: [at(0), at(1)] }
    }

    /// The name that stands for this callee in CLIF.
    pub fn name(self) -> UserExternalName {
        let (kind, second, index) = match self {
            Callee::Func(index) => (KIND_FUNC, 0, index),
            Callee::Indirect { table, ty } => (KIND_INDIRECT, table, ty),
            Callee::Builtin { builtin, immediates } => (KIND_BUILTIN + builtin as u32, immediates[1], immediates[0]),
        };
        debug_assert!(second <= MAX_TABLE_INDEX);
        UserExternalName { namespace: kind | second << KIND_BITS, index }
    }

    /// The callee that `name` stands for; `None` for a name that [`Callee::name`] does not make.
    pub fn decode(name: &UserExternalName) -> Option<Callee> {
        let (kind, second) = (name.namespace & ((1 << KIND_BITS) - 1), name.namespace >> KIND_BITS);
        match kind {
            KIND_FUNC => Some(Callee::Func(name.index)),
            KIND_INDIRECT => Some(Callee::Indirect { table: second, ty: name.index }),
            _ => {
                let builtin = *Builtin::ALL.get((kind - KIND_BUILTIN) as usize)?;
                Some(Callee::Builtin { builtin, immediates: [name.index, second] })
            }
        }
    }

    /// The callee behind a function reference of `func`.
    pub fn of(func: &Function, callee: FuncRef) -> Option<Callee> {
        match func.dfg.ext_funcs[callee].name {
            cranelift_codegen::ir::ExternalName::User(name) => Callee::decode(&func.params.user_named_funcs()[name]),
            _ => None,
        }
    }
}

macro_rules! builtins {
    ($($(#[$doc:meta])* $name:ident = $row:literal, $immediates:literal, [$($param:ident),*] -> [$($result:ident),*];)*) => {
        /// An operation that is one row of the instruction table, and an opaque call to the mid-end.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Builtin { $($(#[$doc])* $name,)* }

        impl Builtin {
            /// Every builtin, in the order of their numbers.
            pub const ALL: &'static [Builtin] = &[$(Builtin::$name,)*];

            /// The row of the instruction table that does it.
            pub const fn row(self) -> &'static str {
                match self { $(Builtin::$name => $row,)* }
            }

            /// How many of the row's immediates are in the callee's name: all but a `dst` window.
            pub const fn immediates(self) -> usize {
                match self { $(Builtin::$name => $immediates,)* }
            }

            /// Types of the arguments.
            pub const fn params(self) -> &'static [Type] {
                match self { $(Builtin::$name => &[$($param),*],)* }
            }

            /// Types of the results.
            pub const fn results(self) -> &'static [Type] {
                match self { $(Builtin::$name => &[$($result),*],)* }
            }
        }
    };
}

// Columns: row, number of immediates (in the row's order), parameters, results.
builtins! {
    /// Size of memory 0 in pages.
    MemorySize = "memory_size", 0, [] -> [I32];
    /// Grows memory 0: delta; the old size or -1.
    MemoryGrow = "memory_grow", 0, [I32] -> [I32];
    /// Destination, source, length.
    MemoryCopy = "memory_copy", 0, [I32, I32, I32] -> [];
    /// Destination, value, length.
    MemoryFill = "memory_fill", 0, [I32, I32, I32] -> [];
    /// Destination, source, length; immediate: segment.
    MemoryInit = "memory_init", 1, [I32, I32, I32] -> [];
    /// Immediate: segment.
    DataDrop = "data_drop", 1, [] -> [];
    /// Index; immediate: table.
    TableGet = "table_get", 1, [I32] -> [I64];
    /// Index, value; immediate: table.
    TableSet = "table_set", 1, [I32, I64] -> [];
    /// Immediate: table.
    TableSize = "table_size", 1, [] -> [I32];
    /// Initial value, delta; immediate: table; the old size or -1.
    TableGrow = "table_grow", 1, [I64, I32] -> [I32];
    /// Index, value, length; immediate: table.
    TableFill = "table_fill", 1, [I32, I64, I32] -> [];
    /// Destination, source, length; immediates: destination table, source table.
    TableCopy = "table_copy", 2, [I32, I32, I32] -> [];
    /// Destination, source, length; immediates: segment, table.
    TableInit = "table_init", 2, [I32, I32, I32] -> [];
    /// Immediate: segment.
    ElemDrop = "elem_drop", 1, [] -> [];
    /// Immediate: function index.
    RefFunc = "ref_func", 1, [] -> [I64];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decode_to_what_was_encoded() {
        let mut callees = vec![
            Callee::Func(0),
            Callee::Func(u32::MAX),
            Callee::Indirect { table: MAX_TABLE_INDEX, ty: 999_999 },
            Callee::Indirect { table: 0, ty: 0 },
        ];
        for &builtin in Builtin::ALL {
            callees.push(Callee::builtin(builtin, &[99_999, 77_777][..builtin.immediates()]));
        }
        for callee in callees {
            assert_eq!(Callee::decode(&callee.name()), Some(callee));
        }
    }

    #[test]
    fn foreign_names_do_not_decode() {
        assert_eq!(Callee::decode(&UserExternalName { namespace: 0xff, index: 0 }), None);
    }
}
