//! Random and hand-written functions, allocated and checked.

mod passes;

use pulley_core::isa::{Class, Place, Row};
use smallvec::smallvec;

use super::check::check;
use super::placed::{Exit, Placed};
use super::{Home, allocate_with_homes};
use crate::vcode::{Arg, Block, BlockId, Callee, Edge, Inst, Op, Src, VCode, VReg, VRegInfo};

/// A small generator of numbers: the same ones in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

fn inst(op: Op) -> Inst {
    Inst { op, loc: 0 }
}

impl VCode {
    fn reg(&mut self, class: Class) -> VReg {
        self.vregs.push(VRegInfo { class, zero_extended: false });
        VReg(self.vregs.len() as u32 - 1)
    }

    fn push(&mut self, block: usize, op: Op) {
        self.blocks[block].insts.push(inst(op));
    }

    fn row(&mut self, block: usize, row: Row, srcs: &[Src]) -> VReg {
        let dst = self.reg(row.info().result.as_ref().unwrap().class);
        self.push(block, Op::Row { row, dst: Some(dst), srcs: srcs.into(), imms: smallvec![] });
        dst
    }
}

fn allocate_checked(vcode: VCode) -> (Placed, Vec<Home>) {
    allocate_pinned(vcode, false)
}

fn allocate_pinned(mut vcode: VCode, pins: bool) -> (Placed, Vec<Home>) {
    let shown = vcode.to_string();
    let (placed, homes) = allocate_with_homes(&mut vcode, pins).unwrap();
    if let Err(message) = check(&vcode, &placed) {
        panic!("{message}\n{shown}\n{homes:?}\n{placed:#?}");
    }
    (placed, homes)
}

/// Blocks that form a random graph in which a random tree is a tree of dominators; every block reads values of the blocks
/// that dominate it.
struct Generator {
    random: Random,
    vcode: VCode,
    /// The parent of every block in the tree.
    parent: Vec<usize>,
    /// Values defined in every block so far.
    values: Vec<Vec<VReg>>,
}

impl Generator {
    fn new(seed: u64) -> Generator {
        let random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        Generator { random, vcode: VCode::default(), parent: vec![0], values: Vec::new() }
    }

    fn dominates(&self, a: usize, mut b: usize) -> bool {
        while b > a {
            b = self.parent[b];
        }
        a == b
    }

    fn generate(mut self) -> VCode {
        let blocks = 1 + self.random.below(12);
        for id in 0..blocks {
            if id > 0 {
                let parent = self.random.below(id);
                self.parent.push(parent);
            }
            let count = self.random.below(5);
            let params: Vec<VReg> = (0..count).map(|_| self.vcode.reg(Class::A)).collect();
            self.values.push(params.clone());
            self.vcode.blocks.push(Block { params, insts: Vec::new() });
        }
        for id in 0..blocks {
            for _ in 0..self.random.below(12) {
                self.body(id);
            }
            self.end(id);
        }
        self.vcode
    }

    fn value(&mut self, block: usize) -> Option<VReg> {
        let mut all = Vec::new();
        let mut at = block;
        loop {
            let recent = &self.values[at];
            all.extend_from_slice(recent);
            if at == 0 {
                break;
            }
            at = self.parent[at];
        }
        if all.is_empty() {
            return None;
        }
        // Recent ones of the block more often.
        let near = self.values[block].len().min(3);
        if near > 0 && self.random.below(2) == 0 {
            let of = &self.values[block];
            return Some(of[of.len() - 1 - self.random.below(near)]);
        }
        Some(all[self.random.below(all.len())])
    }

    fn src(&mut self, block: usize) -> Src {
        self.value(block).map_or(Src::Imm(1), Src::Reg)
    }

    fn arg(&mut self, block: usize) -> Arg {
        match self.random.below(5) {
            0 => Arg::Bits(0xffff_ffff),
            1 => Arg::Bits(7),
            _ => self.value(block).map_or(Arg::Bits(0), Arg::Reg),
        }
    }

    fn args(&mut self, block: usize, count: usize) -> Vec<Arg> {
        (0..count).map(|_| self.arg(block)).collect()
    }

    fn callee(&mut self, block: usize) -> Callee {
        match (self.random.below(3), self.value(block)) {
            (0, _) | (_, None) => Callee::Func(0),
            (1, _) => Callee::Import(0),
            (_, Some(index)) => Callee::Indirect { index, table: 0, ty: 0 },
        }
    }

