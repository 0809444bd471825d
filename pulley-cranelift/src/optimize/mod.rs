//! The mid-end: Cranelift's passes, driven with flags alone since there is no target of Cranelift's, and passes of our own
//! behind them (`halves`, `returns`, `merge`, `checks`).

mod checks;
mod halves;
mod merge;
mod returns;
mod scopes;
#[cfg(test)]
mod tests;
mod unoptimized;

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::settings::{self, Configurable, Flags};
use cranelift_codegen::{CodegenError, Context};

use crate::error::CompileError;

/// Functions whose loops nest deeper than this are not optimised: the e-graph pass takes time in the cube of the depth (10 s
/// for 2000 loops). Programs stay far below.
const MAX_LOOP_DEPTH: usize = 64;

/// How much work is put into making a program fast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OptLevel {
    /// None: compile fast.
    None,
    /// What pays: equal computations are merged everywhere; the e-graph pass, which takes a quarter of the time to compile,
    /// runs over functions that look as if nobody had optimised them.
    #[default]
    Speed,
    /// All of it, over all functions.
    Most,
}

/// What optimisation did to one function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Returns that were copied to where control comes from.
    pub returns: u32,
    /// Instructions that were replaced by an equal one which dominates them.
    pub merged: u32,
    /// Accesses to linear memories.
    pub accesses: u32,
    /// Those of them that cannot trap, since an access that dominates them has checked as much.
    pub unchecked: u32,
}

impl std::ops::AddAssign for Stats {
    fn add_assign(&mut self, other: Stats) {
        self.returns += other.returns;
        self.merged += other.merged;
        self.accesses += other.accesses;
        self.unchecked += other.unchecked;
    }
}

/// The settings of Cranelift's passes. Debug builds verify the CLIF after each of them.
pub fn flags() -> Flags {
    let mut builder = settings::builder();
    let verify = if cfg!(debug_assertions) { "true" } else { "false" };
    for (name, value) in [("opt_level", "speed"), ("enable_verifier", verify)] {
        builder.set(name, value).expect("a setting of this release of Cranelift");
    }
    Flags::new(builder)
}

/// Prepares the function in `context`, as the translation left it, for the lowering, and optimises it as `level` says.
///
/// Behind this, blocks that cannot be reached are gone, no value is an alias, and the control-flow graph and the dominator
/// tree are those of the function.
pub fn run(context: &mut Context, flags: &Flags, level: OptLevel) -> Result<Stats, CompileError> {
    passes(context, flags, level).map_err(|error| CompileError::internal(describe(&error)))
}

fn passes(context: &mut Context, flags: &Flags, level: OptLevel) -> Result<Stats, CodegenError> {
    let mut stats = Stats::default();
    context.compute_cfg();
    context.compute_domtree();
    context.verify_if(flags)?;
    context.eliminate_unreachable_code(flags)?;
    context.remove_constant_phis(flags)?;
    context.func.dfg.resolve_all_aliases();
    if level != OptLevel::None {
        let pays = pays(context, level);
        if pays {
            context.egraph_pass(flags, &mut ControlPlane::default())?;
            halves::run(&mut context.func);
        }
        stats.returns = returns::run(&mut context.func);
        if stats.returns > 0 {
            context.compute_cfg();
            context.compute_domtree();
        }
        // Branches that turned out constant leave blocks behind, and so do copied returns.
        context.eliminate_unreachable_code(flags)?;
        stats.merged = merge::run(&mut context.func, &context.domtree);
        checks::run(&mut context.func, &context.domtree, &mut stats);
        if pays || stats.returns + stats.merged > 0 {
            context.func.dfg.resolve_all_aliases();
        }
        context.verify_if(flags)?;
    }
    Ok(stats)
}

/// Whether to run the e-graph pass.
fn pays(context: &mut Context, level: OptLevel) -> bool {
    let wanted = level == OptLevel::Most || unoptimized::looks_unoptimized(&context.func);
    wanted && loop_depth(context) <= MAX_LOOP_DEPTH
}

/// How deep loops nest, as far as Cranelift counts (254).
fn loop_depth(context: &mut Context) -> usize {
    context.compute_loop_analysis();
    let levels = context.func.layout.blocks().map(|block| context.loop_analysis.loop_level(block).level());
    levels.max().unwrap_or(0)
}

fn describe(error: &CodegenError) -> String {
    match error {
        CodegenError::Verifier(errors) => format!("Cranelift's verifier: {errors}"),
        error => error.to_string(),
    }
}
