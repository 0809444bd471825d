//! From a module and its imports to an instance.

use crate::machine::funcs::FuncEntry;
use crate::machine::instance::Instance;
use crate::machine::store::{Extern, FuncId, GlobalId, InstanceId, MemoryId, Store, TableId};
use crate::module::{ConstOp, ExternType, MemoryType, Module, SegmentMode, TableType};
use crate::trap::Trap;
use crate::value::Ref;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Why a module could not be instantiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstantiateError {
    /// The number of imports given is not the number that the module declares.
    ImportCount {
        /// How many the module declares.
        expected: usize,
        /// How many were given.
        given: usize,
    },
    /// The import at `index` has another kind or type than the module declares.
    ImportMismatch {
        /// Its position among the module's imports.
        index: usize,
    },
    /// The host has no room for a memory or table.
    OutOfMemory,
    /// An active segment does not fit: what was written before it stays written.
    Trap(Trap),
}

impl fmt::Display for InstantiateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstantiateError::ImportCount { expected, given } => {
                write!(f, "the module has {expected} imports, {given} were given")
            }
            InstantiateError::ImportMismatch { index } => write!(f, "import {index} has an incompatible type"),
            InstantiateError::OutOfMemory => f.write_str("out of memory: no room for a memory or table of the module"),
            InstantiateError::Trap(trap) => write!(f, "{trap} while an active segment was applied"),
        }
    }
}

impl core::error::Error for InstantiateError {}

/// The imports by kind, in the order of their index spaces.
#[derive(Default)]
struct Imports {
    funcs: Vec<u32>,
    tables: Vec<TableId>,
    memories: Vec<MemoryId>,
    globals: Vec<GlobalId>,
}

impl Store {
    /// Makes an instance of `module`: its memories, tables and globals, then its active segments. It does not call the
    /// start function: see [`Store::start_func`].
    ///
    /// # Errors
    /// See [`InstantiateError`].
    pub fn instantiate(&mut self, module: Arc<Module>, imports: &[Extern]) -> Result<InstanceId, InstantiateError> {
        let imports = self.match_imports(&module, imports)?;
        self.machine.meet_new_code();
        let id = self.allocate(module, imports)?;
        self.apply_elements(id).and_then(|()| self.apply_data(id)).map_err(InstantiateError::Trap)?;
        Ok(id)
    }

    fn match_imports(&self, module: &Module, given: &[Extern]) -> Result<Imports, InstantiateError> {
        if given.len() != module.imports.len() {
            return Err(InstantiateError::ImportCount { expected: module.imports.len(), given: given.len() });
        }
        let mut imports = Imports::default();
        for (index, (import, given)) in module.imports.iter().zip(given).enumerate() {
            let matches = match (&import.ty, *given) {
                (ExternType::Func(ty), Extern::Func(func)) => {
                    imports.funcs.push(func.0);
                    self.func_type(func) == ty
                }
                (ExternType::Table(ty), Extern::Table(table)) => {
                    imports.tables.push(table);
                    table_matches(self.table_type(table), *ty)
                }
                (ExternType::Memory(ty), Extern::Memory(memory)) => {
                    imports.memories.push(memory);
                    memory_matches(self.memory_type(memory), *ty)
                }
                (ExternType::Global(ty), Extern::Global(global)) => {
                    imports.globals.push(global);
                    self.global_type(global) == *ty
                }
                _ => false,
            };
            if !matches {
                return Err(InstantiateError::ImportMismatch { index });
            }
        }
        Ok(imports)
    }

