//! Blocks and branches.
//!
//! A wasm block becomes a CLIF block only where something branches to its label; what falls through stays on the operand
//! stack. Branches to the function's own label return, each by itself: that needs no moves to a common exit.

use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, JumpTableData, Value};
use pulley_core::module::{FuncType, ValType};
use smallvec::SmallVec;
use wasmparser as wp;
use wp::Operator;

use super::super::traps;
use super::super::types::{clif_type, contradiction, val_type};
use super::{Result, Translator};

/// An open wasm block.
pub(super) struct Frame<'p> {
    kind: FrameKind,
    params: &'p [ValType],
    results: &'p [ValType],
    /// Height of the operand stack below the parameters.
    height: usize,
}

enum FrameKind {
    Function,
    /// A `block`, or an `if` behind its `else`. `after` exists from the first branch to it on.
    Block {
        after: Option<Block>,
    },
    Loop {
        header: Block,
    },
    /// An `if` before its `else`. `otherwise` is where a false condition leads, with the parameters still on the stack.
    If {
        after: Option<Block>,
        otherwise: Block,
        params: Vec<Value>,
    },
}

impl<'p> Frame<'p> {
    pub(super) fn function(ty: &'p FuncType) -> Frame<'p> {
        Frame { kind: FrameKind::Function, params: &[], results: &ty.results, height: 0 }
    }

    /// Types of what a branch to this label carries.
    fn label_types(&self) -> &'p [ValType] {
        match self.kind {
            FrameKind::Loop { .. } => self.params,
            _ => self.results,
        }
    }
}

type Args = SmallVec<[BlockArg; 4]>;

