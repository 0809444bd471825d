//! wasm to CLIF: the module's sections (`module`), function bodies (`func`), and the conventions that the lowering shares:
//! callees (`names`), address spaces (`regions`), trap codes (`traps`).

pub mod names;
pub mod regions;
pub mod traps;
