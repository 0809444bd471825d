//! What an artifact holds, field by field: said once, for writing and for reading.

use super::read::{Reader, Result};
use super::write::Writer;
use crate::leb;
use crate::module::{
    Bytes, ConstOp, DataSegment, ElementSegment, Export, ExternKind, ExternType, FuncType, GlobalDef, GlobalType,
    Import, MemoryType, SegmentMode, TableDef, TableType, ValType,
};
use crate::source::InlinedCall;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Something that can be written to an artifact and read from one.
pub(super) trait Stored: Sized {
    /// Appends it.
    fn write(&self, to: &mut Writer<'_>);
    /// Reads it.
    fn read(from: &mut Reader<'_>) -> Result<Self>;
}

/// A struct is its fields in order; an enum is the number of a variant, then its fields.
macro_rules! stored {
    (struct $name:ident { $($field:ident),* }) => {
        impl Stored for $name {
            fn write(&self, to: &mut Writer<'_>) {
                $(self.$field.write(to);)*
            }
            fn read(from: &mut Reader<'_>) -> Result<Self> {
                Ok($name { $($field: Stored::read(from)?),* })
            }
        }
    };
    (enum $name:ident { $($number:literal = $variant:ident $(($value:ident))? $({ $($field:ident),* })?),* }) => {
        impl Stored for $name {
            fn write(&self, to: &mut Writer<'_>) {
                match self {
                    $($name::$variant $(($value))? $({ $($field),* })? => {
                        to.bytes.push($number);
                        $($value.write(to);)?
                        $($($field.write(to);)*)?
                    })*
                }
            }
            fn read(from: &mut Reader<'_>) -> Result<Self> {
                let at = from.at();
                Ok(match from.byte()? {
                    $($number => $name::$variant
                        $(({ let $value = Stored::read(from)?; $value }))?
                        $({ $($field: Stored::read(from)?),* })?,)*
                    number => {
                        let known: &[u8] = &[$($number),*];
                        let message = format!("{number} in place of a {}, of which there are {known:?}", stringify!($name));
                        return Err(from.malformed(at, message));
                    }
                })
            }
        }
    };
}

stored!(enum ValType { 0 = I32, 1 = I64, 2 = F32, 3 = F64, 4 = FuncRef, 5 = ExternRef });
stored!(struct FuncType { params, results });
stored!(struct MemoryType { minimum, maximum });
stored!(struct TableType { element, minimum, maximum });
stored!(struct GlobalType { content, mutable });
stored!(enum ExternType { 0 = Func(ty), 1 = Table(ty), 2 = Memory(ty), 3 = Global(ty) });
stored!(enum ExternKind { 0 = Func, 1 = Table, 2 = Memory, 3 = Global });
stored!(struct Import { module, name, ty });
stored!(struct Export { name, kind, index });
stored!(enum ConstOp {
    0 = Bits(bits), 1 = GlobalGet(index), 2 = RefNull, 3 = RefFunc(index), 4 = I32Add, 5 = I32Sub, 6 = I32Mul, 7 = I64Add,
    8 = I64Sub, 9 = I64Mul
});
stored!(struct GlobalDef { ty, init });
stored!(struct TableDef { ty, init });
stored!(enum SegmentMode { 0 = Passive, 1 = Active { index, offset }, 2 = Declared });
stored!(struct ElementSegment { mode, element, items });
stored!(struct DataSegment { mode, bytes });

/// What is stored of a defined function; its type and index follow from the functions section. Code and locations lie in
/// sections of their own, one function behind the other.
pub(super) struct FrameRecord {
    pub(super) size: u32,
    pub(super) frame_slots: u32,
    pub(super) wasm_offset: u32,
    pub(super) locations: u32,
    pub(super) inlined: Box<[InlinedCall]>,
}

stored!(struct InlinedCall { callee, body, location });

stored!(struct FrameRecord { size, frame_slots, wasm_offset, locations, inlined });

impl Stored for u32 {
    fn write(&self, to: &mut Writer<'_>) {
        leb::write(&mut to.bytes, *self);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self> {
        from.number()
    }
}

impl Stored for u64 {
    fn write(&self, to: &mut Writer<'_>) {
        to.bytes.extend_from_slice(&self.to_le_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(from.take(8)?);
        Ok(u64::from_le_bytes(bytes))
    }
}

impl Stored for bool {
    fn write(&self, to: &mut Writer<'_>) {
        to.bytes.push(u8::from(*self));
    }

    fn read(from: &mut Reader<'_>) -> Result<Self> {
        let at = from.at();
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(from.malformed(at, format!("{other} in place of 0 (no) or 1 (yes)"))),
        }
    }
}

impl Stored for String {
    fn write(&self, to: &mut Writer<'_>) {
        (self.len() as u32).write(to);
        to.bytes.extend_from_slice(self.as_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self> {
        let at = from.at();
        let size = from.number()?;
        let bytes = from.take(size as usize)?;
        let text = core::str::from_utf8(bytes).map_err(|_| from.malformed(at, "a name that is not UTF-8".into()))?;
        Ok(text.into())
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write(&self, to: &mut Writer<'_>) {
        self.is_some().write(to);
        if let Some(value) = self {
            value.write(to);
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self> {
        Ok(if bool::read(from)? { Some(T::read(from)?) } else { None })
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn write(&self, to: &mut Writer<'_>) {
        write_all(self, to);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self> {
        let at = from.at();
        let count = from.number()? as usize;
        // Each takes a byte at least, so that no number in a file can ask for more memory than the file has bytes.
        if count > from.left() {
            return Err(from.malformed(at, format!("{count} items in {} bytes", from.left())));
        }
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(T::read(from)?);
        }
        Ok(items)
    }
}

/// Writes items behind their number.
pub(super) fn write_all<T: Stored>(items: &[T], to: &mut Writer<'_>) {
    (items.len() as u32).write(to);
    items.iter().for_each(|item| item.write(to));
}

impl<T: Stored> Stored for Box<[T]> {
    fn write(&self, to: &mut Writer<'_>) {
        write_all(self, to);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self> {
        Ok(Vec::read(from)?.into())
    }
}

/// Bytes are stored here, or by where they are in a file that whoever reads this has as well.
impl Stored for Bytes {
    fn write(&self, to: &mut Writer<'_>) {
        let outside = to.outside.and_then(|outside| self.position_in(outside)).filter(|_| !self.is_empty());
        outside.is_some().write(to);
        if let Some(at) = outside {
            (at as u32).write(to);
        }
        (self.len() as u32).write(to);
        if outside.is_none() {
            to.bytes.extend_from_slice(self);
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self> {
        let at = from.at();
        if !bool::read(from)? {
            let size = from.number()?;
            return from.part(size as usize);
        }
        let (start, size) = (from.number()? as usize, from.number()? as usize);
        let part = from.outside.and_then(|outside| outside.slice(start..start.checked_add(size)?));
        part.ok_or_else(|| from.malformed(at, format!("{size} bytes at {start} of a file that is not here")))
    }
}
