//! The blocks of the result: those of the function, pieces that a conditional trap cuts off, and blocks that only trap.

use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{self, Function};

use super::facts::Facts;
use crate::vcode::{Block, BlockId, Edge, Inst, Op, VReg};

/// The blocks made so far, in no order; [`Blocks::in_order`] lays them out.
pub(super) struct Blocks {
    blocks: Vec<Block>,
    ids: SecondaryMap<ir::Block, u32>,
    /// For each block the piece that follows it, if it was cut.
    rest: Vec<Option<BlockId>>,
    /// Number of blocks that stem from the function's, which come first.
    whole: usize,
    /// Blocks that trap: code, source location, and the block.
    traps: Vec<(u8, u32, BlockId)>,
}

impl Blocks {
    pub(super) fn new(func: &Function, facts: &Facts) -> Blocks {
        let mut ids = SecondaryMap::new();
        let mut whole = 0;
        for block in func.layout.blocks().filter(|&block| facts.is_reachable(block)) {
            ids[block] = whole as u32;
            whole += 1;
        }
        Blocks { blocks: vec![Block::default(); whole], ids, rest: vec![None; whole], whole, traps: Vec::new() }
    }

    pub(super) fn of(&self, block: ir::Block) -> BlockId {
        BlockId(self.ids[block])
    }

    /// Fills a block; its instructions come last first.
    pub(super) fn set(&mut self, id: BlockId, params: Vec<VReg>, mut insts: Vec<Inst>) {
        insts.reverse();
        self.blocks[id.index()] = Block { params, insts };
    }

    /// A new block behind what will be left of `head`, which is cut; its instructions come last first.
    pub(super) fn cut(&mut self, head: BlockId, insts: Vec<Inst>) -> BlockId {
        let id = self.push();
        self.set(id, Vec::new(), insts);
        self.rest[id.index()] = self.rest[head.index()].replace(id);
        id
    }

    /// The block that traps with `code` at source location `loc`.
    pub(super) fn trap(&mut self, code: u8, loc: u32) -> BlockId {
        if let Some(&(.., id)) = self.traps.iter().find(|trap| (trap.0, trap.1) == (code, loc)) {
            return id;
        }
        let id = self.push();
        self.set(id, Vec::new(), vec![Inst { op: Op::Trap { code }, loc }]);
        self.traps.push((code, loc, id));
        id
    }

    fn push(&mut self) -> BlockId {
        self.blocks.push(Block::default());
        self.rest.push(None);
        BlockId(self.blocks.len() as u32 - 1)
    }

    /// The function's blocks in its order, each with the pieces cut from it, then those that trap.
    pub(super) fn in_order(mut self) -> Vec<Block> {
        if self.blocks.len() == self.whole {
            return self.blocks;
        }
        let mut order: Vec<BlockId> = Vec::with_capacity(self.blocks.len());
        for id in 0..self.whole {
            let mut next = Some(BlockId(id as u32));
            while let Some(id) = next {
                order.push(id);
                next = self.rest[id.index()];
            }
        }
        order.extend(self.traps.iter().map(|trap| trap.2));
        let mut places = vec![BlockId(0); self.blocks.len()];
        for (place, id) in order.iter().enumerate() {
            places[id.index()] = BlockId(place as u32);
        }
        let mut blocks: Vec<Block> = order.iter().map(|id| std::mem::take(&mut self.blocks[id.index()])).collect();
        for inst in blocks.iter_mut().filter_map(|block| block.insts.last_mut()) {
            for edge in edges(&mut inst.op) {
                edge.block = places[edge.block.index()];
            }
        }
        blocks
    }
}

fn edges(op: &mut Op) -> Vec<&mut Edge> {
    match op {
        Op::Jump { to } => vec![to],
        Op::Branch { then, otherwise, .. } => vec![then, otherwise],
        Op::Table { edges, .. } => edges.iter_mut().collect(),
        _ => Vec::new(),
    }
}