impl<'p> Translator<'p, '_> {
    /// Translates an operator of this file; `false` for others.
    pub(super) fn control(&mut self, op: &Operator<'_>) -> Result<bool> {
        match op {
            Operator::Nop => {}
            Operator::Unreachable => {
                self.ins().trap(traps::UNREACHABLE);
                self.unreachable_from_here();
            }
            Operator::Block { blockty } => {
                let frame = self.frame(FrameKind::Block { after: None }, *blockty)?;
                self.frames.push(frame);
            }
            Operator::Loop { blockty } => self.begin_loop(*blockty)?,
            Operator::If { blockty } => self.begin_if(*blockty)?,
            Operator::Else => self.begin_else()?,
            Operator::End => self.end()?,
            Operator::Br { relative_depth } => self.branch(*relative_depth)?,
            Operator::BrIf { relative_depth } => self.branch_if(*relative_depth)?,
            Operator::BrTable { targets } => self.branch_table(targets)?,
            Operator::Return => self.return_(),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether `op`, which cannot be reached, is to be skipped: all are, but the `else` and `end` that may end the skipping.
    pub(super) fn skip(&mut self, op: &Operator<'_>) -> bool {
        match op {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => self.skipped += 1,
            Operator::Else | Operator::End if self.skipped == 0 => return false,
            Operator::End => self.skipped -= 1,
            _ => {}
        }
        true
    }

    pub(super) fn unreachable_from_here(&mut self) {
        self.reachable = false;
    }

    /// A frame around the parameters that are on the stack.
    fn frame(&self, kind: FrameKind, ty: wp::BlockType) -> Result<Frame<'p>> {
        let (params, results) = self.block_type(ty)?;
        Ok(Frame { kind, params, results, height: self.stack.len() - params.len() })
    }

    /// Types of a block's parameters and results.
    fn block_type(&self, ty: wp::BlockType) -> Result<(&'p [ValType], &'p [ValType])> {
        Ok(match ty {
            wp::BlockType::Empty => (&[], &[]),
            wp::BlockType::Type(ty) => (&[], single(val_type(ty)?)),
            wp::BlockType::FuncType(index) => {
                let ty = &self.parsed.module.types[index as usize];
                (&ty.params, &ty.results)
            }
        })
    }

    fn begin_loop(&mut self, ty: wp::BlockType) -> Result<()> {
        let header = self.builder.create_block();
        let frame = self.frame(FrameKind::Loop { header }, ty)?;
        self.append_params(header, frame.params)?;
        let args = self.top(frame.params.len())?;
        self.ins().jump(header, &args);
        self.stack.truncate(frame.height);
        self.frames.push(frame);
        // Not sealed: the branches back to it are still to come.
        self.enter(header);
        Ok(())
    }

    fn begin_if(&mut self, ty: wp::BlockType) -> Result<()> {
        let condition = self.pop_condition();
        let then = self.builder.create_block();
        let otherwise = self.builder.create_block();
        self.ins().brif(condition, then, &[], otherwise, &[]);
        let (param_types, _) = self.block_type(ty)?;
        let params = self.stack[self.stack.len() - param_types.len()..].to_vec();
        let frame = self.frame(FrameKind::If { after: None, otherwise, params }, ty)?;
        self.frames.push(frame);
        self.builder.seal_block(then);
        self.enter(then);
        Ok(())
    }

    fn begin_else(&mut self) -> Result<()> {
        let depth = self.frames.len() - 1;
        if self.reachable {
            let (after, args) = self.label(depth)?;
            self.ins().jump(after, &args);
        }
        let frame = &mut self.frames[depth];
        let height = frame.height;
        let kind = std::mem::replace(&mut frame.kind, FrameKind::Block { after: None });
        let FrameKind::If { after, otherwise, params } = kind else { return Err(contradiction("else without if")) };
        frame.kind = FrameKind::Block { after };
        self.stack.truncate(height);
        self.stack.extend(params);
        self.builder.seal_block(otherwise);
        self.enter(otherwise);
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let frame = self.frames.pop().ok_or_else(|| contradiction("end without block"))?;
        match frame.kind {
            FrameKind::Function => {
                if self.reachable {
                    self.return_();
                }
            }
            FrameKind::Loop { header } => {
                self.builder.seal_block(header);
                self.truncate_unless_reachable(frame.height);
            }
            FrameKind::Block { after: None } => self.truncate_unless_reachable(frame.height),
            FrameKind::Block { after: Some(after) } => self.join(after, &frame)?,
            FrameKind::If { after: None, otherwise, ref params } if params.is_empty() => {
                self.join(otherwise, &frame)?
            }
            FrameKind::If { after, otherwise, ref params } => {
                // A false condition carries the parameters past the block, as its results.
                let after = match after {
                    Some(after) => after,
                    None => self.block_with_params(frame.results)?,
                };
                if self.reachable {
                    let args = self.top(frame.results.len())?;
                    self.ins().jump(after, &args);
                }
                self.reachable = false;
                self.transfer(params.len())?;
                self.builder.seal_block(otherwise);
                self.builder.switch_to_block(otherwise);
                let args: Args = params.iter().map(|&value| value.into()).collect();
                self.ins().jump(after, &args);
                self.join(after, &frame)?;
            }
        }
        Ok(())
    }

    /// Ends a block whose label leads to `after`.
    fn join(&mut self, after: Block, frame: &Frame<'p>) -> Result<()> {
        if self.reachable {
            let args = self.top(frame.results.len())?;
            self.ins().jump(after, &args);
        }
        self.stack.truncate(frame.height);
        self.builder.seal_block(after);
        self.enter(after);
        Ok(())
    }

    fn truncate_unless_reachable(&mut self, height: usize) {
        if !self.reachable {
            self.stack.truncate(height);
        }
    }

    /// Goes on in `block`, with its parameters on the stack.
    fn enter(&mut self, block: Block) {
        self.builder.switch_to_block(block);
        self.stack.extend_from_slice(self.builder.block_params(block));
        self.reachable = true;
    }

    fn branch(&mut self, relative_depth: u32) -> Result<()> {
        let depth = self.depth(relative_depth);
        self.leave_for(depth)
    }

    fn branch_if(&mut self, relative_depth: u32) -> Result<()> {
        let condition = self.pop_condition();
        let depth = self.depth(relative_depth);
        let next = self.builder.create_block();
        if depth == 0 {
            let leave = self.builder.create_block();
            self.ins().brif(condition, leave, &[], next, &[]);
            self.builder.seal_block(leave);
            self.builder.switch_to_block(leave);
            self.return_();
            self.reachable = true;
        } else {
            let (target, args) = self.label(depth)?;
            self.ins().brif(condition, target, &args, next, &[]);
        }
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        Ok(())
    }

    /// Entries of the table carry no arguments. A label that takes some, or returns, is reached through a block in between,
    /// one for each label and not for each entry: tables may be large.
    fn branch_table(&mut self, targets: &wp::BrTable<'_>) -> Result<()> {
        let index = self.pop();
        let mut between: Vec<(usize, Block)> = vec![];
        let mut entries = Vec::with_capacity(targets.len() as usize);
        for target in targets.targets().chain([Ok(targets.default())]) {
            let depth = self.depth(target?);
            let block = match between.binary_search_by_key(&depth, |&(depth, _)| depth) {
                Ok(at) => between[at].1,
                Err(_) if depth != 0 && self.frames[depth].label_types().is_empty() => self.label(depth)?.0,
                Err(at) => {
                    let block = self.builder.create_block();
                    between.insert(at, (depth, block));
                    block
                }
            };
            entries.push(self.builder.func.dfg.block_call(block, &[]));
        }
        let default = entries.pop().ok_or_else(|| contradiction("br_table without default"))?;
        let table = self.builder.create_jump_table(JumpTableData::new(default, &entries));
        self.ins().br_table(index, table);
        for (depth, block) in between {
            self.builder.seal_block(block);
            self.builder.switch_to_block(block);
            self.leave_for(depth)?;
        }
        self.unreachable_from_here();
        Ok(())
    }

    /// Branches to the label of the frame at `depth`.
    fn leave_for(&mut self, depth: usize) -> Result<()> {
        if depth == 0 {
            self.return_();
        } else {
            let (target, args) = self.label(depth)?;
            self.ins().jump(target, &args);
            self.unreachable_from_here();
        }
        Ok(())
    }

    fn return_(&mut self) {
        let results = &self.stack[self.stack.len() - self.ty.results.len()..];
        self.builder.ins().return_(results);
        self.unreachable_from_here();
    }

    /// Index in `frames` of the frame that a label names.
    fn depth(&self, relative_depth: u32) -> usize {
        self.frames.len() - 1 - relative_depth as usize
    }

    /// The block that the label of the frame at `depth` leads to, which is not the function's, and what a branch there takes
    /// off the stack.
    fn label(&mut self, depth: usize) -> Result<(Block, Args)> {
        let types = self.frames[depth].label_types();
        let existing = match &self.frames[depth].kind {
            FrameKind::Loop { header } => Some(*header),
            FrameKind::Block { after } | FrameKind::If { after, .. } => *after,
            FrameKind::Function => return Err(contradiction("a block behind the function")),
        };
        let block = match existing {
            Some(block) => block,
            None => {
                let block = self.block_with_params(types)?;
                if let FrameKind::Block { after } | FrameKind::If { after, .. } = &mut self.frames[depth].kind {
                    *after = Some(block);
                }
                block
            }
        };
        Ok((block, self.top(types.len())?))
    }

    /// The topmost `count` operands as arguments of a branch; they stay on the stack.
    fn top(&mut self, count: usize) -> Result<Args> {
        self.transfer(count)?;
        Ok(self.stack[self.stack.len() - count..].iter().map(|&value| value.into()).collect())
    }

    fn block_with_params(&mut self, types: &[ValType]) -> Result<Block> {
        let block = self.builder.create_block();
        self.append_params(block, types)?;
        Ok(block)
    }

    fn append_params(&mut self, block: Block, types: &[ValType]) -> Result<()> {
        self.transfer(types.len())?;
        for &ty in types {
            self.builder.append_block_param(block, clif_type(ty));
        }
        Ok(())
    }
}

/// A list of just this type.
fn single(ty: ValType) -> &'static [ValType] {
    match ty {
        ValType::I32 => &[ValType::I32],
        ValType::I64 => &[ValType::I64],
        ValType::F32 => &[ValType::F32],
        ValType::F64 => &[ValType::F64],
        ValType::FuncRef => &[ValType::FuncRef],
        ValType::ExternRef => &[ValType::ExternRef],
    }
}
