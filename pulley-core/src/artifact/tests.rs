//! Artifacts that come back as they were, and damaged ones, which are errors and nothing worse.

use super::write::seal;
use super::*;
use crate::isa::{Encoder, Opcode, Place, Row};
use crate::module::*;
use crate::source::{InlinedCall, Origins};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use std::panic;

fn code() -> (Vec<u8>, u32) {
    let mut encoder = Encoder::new();
    encoder.emit(Row::I32Add, &[Place::Slot(2), Place::Slot(0), Place::Slot(1)], &[]).unwrap();
    encoder.emit(Row::ReturnValue, &[Place::Slot(2)], &[]).unwrap();
    let size = encoder.bytes.len() as u32;
    encoder.emit(Row::Return, &[], &[]).unwrap();
    (encoder.bytes, size)
}

/// A module with one of everything.
fn module() -> Module {
    let (code, first) = code();
    let ty = FuncType { params: [ValType::I32, ValType::I32].into(), results: [ValType::I32].into() };
    let function = |ty, entry, end| Function {
        ty,
        entry,
        end,
        frame_slots: 3,
        wasm_offset: 77,
        origins: Origins {
            locations: Locations::new(&[(0, 80), (6, 82)]),
            inlined: [InlinedCall { callee: 2, body: 90, location: 82 }].into(),
        },
    };
    let active = || SegmentMode::Active { index: 0, offset: Box::new([ConstOp::Bits(8)]) };
    let import = |name: &str, ty| Import { module: "env".into(), name: name.into(), ty };
    let global = GlobalType { content: ValType::I64, mutable: true };
    let table = TableType { element: ValType::FuncRef, minimum: 1, maximum: Some(9) };
    let end = code.len() as u32;
    let parts = ModuleParts {
        name: Some("all".into()),
        types: vec![ty.clone(), FuncType::default()],
        imports: vec![import("f", ExternType::Func(ty)), import("g", ExternType::Global(global))],
        exports: vec![Export { name: "add".into(), kind: ExternKind::Func, index: 1 }],
        func_types: vec![0, 0, 1],
        imported_funcs: 1,
        imported_globals: 1,
        functions: vec![function(0, 0, first), function(1, first, end)],
        tables: vec![TableDef { ty: table, init: Some([ConstOp::RefFunc(1)].into()) }],
        memories: vec![MemoryType { minimum: 1, maximum: None }],
        globals: vec![GlobalDef {
            ty: global,
            init: [ConstOp::GlobalGet(0), ConstOp::Bits(1), ConstOp::I64Add].into(),
        }],
        elements: vec![ElementSegment {
            mode: active(),
            element: ValType::FuncRef,
            items: [[ConstOp::RefNull].into()].into(),
        }],
        data: vec![
            DataSegment { mode: active(), bytes: b"data".to_vec().into() },
            DataSegment { mode: SegmentMode::Passive, bytes: b"more".to_vec().into() },
        ],
        start: Some(2),
        func_names: ["", "add", "start"].into_iter().collect(),
        code: code.into(),
        ..ModuleParts::default()
    };
    // SAFETY: nothing of it is executed.
    unsafe { Module::new_unchecked(parts, true) }
}

fn error(bytes: Vec<u8>) -> ArtifactError {
    read(&bytes.into(), None).unwrap_err()
}

#[test]
fn what_is_written_is_read() {
    let module = module();
    let bytes = write(&module, None);
    let parts = read(&bytes.clone().into(), None).unwrap();
    assert_eq!((parts.imported_funcs, parts.imported_globals, parts.func_name(1)), (1, 1, Some("add")));
    assert_eq!((parts.functions[1].origins.locations.at(7), &*parts.data[1].bytes), (Some(82), &b"more"[..]));
    // Pairs are left out: they are of this build.
    assert_eq!(*parts.code, code().0);
    // SAFETY: nothing of it is executed.
    let again = unsafe { Module::new_unchecked(parts, true) };
    assert_eq!(*again.code, *module.code);
    assert_eq!(write(&again, None), bytes);
    // All that differs would show here, but for bytes.
    let [left, right] = [&module, &again].map(|module| format!("{module:?}"));
    assert_eq!(left, right);
}

