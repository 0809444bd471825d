//! Pulley's side.

use pulley::{
    AsContextMut, Extern, ExternType, Func, Global, Instance, Memory, Module, Ref, RefType, Store, Table, Trap, Val,
    ValType, WasmBacktrace,
};

use crate::{Digest, Observation, Outcome};

fn bits(val: &Val) -> u64 {
    match val {
        Val::I32(value) => *value as u32 as u64,
        Val::I64(value) => *value as u64,
        Val::F32(bits) => *bits as u64,
        Val::F64(bits) => *bits,
        Val::FuncRef(func) => func.is_some() as u64,
        Val::ExternRef(value) => value.is_some() as u64,
    }
}

fn val(ty: &ValType, bits: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32(bits as i32),
        ValType::I64 => Val::I64(bits as i64),
        ValType::F32 => Val::F32(bits as u32),
        ValType::F64 => Val::F64(bits),
        ValType::Ref(ty) => Val::null_ref(ty.heap_type()),
    }
}

fn null(ty: &RefType) -> Ref {
    Ref::null(ty.heap_type())
}

/// What is imported: functions that return fixed values, and memories, tables and globals of fixed content.
fn import(store: &mut Store<Digest>, ty: ExternType) -> Extern {
    match ty {
        ExternType::Func(ty) => {
            let values: Vec<Val> = ty.results().map(|ty| val(&ty, 7)).collect();
            Func::new(store, ty, move |mut caller, params, results| {
                params.iter().for_each(|param| caller.data_mut().add(bits(param)));
                results.copy_from_slice(&values);
                Ok(())
            })
            .into()
        }
        ExternType::Global(ty) => {
            let value = val(&ty.content(), 5);
            Global::new(store, ty, value).unwrap().into()
        }
        ExternType::Table(ty) => {
            let init = null(&ty.element());
            Table::new(store, ty, init).unwrap().into()
        }
        ExternType::Memory(ty) => Memory::new(store, ty).unwrap().into(),
    }
}

/// The words of `wasmi` for our traps; `None` if resources ran out.
fn class(error: &pulley::Error) -> Option<&'static str> {
    Some(match error.trap().unwrap_or_else(|| panic!("no trap: {error:#}")) {
        Trap::StackOverflow => return None,
        Trap::UndefinedElement => Trap::TableOutOfBounds.message(),
        trap => trap.message(),
    })
}

/// What a call does, and the function and wasm offset of each frame if it trapped.
pub fn observe(module: &Module, name: &str, args: &[u64]) -> (Observation, Vec<Frame>) {
    let mut store = Store::new(module.engine(), Digest::new());
    let imports: Vec<Extern> = module.imports().map(|item| import(&mut store, item.ty())).collect();
    let instance = match Instance::new(&mut store, module, &imports) {
        Ok(instance) => instance,
        Err(error) => {
            let outcome = class(&error).map_or(Outcome::Poisoned, Outcome::NoInstance);
            return (Observation { outcome, state: store.data().0 }, frames(&error));
        }
    };
    let func = instance.get_func(&store, name).unwrap();
    let ty = func.ty(&store);
    let args: Vec<Val> = ty.params().zip(args).map(|(ty, bits)| val(&ty, *bits)).collect();
    let mut results = vec![Val::I32(0); ty.results().len()];
    let (outcome, frames) = match func.call(&mut store, &args, &mut results) {
        Ok(()) => (Outcome::Returned(results.iter().map(bits).collect()), Vec::new()),
        Err(error) => (class(&error).map_or(Outcome::Poisoned, Outcome::Trapped), frames(&error)),
    };
    let state = digest(&mut store, instance);
    (Observation { outcome, state }, frames)
}

/// Function and wasm offset.
pub type Frame = (u32, Option<usize>);

fn frames(error: &pulley::Error) -> Vec<Frame> {
    let backtrace = error.downcast_ref::<WasmBacktrace>();
    let frames = backtrace.map_or(&[][..], |backtrace| backtrace.frames());
    frames.iter().map(|frame| (frame.func_index(), frame.module_offset())).collect()
}

fn digest(store: &mut Store<Digest>, instance: Instance) -> u64 {
    let mut digest = *store.data();
    let mut exports: Vec<_> =
        instance.exports(&*store).map(|export| (export.name().to_string(), export.into_extern())).collect();
    exports.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (_, export) in exports {
        match export {
            Extern::Func(_) => {}
            Extern::Global(global) => digest.add(bits(&global.get(store.as_context_mut()))),
            Extern::Memory(memory) => digest.add_bytes(memory.data(&*store)),
            Extern::Table(table) => {
                for index in 0..table.size(&*store) {
                    digest.add(!table.get(&*store, index).unwrap().is_null() as u64);
                }
            }
        }
    }
    digest.0
}