    fn body(&mut self, id: usize) {
        let Some(first) = self.value(id).map(Src::Reg) else {
            let dst = self.vcode.reg(Class::A);
            self.vcode.push(id, Op::Row { row: Row::Const64, dst: Some(dst), srcs: smallvec![], imms: smallvec![5] });
            self.values[id].push(dst);
            return;
        };
        let second = self.src(id);
        let dst = match self.random.below(12) {
            0..5 => self.vcode.row(id, Row::I32Add, &[first, second]),
            5 => self.vcode.row(id, Row::I32Sub, &[first, Src::Imm(3)]),
            6 => self.vcode.row(id, Row::I32MinS, &[first, second]),
            7 => self.vcode.row(id, Row::Copy, &[first]),
            8 => {
                self.vcode.push(
                    id,
                    Op::Row { row: Row::I32Store, dst: None, srcs: smallvec![first, second], imms: smallvec![0] },
                );
                return;
            }
            9 => {
                let dst = self.vcode.reg(Class::A);
                self.vcode.push(
                    id,
                    Op::Row { row: Row::MemoryGrow, dst: Some(dst), srcs: smallvec![first], imms: smallvec![] },
                );
                dst
            }
            _ => {
                let (args, results) = (self.random.below(4), self.random.below(4));
                let (args, callee) = (self.args(id, args), self.callee(id));
                let results: Vec<VReg> = (0..results).map(|_| self.vcode.reg(Class::A)).collect();
                self.values[id].extend_from_slice(&results);
                self.vcode.push(id, Op::Call { callee, args, results });
                return;
            }
        };
        self.values[id].push(dst);
    }

    fn edge(&mut self, from: usize) -> Option<Edge> {
        let blocks = self.vcode.blocks.len();
        let allowed: Vec<usize> = (1..blocks).filter(|to| self.dominates(self.parent[*to], from)).collect();
        if allowed.is_empty() {
            return None;
        }
        let to = allowed[self.random.below(allowed.len())];
        let count = self.vcode.blocks[to].params.len();
        Some(Edge { block: BlockId(to as u32), args: self.args(from, count) })
    }

    fn end(&mut self, id: usize) {
        let op = match self.random.below(8) {
            0 => {
                let count = self.random.below(4);
                Op::Return { args: self.args(id, count) }
            }
            1 => {
                let count = self.random.below(4);
                Op::ReturnCall { args: self.args(id, count), callee: self.callee(id) }
            }
            2 => Op::Trap { code: 1 },
            3..5 => match self.edge(id) {
                Some(to) => Op::Jump { to },
                None => Op::Return { args: vec![] },
            },
            5..7 => match (self.edge(id), self.edge(id), self.value(id)) {
                (Some(then), Some(otherwise), Some(value)) => {
                    let srcs = smallvec![Src::Reg(value), self.src(id)];
                    Op::Branch { row: Row::BrIfI32LtS, srcs, then, otherwise }
                }
                _ => Op::Return { args: vec![] },
            },
            _ => match (self.edge(id), self.edge(id), self.edge(id), self.value(id)) {
                (Some(a), Some(b), Some(c), Some(index)) => Op::Table { index, edges: vec![a, b, c] },
                _ => Op::Trap { code: 2 },
            },
        };
        self.vcode.push(id, op);
    }
}

#[test]
fn random_functions() {
    for seed in 0..20_000 {
        let vcode = Generator::new(seed).generate();
        allocate_pinned(vcode.clone(), false);
        allocate_pinned(vcode, true);
    }
}

/// `sum = 0; do { sum += i; i += 1 } while (i < n); return sum`.
fn loop_sum() -> VCode {
    let mut code = VCode::default();
    let n = code.reg(Class::A);
    let (i, sum) = (code.reg(Class::A), code.reg(Class::A));
    code.blocks.push(Block { params: vec![n], insts: vec![] });
    code.blocks.push(Block { params: vec![i, sum], insts: vec![] });
    code.blocks.push(Block { params: vec![], insts: vec![] });
    let start = Edge { block: BlockId(1), args: vec![Arg::Bits(0), Arg::Bits(0)] };
    code.push(0, Op::Jump { to: start });
    let sum2 = code.row(1, Row::I32Add, &[Src::Reg(sum), Src::Reg(i)]);
    let i2 = code.row(1, Row::I32Add, &[Src::Reg(i), Src::Imm(1)]);
    let again = Edge { block: BlockId(1), args: vec![Arg::Reg(i2), Arg::Reg(sum2)] };
    let done = Edge { block: BlockId(2), args: vec![] };
    let srcs = smallvec![Src::Reg(i2), Src::Reg(n)];
    code.push(1, Op::Branch { row: Row::BrIfI32LtS, srcs, then: again, otherwise: done });
    code.push(2, Op::Return { args: vec![Arg::Reg(sum2)] });
    code
}