#[test]
fn parts_of_a_file_need_not_be_stored() {
    let mut parts = read(&write(&module(), None).into(), None).unwrap();
    let file = Bytes::from(b"a file with data in it".to_vec());
    parts.data[0].bytes = file.slice(12..16).unwrap();
    // SAFETY: nothing of it is executed.
    let module = unsafe { Module::new_unchecked(parts, false) };
    let bytes = write(&module, Some(&file));
    let read_back = read(&bytes.clone().into(), Some(&file)).unwrap();
    assert_eq!(&*read_back.data[0].bytes, b"data");
    assert!(error(bytes).to_string().contains("of a file that is not here"));
}

#[test]
fn another_version_says_so() {
    let bytes = write(&module(), None);
    let changed = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x10;
        error(bytes)
    };
    assert_eq!(changed(0).kind, ArtifactErrorKind::Magic);
    assert_eq!((changed(8).kind, changed(8).offset), (ArtifactErrorKind::Version(0x11), 8));
    assert!(matches!(changed(17).kind, ArtifactErrorKind::Fingerprint(_)));
    assert!(changed(17).to_string().contains("compile it again"), "{}", changed(17));
    assert_eq!(changed(bytes.len() - 1).kind, ArtifactErrorKind::Checksum);
}

/// Cut off at every length; with and without a checksum that fits.
#[test]
fn cut_off_anywhere() {
    let whole = write(&module(), None);
    for length in 0..whole.len() {
        let mut bytes = whole[..length].to_vec();
        error(bytes.clone());
        if length >= HEADER {
            seal(&mut bytes);
            let error = error(bytes);
            assert!(matches!(error.kind, ArtifactErrorKind::Malformed(_)), "{length}: {error}");
            assert!(error.offset <= length, "{length}: {error}");
        }
    }
}

/// Every byte changed in several ways, under a checksum that fits: an error or another module, never a panic.
#[test]
fn changed_anywhere() {
    let whole = write(&module(), None);
    let (mut errors, mut others) = (0, 0);
    for at in 0..whole.len() {
        for change in [0x01, 0x02, 0x7f, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            seal(&mut bytes);
            let read = panic::catch_unwind(|| match read(&bytes.into(), None) {
                Ok(parts) => {
                    // What reads it without running it.
                    parts.functions.iter().for_each(|function| _ = function.origins.sources_at(0, 5).count());
                    (0..4).for_each(|index| _ = parts.func_name(index));
                    true
                }
                Err(error) => error.to_string().is_empty(),
            });
            *if read.unwrap_or_else(|_| panic!("byte {at} ^ {change:#x}")) { &mut others } else { &mut errors } += 1;
        }
    }
    assert!(errors > 0 && others > 0, "{errors} errors, {others} other modules");
}

/// Exactly where the build leaves floats out.
#[test]
fn floats_are_refused_where_there_are_none() {
    let mut encoder = Encoder::new();
    encoder.emit(Row::Nop, &[], &[]).unwrap();
    let at = encoder.emit(Row::F64Add, &[Place::Slot(2), Place::Slot(0), Place::Slot(1)], &[]).unwrap();
    let found = crate::pairs::left_out(&encoder.bytes);
    assert_eq!(found, if cfg!(any(feature = "floats", not(feature = "interpreter"))) { None } else { Some(at) });
    assert_eq!(crate::pairs::left_out(&code().0), None);
}

/// The machine's own code is what the encoder would have made of it.
#[test]
fn opcodes_without_operands() {
    for (row, opcode) in
        [(Row::Done, Opcode::Done), (Row::CrossReturn, Opcode::CrossReturn), (Row::Return, Opcode::Return)]
    {
        let mut encoder = Encoder::new();
        encoder.emit(row, &[], &[]).unwrap();
        assert_eq!(encoder.bytes, (opcode as u16).to_le_bytes());
    }
    let mut encoder = Encoder::new();
    encoder.emit(Row::Compile, &[], &[0x0102_0304]).unwrap();
    assert_eq!(encoder.bytes[..2], (Opcode::Compile as u16).to_le_bytes());
    assert_eq!(encoder.bytes[2..], [4, 3, 2, 1]);
}