    /// Makes everything of the instance but the effects of its segments.
    fn allocate(&mut self, module: Arc<Module>, imports: Imports) -> Result<InstanceId, InstantiateError> {
        let mut memory_ids = imports.memories;
        for ty in &module.memories {
            memory_ids.push(self.alloc_memory(*ty).map_err(|_| InstantiateError::OutOfMemory)?);
        }
        let mut table_ids = imports.tables;
        for table in &module.tables {
            table_ids.push(self.alloc_table(table.ty, Ref::NULL).map_err(|_| InstantiateError::OutOfMemory)?);
        }
        let types: Box<[u32]> = module.types.iter().map(|ty| self.intern(ty)).collect();
        let memory = memory_ids.first().map_or(core::ptr::null_mut(), |id| self.memories.address(id.0 as usize));
        let id = InstanceId(self.instances.len() as u32);
        let address = self.instances.push(Instance {
            id,
            memory,
            globals: alloc::vec![0; module.globals.len()].into(),
            imported_globals: imports.globals.iter().map(|id| self.globals[id.0 as usize].cell).collect(),
            tables: table_ids.iter().map(|id| self.tables.address(id.0 as usize)).collect(),
            funcs: Box::default(),
            own_funcs: 0,
            elements: Box::default(),
            dropped_data: alloc::vec![false; module.data.len()].into(),
            memory_ids: memory_ids.into(),
            table_ids: table_ids.into(),
            global_ids: Box::default(),
            types,
            module: module.clone(),
        });
        self.allocate_funcs(&module, address, imports.funcs);
        self.allocate_globals(&module, address, imports.globals);
        self.initialise_tables(&module, address);
        let elements = module.elements.iter();
        let elements =
            elements.map(|segment| segment.items.iter().map(|item| Ref(self.evaluate(address, item))).collect());
        let elements = elements.collect();
        self.instances.get_mut(id.0 as usize).elements = elements;
        Ok(id)
    }

    fn allocate_funcs(&mut self, module: &Module, instance: *mut Instance, imported: Vec<u32>) {
        let mut funcs = imported;
        let own_funcs = (self.funcs.len() as u32).wrapping_sub(funcs.len() as u32);
        self.funcs.reserve(module.functions.len());
        for (defined, function) in module.functions.iter().enumerate() {
            let index = funcs.len() as u32;
            // SAFETY: the instance was made just now and lives as long as the store.
            let ty = unsafe { (&(*instance).types)[function.ty as usize] };
            // In the module's code, which the instance keeps alive.
            let (entry, frame_slots) = module.entry(defined);
            self.max_frame = self.max_frame.max(frame_slots);
            funcs.push(self.push_func(FuncEntry { ty, index, entry, instance }).0);
        }
        // SAFETY: as above, and no other reference to the instance exists.
        unsafe {
            (*instance).funcs = funcs.into();
            (*instance).own_funcs = own_funcs;
        }
    }

    fn allocate_globals(&mut self, module: &Module, instance: *mut Instance, imported: Vec<GlobalId>) {
        let mut ids = imported;
        for (index, global) in module.globals.iter().enumerate() {
            let bits = self.evaluate_with(instance, &ids, &global.init);
            // SAFETY: the instance lives as long as the store; the cell is one of its defined globals, which never move.
            let cell = unsafe {
                let cell = (&raw mut *(*instance).globals).cast::<u64>().add(index);
                *cell = bits;
                cell
            };
            ids.push(self.push_global(cell, global.ty));
        }
        // SAFETY: as above, and no other reference to the instance exists.
        unsafe { (*instance).global_ids = ids.into() };
    }

    fn initialise_tables(&mut self, module: &Module, instance: *mut Instance) {
        for (defined, table) in module.tables.iter().enumerate() {
            let Some(init) = &table.init else { continue };
            let value = Ref(self.evaluate(instance, init));
            // SAFETY: the instance lives as long as the store, and so do its tables.
            let table = unsafe { &mut *(&(*instance).tables)[module.imported_tables as usize + defined] };
            let size = table.size();
            table.fill(0, value, size).expect("the whole of a table is in bounds");
        }
    }

    /// The bits of a constant expression that may name any global of the instance.
    fn evaluate(&self, instance: *mut Instance, expr: &[ConstOp]) -> u64 {
        // SAFETY: instances live as long as the store.
        self.evaluate_with(instance, unsafe { &(*instance).global_ids }, expr)
    }

