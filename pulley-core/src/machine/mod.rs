//! What the instructions work on: the machine's registers and stack, and the store of memories, tables, globals,
//! functions and instances. The dispatch loops themselves are in `run`.
//!
//! | file | what |
//! |---|---|
//! | `code`, `frame`, `memory0` | the registers that handlers carry: program counter, frame pointer, memory 0 |
//! | `budget` | the register that counts ticks down |
//! | `flow` | how control leaves an instruction and a loop |
//! | `host_stack` | what the sibling tier knows of the host's stack |
//! | `state` | [`Machine`]: what the registers do not hold, at a fixed address |
//! | `memory`, `table`, `instance`, `funcs` | the things of the store |
//! | `store`, `instantiate` | [`Store`]: owns them, makes them |
//! | `drive`, `cross`, `backtrace` | running: activations, exits, calls between instances, stack walks |
//! | `fuel`, `growth` | polls; what code asks to grow: where the embedder has a say |
//! | `stack`, `suspend`, `pool` | stacks; calls that leave the store while they wait; what stores leave for others |
//! | `lazy` | functions that get their code when they are called first |
//! | `profile` | counts and times of instructions (feature `profile`) |

// Without the dispatch loops (as a compiler links this crate) the rows are there, but nothing runs them.
#![cfg_attr(not(feature = "interpreter"), allow(dead_code))]

mod arena;
mod budget;
mod code;
#[cfg(feature = "count-instructions")]
pub mod count;
mod flow;
mod frame;
mod funcs;
#[cfg(pulley_sibling)]
mod host_stack;
mod instance;
mod memory;
mod memory0;
mod pool;
mod state;
mod store;
mod table;

#[cfg(feature = "interpreter")]
mod backtrace;
#[cfg(feature = "interpreter")]
mod cross;
#[cfg(feature = "interpreter")]
mod drive;
#[cfg(feature = "interpreter")]
mod fuel;
#[cfg(feature = "interpreter")]
mod growth;
mod instantiate;
#[cfg(feature = "interpreter")]
mod lazy;
#[cfg(feature = "profile")]
pub(crate) mod profile;
#[cfg(feature = "interpreter")]
mod stack;
#[cfg(feature = "interpreter")]
mod suspend;

#[cfg(feature = "interpreter")]
pub use backtrace::{FrameInfo, TrapReport};
pub use budget::{Budget, FUEL_PACE, PACE};
pub use code::Code;
#[cfg(feature = "interpreter")]
pub use drive::Outcome;
pub use flow::{Exit, Flow};
pub use frame::{CROSS_HEADER, Frame, HEADER, Slot};
#[cfg(feature = "interpreter")]
pub use growth::{Counts, Growing, Growth};
pub use instance::Instance;
pub use instantiate::InstantiateError;
#[cfg(feature = "interpreter")]
pub use lazy::NoCode;
pub use memory::{Reservation, Reserve};
pub use memory0::Memory0;
pub use pool::Pool;
#[cfg(feature = "profile")]
pub use profile::{Profile, ProfiledModule, Site, StackNode};
#[cfg(feature = "interpreter")]
pub use stack::StackMemory;
pub use state::Machine;
pub use store::{AllocError, Extern, FuncId, GlobalId, InstanceId, MemoryId, Store, StoreConfig, TableId};
#[cfg(feature = "interpreter")]
pub use suspend::Suspended;
