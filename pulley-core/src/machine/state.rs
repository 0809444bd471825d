//! The part of the machine's state that is not worth a register.

use crate::imm::{FuncIndex, GlobalIndex, SegmentIndex, TableIndex, TypeIndex, Window};
use crate::isa::Words;
use crate::machine::funcs::FuncEntry;
#[cfg(pulley_sibling)]
use crate::machine::host_stack::HostStack;
use crate::machine::instance::Instance;
use crate::machine::memory::PAGE;
use crate::machine::table::Table;
use crate::machine::{Code, Frame, Memory0};
use crate::trap::Trap;
use crate::value::Ref;

/// What an instruction asked for when it left the loop with an exit that needs details.
#[derive(Clone, Copy, Default)]
pub(crate) struct Request {
    /// The function to call, by its number in the store.
    pub(crate) func: u32,
    /// Where the callee's frame starts, or the slot for the result of a growth.
    pub(crate) window: u16,
    /// How much to grow by.
    pub(crate) delta: u32,
    /// The table to grow.
    pub(crate) table: u32,
    /// What new elements hold.
    pub(crate) init: Ref,
}

/// The machine's state that handlers reach through one register.
///
/// While a dispatch loop runs, every pointer in here is valid: the driver sets them when it enters the loop, and what
/// they point to lives as long as the store.
pub struct Machine {
    /// The current instance's defined globals.
    pub(crate) globals: *mut u64,
    /// The highest address at which a frame may start: above it there is room for the largest frame of any module.
    pub(crate) limit: Frame,
    /// The current instance.
    pub(crate) instance: *mut Instance,
    /// The store's functions.
    pub(crate) funcs: *const FuncEntry,
    /// The same, so that the functions which the current instance's module defines are at their index there.
    pub(crate) own_funcs: *const FuncEntry,
    /// The elements of the current instance's first table, if it has one. A table grows outside of the loop only.
    pub(crate) elements: *const Ref,
    /// How many there are.
    pub(crate) elements_len: usize,
    /// Program counter at the last exit.
    pub(crate) pc: Code,
    /// Frame at the last exit.
    pub(crate) fp: Frame,
    pub(crate) request: Request,
    /// The store's profile, while the profiling loop runs.
    #[cfg(feature = "profile")]
    pub(crate) profile: *mut crate::machine::Profile,
    #[cfg(pulley_sibling)]
    pub(crate) host_stack: HostStack,
    /// The registers that outlive an exit, and those that the tier has no machine register for.
    pub(crate) words: Words,
}

// What the rows need. All of it relies on the verifier's clauses that indices in bytecode are in range for its module,
// and on instantiation having made the instance's lists as long as the module says.
impl Machine {
    /// A machine that never ran.
    pub(crate) const fn new() -> Machine {
        let nowhere = Frame::new(core::ptr::null_mut());
        Machine {
            globals: core::ptr::null_mut(),
            limit: nowhere,
            instance: core::ptr::null_mut(),
            funcs: core::ptr::null(),
            own_funcs: core::ptr::null(),
            elements: core::ptr::null(),
            elements_len: 0,
            pc: Code::new(core::ptr::null()),
            fp: nowhere,
            request: Request { func: 0, window: 0, delta: 0, table: 0, init: Ref::NULL },
            #[cfg(feature = "profile")]
            profile: core::ptr::null_mut(),
            #[cfg(pulley_sibling)]
            host_stack: HostStack::UNKNOWN,
            words: Words::ZERO,
        }
    }

    /// Keeps the registers that outlive an exit.
    #[inline(always)]
    pub(crate) fn save(&mut self, pc: Code, fp: Frame) {
        self.pc = pc;
        self.fp = fp;
    }

    /// There is new code, which may use handlers that none did before.
    pub(crate) fn meet_new_code(&mut self) {
        #[cfg(pulley_sibling)]
        {
            self.host_stack.stretch = 0;
        }
    }

    /// Notes where the host's stack is when the loop is left.
    #[cfg(pulley_sibling)]
    #[inline(always)]
    pub(crate) fn note_stack(&mut self, address: usize) {
        self.host_stack.at_exit = address;
    }

    #[inline(always)]
    pub(crate) fn instance(&self) -> &Instance {
        // SAFETY: the type's invariant.
        unsafe { &*self.instance }
    }

    #[inline(always)]
    fn instance_mut(&mut self) -> &mut Instance {
        // SAFETY: the type's invariant; nobody else holds a reference while a loop runs.
        unsafe { &mut *self.instance }
    }

    #[inline(always)]
    fn table(&mut self, table: TableIndex) -> &mut Table {
        // SAFETY: the type's invariant, and the verifier checked the index.
        unsafe { &mut **self.instance().tables.get_unchecked(table.0 as usize) }
    }

    #[inline(always)]
    fn global(&self, index: GlobalIndex) -> *mut u64 {
        // SAFETY: the verifier checked the index against the module's defined globals.
        unsafe { self.globals.add(index.0 as usize) }
    }

    #[inline(always)]
    fn imported_global(&self, index: GlobalIndex) -> *mut u64 {
        // SAFETY: the verifier checked the index against the module's imported globals.
        unsafe { *self.instance().imported_globals.get_unchecked(index.0 as usize) }
    }

    #[inline(always)]
    pub(crate) fn global_get(&self, index: GlobalIndex) -> u64 {
        // SAFETY: the address of a global of the current instance.
        unsafe { *self.global(index) }
    }

    #[inline(always)]
    pub(crate) fn global_set(&mut self, index: GlobalIndex, bits: u64) {
        // SAFETY: the address of a global of the current instance.
        unsafe { *self.global(index) = bits }
    }