#[test]
fn a_loop_needs_no_moves_but_its_first_values() {
    let (placed, _) = allocate_checked(loop_sum());
    let moves = placed.blocks.iter().flat_map(|b| &b.insts).filter(|i| i.origin.is_none()).count();
    assert_eq!(moves, 2);
    assert_eq!(placed.frame_slots, 3);
}

/// How often instructions of `placed` name a pinned register.
fn pinned_places(placed: &Placed) -> usize {
    placed.blocks.iter().flat_map(|b| &b.insts).flat_map(|i| &i.places).filter(|place| **place == Place::Q).count()
}

#[test]
fn a_loop_updates_a_pinned_register_in_place() {
    let (placed, _) = allocate_pinned(loop_sum(), true);
    let updates = |i: &&super::placed::Inst| i.row == Row::I32Add && i.places[..2] == [Place::Q, Place::Q];
    assert_eq!(placed.blocks[1].insts.iter().filter(updates).count(), 1, "{placed:#?}");
    let (placed, _) = allocate_checked(loop_sum());
    assert_eq!(pinned_places(&placed), 0);
}

/// A loop that reads `n` and calls in every iteration.
#[test]
fn nothing_is_pinned_across_a_call() {
    let mut code = loop_sum();
    let result = code.reg(Class::A);
    let call = Op::Call { callee: Callee::Func(0), args: vec![], results: vec![result] };
    code.blocks[1].insts.insert(0, inst(call));
    let (placed, _) = allocate_pinned(code, true);
    assert_eq!(pinned_places(&placed), 0, "{placed:#?}");
}

/// A param is loaded in front of the loop that it is pinned in; what the loop leaves in a register is stored behind it.
#[test]
fn the_checker_finds_wrong_pins() {
    let mut vcode = loop_sum();
    let (placed, _) = allocate_with_homes(&mut vcode, true).unwrap();
    check(&vcode, &placed).unwrap();
    let mut changed = 0;
    for (b, block) in placed.blocks.iter().enumerate() {
        for (n, inst) in block.insts.iter().enumerate() {
            for at in (0..inst.places.len()).filter(|at| inst.places[*at] == Place::Q) {
                let mut wrong = placed.clone();
                wrong.blocks[b].insts[n].places[at] = Place::Slot(0);
                check(&vcode, &wrong).unwrap_err();
                changed += 1;
            }
            if inst.origin.is_none() && inst.places.contains(&Place::Q) {
                let mut wrong = placed.clone();
                wrong.blocks[b].insts.remove(n);
                check(&vcode, &wrong).unwrap_err();
            }
        }
    }
    assert!(changed >= 4, "{placed:#?}");
}

#[test]
fn arguments_and_results_stay_in_the_window() {
    let mut code = VCode::default();
    let a = code.reg(Class::A);
    code.blocks.push(Block { params: vec![a], insts: vec![] });
    let b = code.row(0, Row::I32Add, &[Src::Reg(a), Src::Imm(1)]);
    let (r, s) = (code.reg(Class::A), code.reg(Class::A));
    code.push(0, Op::Call { callee: Callee::Func(0), args: vec![Arg::Reg(b)], results: vec![r] });
    code.push(0, Op::Call { callee: Callee::Func(0), args: vec![Arg::Reg(r)], results: vec![s] });
    code.push(0, Op::Return { args: vec![Arg::Reg(s)] });
    let (placed, _) = allocate_checked(code);
    assert!(placed.blocks[0].insts.iter().all(|i| i.origin.is_some()), "{placed:#?}");
    assert_eq!(placed.frame_slots, 4);
}

/// `f(a) + f(a + 1)`: the second call uses another window, so that the first one's result stays.
#[test]
fn a_result_outlives_another_call() {
    let mut code = VCode::default();
    let a = code.reg(Class::A);
    code.blocks.push(Block { params: vec![a], insts: vec![] });
    let (r, s) = (code.reg(Class::A), code.reg(Class::A));
    code.push(0, Op::Call { callee: Callee::Func(0), args: vec![Arg::Bits(3)], results: vec![r] });
    let b = code.row(0, Row::I32Add, &[Src::Reg(a), Src::Imm(1)]);
    code.push(0, Op::Call { callee: Callee::Func(0), args: vec![Arg::Reg(b)], results: vec![s] });
    let t = code.row(0, Row::I32Add, &[Src::Reg(r), Src::Reg(s)]);
    code.push(0, Op::Return { args: vec![Arg::Reg(t)] });
    let (placed, _) = allocate_checked(code);
    let moves = placed.blocks[0].insts.iter().filter(|i| i.origin.is_none()).count();
    assert_eq!((moves, placed.frame_slots), (1, 7));
}

