//! wasmi's side: the same observations.

use wasmi::{
    Config, Engine, Error, Extern, ExternType, F32, F64, Func, Global, Instance, Memory, Module, Nullable, Ref, Store,
    Table, TrapCode, Val, ValType,
};

use crate::{Digest, Observation, Outcome};

pub fn engine() -> Engine {
    let mut config = Config::default();
    config.set_max_recursion_depth(100_000).set_max_stack_height(64 << 20);
    Engine::new(&config)
}

fn bits(val: &Val) -> u64 {
    match val {
        Val::I32(value) => *value as u32 as u64,
        Val::I64(value) => *value as u64,
        Val::F32(value) => value.to_bits() as u64,
        Val::F64(value) => value.to_bits(),
        Val::FuncRef(func) => !func.is_null() as u64,
        Val::ExternRef(value) => !value.is_null() as u64,
        Val::V128(_) => unreachable!("the modules have no vectors"),
    }
}

fn val(ty: ValType, bits: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32(bits as i32),
        ValType::I64 => Val::I64(bits as i64),
        ValType::F32 => Val::F32(F32::from_bits(bits as u32)),
        ValType::F64 => Val::F64(F64::from_bits(bits)),
        ValType::FuncRef => Val::FuncRef(Nullable::Null),
        ValType::ExternRef => Val::ExternRef(Nullable::Null),
        ValType::V128 => unreachable!("the modules have no vectors"),
    }
}

fn import(store: &mut Store<Digest>, ty: &ExternType) -> Extern {
    match ty {
        ExternType::Func(ty) => {
            let values: Vec<Val> = ty.results().iter().map(|ty| val(*ty, 7)).collect();
            let call = move |mut caller: wasmi::Caller<'_, Digest>, params: &[Val], results: &mut [Val]| {
                params.iter().for_each(|param| caller.data_mut().add(bits(param)));
                results.clone_from_slice(&values);
                Ok(())
            };
            Func::new(store, ty.clone(), call).into()
        }
        ExternType::Global(ty) => {
            let value = val(ty.content(), 5);
            Global::new(store, value, ty.mutability()).into()
        }
        ExternType::Table(ty) => Table::new(store, *ty, Ref::null(ty.element())).unwrap().into(),
        ExternType::Memory(ty) => Memory::new(store, *ty).unwrap().into(),
    }
}

/// Pulley's words for wasmi's traps; `None` if resources ran out.
fn class(error: &Error) -> Option<&'static str> {
    use pulley::Trap;
    let Some(code) = error.as_trap_code() else { return Some(instantiation_class(error)) };
    let trap = match code {
        TrapCode::UnreachableCodeReached => Trap::Unreachable,
        TrapCode::MemoryOutOfBounds => Trap::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds => Trap::TableOutOfBounds,
        TrapCode::IndirectCallToNull => Trap::UninitializedElement,
        TrapCode::BadSignature => Trap::IndirectCallTypeMismatch,
        TrapCode::IntegerDivisionByZero => Trap::IntegerDivisionByZero,
        TrapCode::IntegerOverflow => Trap::IntegerOverflow,
        TrapCode::BadConversionToInteger => Trap::BadConversionToInteger,
        TrapCode::StackOverflow
        | TrapCode::OutOfFuel
        | TrapCode::GrowthOperationLimited
        | TrapCode::OutOfSystemMemory => return None,
    };
    Some(trap.message())
}

/// wasmi reports segments that do not fit as errors of their own.
fn instantiation_class(error: &Error) -> &'static str {
    use pulley::Trap;
    let text = error.to_string();
    if text.contains("memory") || text.contains("data segment") {
        Trap::MemoryOutOfBounds.message()
    } else if text.contains("table") || text.contains("element") {
        Trap::TableOutOfBounds.message()
    } else {
        panic!("an unknown error of wasmi's: {error:?}")
    }
}

pub fn observe(module: &Module, name: &str, args: &[u64]) -> Observation {
    let mut store = Store::new(module.engine(), Digest::new());
    let imports: Vec<Extern> = module.imports().map(|item| import(&mut store, item.ty())).collect();
    let instance = match Instance::new(&mut store, module, &imports) {
        Ok(instance) => instance,
        Err(error) => {
            let outcome = class(&error).map_or(Outcome::Poisoned, Outcome::NoInstance);
            return Observation { outcome, state: store.data().0 };
        }
    };
    let func = instance.get_func(&store, name).unwrap();
    let ty = func.ty(&store);
    let args: Vec<Val> = ty.params().iter().zip(args).map(|(ty, bits)| val(*ty, *bits)).collect();
    let mut results = vec![Val::I32(0); ty.results().len()];
    let outcome = match func.call(&mut store, &args, &mut results) {
        Ok(()) => Outcome::Returned(results.iter().map(bits).collect()),
        Err(error) => class(&error).map_or(Outcome::Poisoned, Outcome::Trapped),
    };
    let state = digest(&store, module, instance);
    Observation { outcome, state }
}

/// By the names of the exports: their order here is not the module's.
fn digest(store: &Store<Digest>, module: &Module, instance: Instance) -> u64 {
    let mut digest = *store.data();
    let mut names: Vec<&str> = module.exports().map(|export| export.name()).collect();
    names.sort();
    for name in names {
        match instance.get_export(store, name).unwrap() {
            Extern::Func(_) => {}
            Extern::Global(global) => digest.add(bits(&global.get(store))),
            Extern::Memory(memory) => digest.add_bytes(memory.data(store)),
            Extern::Table(table) => {
                for index in 0..table.size(store) {
                    digest.add(!table.get(store, index).unwrap().is_null() as u64);
                }
            }
        }
    }
    digest.0
}