    #[inline(always)]
    pub(crate) fn imported_global_get(&self, index: GlobalIndex) -> u64 {
        // SAFETY: the address of a global of the store.
        unsafe { *self.imported_global(index) }
    }

    #[inline(always)]
    pub(crate) fn imported_global_set(&mut self, index: GlobalIndex, bits: u64) {
        // SAFETY: the address of a global of the store.
        unsafe { *self.imported_global(index) = bits }
    }

    /// The number in the store of function `index` of the current instance.
    #[inline(always)]
    pub(crate) fn func(&self, index: FuncIndex) -> u32 {
        // SAFETY: the verifier checked the index.
        unsafe { *self.instance().funcs.get_unchecked(index.0 as usize) }
    }

    /// Where function `index` starts, which the current instance's module defines.
    #[inline(always)]
    pub(crate) fn listed(&self, index: FuncIndex) -> Code {
        // SAFETY: the verifier checked the index: the entry is that of a function of the store.
        Code::new(unsafe { (*self.own_funcs.wrapping_add(index.0 as usize)).entry })
    }

    /// The function that an indirect call means, with its number in the store.
    #[inline(always)]
    pub(crate) fn callee(&mut self, index: u32, table: TableIndex, ty: TypeIndex) -> Result<(u32, FuncEntry), Trap> {
        let callee = self.element(index, table).ok_or(Trap::UndefinedElement)?;
        let number = callee.index().ok_or(Trap::UninitializedElement)?;
        // SAFETY: references in tables come from `ref.func`, element segments or the store's API, which checks them:
        // they are numbers of functions of this store.
        let entry = unsafe { *self.funcs.add(number as usize) };
        // SAFETY: the verifier checked the type index.
        let expected = unsafe { *self.instance().types.get_unchecked(ty.0 as usize) };
        if entry.ty != expected {
            return Err(Trap::IndirectCallTypeMismatch);
        }
        Ok((number, entry))
    }

    /// What `table` holds at `index`. Most programs have one table: it is two loads away instead of five, each of which waits
    /// for the one before.
    #[inline(always)]
    fn element(&mut self, index: u32, table: TableIndex) -> Option<Ref> {
        if table.0 != 0 {
            return self.table(table).get(index);
        }
        // SAFETY: the type's invariant: there are so many elements.
        ((index as usize) < self.elements_len).then(|| unsafe { *self.elements.add(index as usize) })
    }

    /// Asks the driver to call `func` with its frame at `window`.
    #[inline(always)]
    pub(crate) fn request_call(&mut self, func: u32, window: Window) {
        self.request.func = func;
        self.request.window = window.0;
    }

    pub(crate) fn table_get(&mut self, index: u32, table: TableIndex) -> Result<Ref, Trap> {
        self.table(table).get(index).ok_or(Trap::TableOutOfBounds)
    }

    pub(crate) fn table_set(&mut self, index: u32, value: Ref, table: TableIndex) -> Result<(), Trap> {
        self.table(table).set(index, value)
    }

    pub(crate) fn table_size(&mut self, table: TableIndex) -> u32 {
        self.table(table).size()
    }

    pub(crate) fn table_fill(&mut self, index: u32, value: Ref, len: u32, table: TableIndex) -> Result<(), Trap> {
        self.table(table).fill(index, value, len)
    }

    pub(crate) fn table_copy(
        &mut self,
        to: u32,
        from: u32,
        len: u32,
        dst: TableIndex,
        src: TableIndex,
    ) -> Result<(), Trap> {
        let (dst, src) = (&raw mut *self.table(dst), &raw mut *self.table(src));
        // Two indices may name one table, imported twice.
        if core::ptr::eq(dst, src) {
            // SAFETY: a table of the current instance, exclusively ours while the loop runs.
            return unsafe { (*dst).copy_within(to, from, len) };
        }
        // SAFETY: as above, and the two are different tables.
        unsafe { (*dst).init(to, (*src).elements(), from, len) }
    }

    pub(crate) fn table_init(
        &mut self,
        to: u32,
        from: u32,
        len: u32,
        segment: SegmentIndex,
        table: TableIndex,
    ) -> Result<(), Trap> {
        let table = &raw mut *self.table(table);
        let elements = &self.instance().elements[segment.0 as usize];
        // SAFETY: a table is no part of the instance that the elements are borrowed from.
        unsafe { (*table).init(to, elements, from, len) }
    }

    pub(crate) fn elem_drop(&mut self, segment: SegmentIndex) {
        self.instance_mut().elements[segment.0 as usize] = Default::default();
    }

    pub(crate) fn memory_pages(memory: &Memory0) -> u32 {
        (memory.length / PAGE) as u32
    }

    pub(crate) fn memory_init(
        &mut self,
        memory: &Memory0,
        to: u32,
        from: u32,
        len: u32,
        segment: SegmentIndex,
    ) -> Result<(), Trap> {
        let data = self.instance().data(segment.0 as usize);
        let (to, from, len) = (to as u64, from as u64, len as u64);
        if from + len > data.len() as u64 || to + len > memory.length as u64 {
            return Err(Trap::MemoryOutOfBounds);
        }
        // SAFETY: both ranges were checked just now; a module's data is no part of a memory.
        unsafe {
            memory.base.add(to as usize).copy_from_nonoverlapping(data.as_ptr().add(from as usize), len as usize)
        };
        Ok(())
    }

    pub(crate) fn data_drop(&mut self, segment: SegmentIndex) {
        self.instance_mut().dropped_data[segment.0 as usize] = true;
    }
}