#[test]
fn temporaries_live_in_the_accumulator() {
    let mut code = VCode::default();
    let a = code.reg(Class::A);
    code.blocks.push(Block { params: vec![a], insts: vec![] });
    let b = code.row(0, Row::I32Add, &[Src::Reg(a), Src::Imm(1)]);
    let c = code.row(0, Row::I32Sub, &[Src::Reg(a), Src::Reg(b)]);
    code.push(0, Op::Return { args: vec![Arg::Reg(c)] });
    let (placed, _) = allocate_checked(code);
    let places: Vec<_> = placed.blocks[0].insts.iter().map(|i| i.places.to_vec()).collect();
    let (s, r) = (Place::Slot(0), Place::R);
    assert_eq!(places, [vec![r, s, Place::Imm(1)], vec![r, s, r], vec![r]]);
    assert!(matches!(placed.blocks[0].exit, Exit::Stop));
    assert_eq!(placed.frame_slots, 1);
}

#[test]
fn fifty_thousand_live_values_take_a_moment() {
    let mut code = VCode::default();
    let a = code.reg(Class::A);
    code.blocks.push(Block { params: vec![a], insts: vec![] });
    // All alive at once, then consumed in the order in which they were made.
    let values: Vec<VReg> = (0..50_000).map(|_| code.row(0, Row::I32Add, &[Src::Reg(a), Src::Imm(1)])).collect();
    let mut sum = a;
    for value in values {
        sum = code.row(0, Row::I32Add, &[Src::Reg(sum), Src::Reg(value)]);
    }
    code.push(0, Op::Return { args: vec![Arg::Reg(sum)] });
    let start = std::time::Instant::now();
    let (placed, _) = allocate_with_homes(&mut code, true).unwrap();
    println!("{:?}", start.elapsed());
    assert_eq!(placed.frame_slots, 50_000);
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn too_many_slots_is_an_error() {
    let mut code = VCode::default();
    let a = code.reg(Class::A);
    code.blocks.push(Block { params: vec![a], insts: vec![] });
    let values: Vec<VReg> = (0..70_000).map(|_| code.row(0, Row::I32Add, &[Src::Reg(a), Src::Imm(1)])).collect();
    let mut sum = a;
    for value in values {
        sum = code.row(0, Row::I32Add, &[Src::Reg(sum), Src::Reg(value)]);
    }
    code.push(0, Op::Return { args: vec![Arg::Reg(sum)] });
    assert!(allocate_with_homes(&mut code, true).is_err());
}

/// A loop around a table of a thousand cases, each of which passes fifty values on to the next iteration.
#[test]
fn a_big_interpreter_loop_takes_a_moment() {
    const CASES: usize = 1000;
    const VALUES: usize = 50;
    let mut code = VCode::default();
    let a = code.reg(Class::A);
    code.blocks.push(Block { params: vec![a], insts: vec![] });
    let params: Vec<VReg> = (0..VALUES).map(|_| code.reg(Class::A)).collect();
    code.blocks.push(Block { params: params.clone(), insts: vec![] });
    code.push(0, Op::Jump { to: Edge { block: BlockId(1), args: vec![Arg::Bits(0); VALUES] } });
    let edges = (0..CASES).map(|n| Edge { block: BlockId(2 + n as u32), args: vec![] }).collect();
    code.push(1, Op::Table { index: params[0], edges });
    for case in 0..CASES {
        let block = code.blocks.len();
        code.blocks.push(Block::default());
        let mut args: Vec<Arg> = params.iter().copied().map(Arg::Reg).collect();
        for n in 0..10 {
            let at = (case + n * 7) % VALUES;
            args[at] = Arg::Reg(code.row(block, Row::I32Add, &[Src::Reg(params[at]), Src::Imm(1)]));
        }
        code.push(block, Op::Jump { to: Edge { block: BlockId(1), args } });
    }
    let start = std::time::Instant::now();
    let (placed, _) = allocate_with_homes(&mut code, true).unwrap();
    println!("{:?}", start.elapsed());
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    let moves = placed.blocks.iter().flat_map(|b| &b.insts).filter(|i| i.origin.is_none()).count();
    assert_eq!(moves, VALUES);
}