    /// The bits of a constant expression, given the globals that exist so far.
    fn evaluate_with(&self, instance: *mut Instance, globals: &[GlobalId], expr: &[ConstOp]) -> u64 {
        let mut stack: Vec<u64> = Vec::new();
        let binary = |stack: &mut Vec<u64>, compute: fn(u64, u64) -> u64| {
            let (b, a) = (stack.pop().unwrap_or(0), stack.pop().unwrap_or(0));
            stack.push(compute(a, b));
        };
        for op in expr {
            match *op {
                ConstOp::Bits(bits) => stack.push(bits),
                ConstOp::GlobalGet(index) => stack.push(self.global_get(globals[index as usize])),
                ConstOp::RefNull => stack.push(Ref::NULL.0),
                ConstOp::RefFunc(index) => {
                    // SAFETY: instances live as long as the store.
                    let func = unsafe { (&(*instance).funcs)[index as usize] };
                    stack.push(FuncId(func).to_ref().0)
                }
                ConstOp::I32Add => binary(&mut stack, |a, b| (a as u32).wrapping_add(b as u32) as u64),
                ConstOp::I32Sub => binary(&mut stack, |a, b| (a as u32).wrapping_sub(b as u32) as u64),
                ConstOp::I32Mul => binary(&mut stack, |a, b| (a as u32).wrapping_mul(b as u32) as u64),
                ConstOp::I64Add => binary(&mut stack, u64::wrapping_add),
                ConstOp::I64Sub => binary(&mut stack, u64::wrapping_sub),
                ConstOp::I64Mul => binary(&mut stack, u64::wrapping_mul),
            }
        }
        stack.pop().unwrap_or(0)
    }

    fn apply_elements(&mut self, id: InstanceId) -> Result<(), Trap> {
        let address = self.instances.address(id.0 as usize);
        let module = self.module(id).clone();
        for (index, segment) in module.elements.iter().enumerate() {
            if let SegmentMode::Active { index: table, offset } = &segment.mode {
                let offset = self.evaluate(address, offset) as u32;
                let instance = self.instances.get(id.0 as usize);
                // SAFETY: tables live as long as the store and are no part of the instance.
                let table = unsafe { &mut *instance.tables[*table as usize] };
                let items = &instance.elements[index];
                table.init(offset, items, 0, items.len() as u32)?;
            }
            if !matches!(segment.mode, SegmentMode::Passive) {
                self.instances.get_mut(id.0 as usize).elements[index] = Box::default();
            }
        }
        Ok(())
    }

    fn apply_data(&mut self, id: InstanceId) -> Result<(), Trap> {
        let address = self.instances.address(id.0 as usize);
        let module = self.module(id).clone();
        for (index, segment) in module.data.iter().enumerate() {
            let SegmentMode::Active { index: memory, offset } = &segment.mode else { continue };
            let offset = self.evaluate(address, offset) as u32 as usize;
            let memory = self.instances.get(id.0 as usize).memory_ids[*memory as usize];
            let end = offset.checked_add(segment.bytes.len()).ok_or(Trap::MemoryOutOfBounds)?;
            let target = self.memory_mut(memory).get_mut(offset..end).ok_or(Trap::MemoryOutOfBounds)?;
            target.copy_from_slice(&segment.bytes);
            self.instances.get_mut(id.0 as usize).dropped_data[index] = true;
        }
        Ok(())
    }
}

/// Whether limits `given` fit where `minimum` and `maximum` are asked for (specification, import matching).
fn limits_match(given: (u32, Option<u32>), minimum: u32, maximum: Option<u32>) -> bool {
    given.0 >= minimum && maximum.is_none_or(|wanted| given.1.is_some_and(|given| given <= wanted))
}

fn memory_matches(given: MemoryType, wanted: MemoryType) -> bool {
    limits_match((given.minimum, given.maximum), wanted.minimum, wanted.maximum)
}

fn table_matches(given: TableType, wanted: TableType) -> bool {
    given.element == wanted.element && limits_match((given.minimum, given.maximum), wanted.minimum, wanted.maximum)
}
