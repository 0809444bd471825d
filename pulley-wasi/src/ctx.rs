//! [`WasiCtx`]: what a program sees of the world; and [`I32Exit`], how it ends.

use crate::clocks::Clocks;
use crate::table::Table;
use crate::{Interrupt, WasiCtxBuilder, random::Random};
use std::fmt;

/// What a program sees of the world: its arguments, environment, descriptors, clocks and randomness.
///
/// Made by [`WasiCtx::builder`]; a store's data is or holds one, where [`add_to_linker`](crate::add_to_linker) finds it.
pub struct WasiCtx {
    pub(crate) args: Vec<Vec<u8>>,
    /// `NAME=VALUE`.
    pub(crate) environ: Vec<Vec<u8>>,
    pub(crate) table: Table,
    pub(crate) clocks: Clocks,
    pub(crate) random: Random,
    pub(crate) interrupt: Option<Interrupt>,
}

impl WasiCtx {
    /// A builder of a program that sees nothing.
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder::new()
    }
}

impl fmt::Debug for WasiCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiCtx").finish_non_exhaustive()
    }
}

/// The program called `proc_exit` with this code. A call that ends so returns it as its error, for the caller to
/// find with [`Error::downcast_ref`](pulley::Error::downcast_ref).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct I32Exit(pub i32);

impl fmt::Display for I32Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the program exited with code {}", self.0)
    }
}

impl std::error::Error for I32Exit {}
