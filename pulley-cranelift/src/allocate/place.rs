//! Writes a function anew with places for registers, and with the moves that the places make necessary.

use pulley_core::isa::{Place, Row};
use smallvec::{SmallVec, smallvec};

use super::cfg::Cfg;
use super::liveness::Liveness;
use super::moves::{From, Move, sequentialise};
use super::placed::{Block, Exit, Inst, Placed, Places};
use super::registers::return_row;
use super::updates::is_pure;
use super::windows::Calls;
use super::{Home, TooManySlots};
use crate::vcode::{self, Arg, BlockId, Callee, Edge, Imms, Op, Src, VCode, VReg};

/// Where everything of a frame is.
#[derive(Clone, Copy)]
pub(super) struct FrameLayout {
    /// For cycles of moves, and for results that nobody wants. Below the window: calls destroy it.
    temp: u16,
    /// For the index of an indirect tail call while the arguments are moved. Calls destroy it.
    index: u16,
    /// Where the first window starts.
    pub window: Option<u16>,
}

impl FrameLayout {
    /// The layout of a frame with `own` slots of its own, and its size if nothing needs the two spare slots.
    pub fn new(own: usize, calls: &Calls) -> Result<(FrameLayout, u32), TooManySlots> {
        // The spare slots share the header's place: they are not alive across calls.
        let window = own + calls.header();
        let size = if calls.any() { window + calls.all_slots() } else { own };
        // Slots are numbered with 16 bits.
        if size.max(own + 2) > usize::from(u16::MAX) {
            return Err(TooManySlots(size));
        }
        let window = calls.any().then_some(window as u16);
        Ok((FrameLayout { temp: own as u16, index: own as u16 + 1, window }, size as u32))
    }
}

/// How many slots the moves into the function's own first slots need: arguments of tail calls and results.
pub(super) fn low_slots(vcode: &VCode) -> usize {
    let last = vcode.blocks.iter().filter_map(|block| block.insts.last());
    let used = last.map(|inst| match &inst.op {
        Op::Return { args } | Op::ReturnCall { args, .. } => args.len(),
        _ => 0,
    });
    used.max().unwrap_or(0)
}

/// Writes `vcode` with `homes`.
pub(super) fn rewrite(
    vcode: &VCode,
    cfg: Cfg,
    live: &Liveness,
    calls: &Calls,
    homes: &[Home],
    frame: FrameLayout,
    frame_slots: u32,
) -> Placed {
    let (insts, loc, origin) = (Vec::new(), vcode::NO_LOC, None);
    let mut writer = Writer { vcode, cfg: &cfg, live, calls, homes, frame, frame_slots, insts, loc, origin };
    let blocks = (0..vcode.blocks.len() as u32).map(|id| writer.block(BlockId(id))).collect();
    let frame_slots = writer.frame_slots;
    Placed { blocks, order: cfg.order, frame_slots }
}

struct Writer<'a> {
    vcode: &'a VCode,
    cfg: &'a Cfg,
    live: &'a Liveness,
    calls: &'a Calls,
    homes: &'a [Home],
    frame: FrameLayout,
    frame_slots: u32,
    /// The instructions of the block so far.
    insts: Vec<Inst>,
    /// Of the instruction that is written.
    loc: u32,
    origin: Option<u32>,
}

/// `inst` with slot `from` in place of the only one that it reads.
fn read_from(mut inst: Inst, from: u16) -> Inst {
    let read = inst.places[1..].iter_mut().find(|place| matches!(place, Place::Slot(_)));
    read.into_iter().for_each(|place| *place = Place::Slot(from));
    inst
}

impl Writer<'_> {
    fn block(&mut self, id: BlockId) -> Block {
        let mut exit = Exit::Stop;
        let vcode = self.vcode;
        let block = &vcode.blocks[id.index()];
        for (n, inst) in block.insts.iter().enumerate() {
            (self.loc, self.origin) = (inst.loc, Some(n as u32));
            match &inst.op {
                Op::Row { row, dst, srcs, imms } => self.row(*row, *dst, srcs, imms),
                Op::Call { callee, args, results } => {
                    let window = self.calls.window_at(self.cfg.read_point(id, n));
                    self.call(*callee, args, results, self.frame.window.unwrap_or(0) + window as u16);
                }
                Op::ReturnCall { callee, args } => self.return_call(*callee, args),
                Op::Return { args } => self.return_(args),
                Op::Trap { code } => self.push(Row::Trap, Places::new(), smallvec![i64::from(*code)], None),
                Op::Jump { to } => {
                    self.pass_args(to, id);
                    exit = Exit::Jump(to.block);
                }
                Op::Branch { row, srcs, then, otherwise } => {
                    let (places, imms) = (self.srcs(srcs), Imms::new());
                    exit = Exit::Branch { row: *row, places, imms, then: then.block, otherwise: otherwise.block };
                }
                Op::Table { index, edges } => {
                    let targets = edges.iter().map(|edge| edge.block).collect();
                    exit = Exit::Table { index: self.place(*index), targets };
                }
            }
        }
        Block { insts: std::mem::take(&mut self.insts), exit, exit_loc: self.loc }
    }

    fn push(&mut self, row: Row, places: Places, imms: Imms, callee: Option<u32>) {
        self.insts.push(Inst { row, places, imms, callee, loc: self.loc, origin: self.origin });
    }

    /// The place of a register. One that has none is never read: what writes it writes to the spare slot.
    fn place(&mut self, reg: VReg) -> Place {
        match self.homes[reg.index()] {
            Home::Slot(slot) => Place::Slot(slot),
            Home::Register(_) => Place::R,
            Home::Nowhere => Place::Slot(self.spare()),
        }
    }

    fn spare(&mut self) -> u16 {
        self.frame_slots = self.frame_slots.max(u32::from(self.frame.temp) + 1);
        self.frame.temp
    }

    fn srcs(&mut self, srcs: &[Src]) -> Places {
        let place = |src: &Src| match src {
            Src::Reg(reg) => self.place(*reg),
            Src::Imm(k) => Place::Imm(*k),
        };
        srcs.iter().map(place).collect()
    }

    fn row(&mut self, row: Row, dst: Option<VReg>, srcs: &[Src], imms: &[i64]) {
        let info = row.info();
        let mut places = Places::new();
        let result = match dst {
            Some(reg) => self.place(reg),
            None if info.result.is_some() || info.immediates.iter().any(|i| i.ty == "Window") => {
                Place::Slot(self.spare())
            }
            None => Place::R,
        };
        if info.result.is_some() {
            places.push(result);
        }
        places.extend(self.srcs(srcs));
        // `dst: Window` names the slot of a result that the machine writes after it has left the loop.
        let mut given = imms.iter().copied();
        let imm = |i: &pulley_core::isa::ImmediateInfo| match (i.ty, result) {
            ("Window", Place::Slot(slot)) => i64::from(slot),
            _ => given.next().unwrap_or(0),
        };
        let imms = info.immediates.iter().map(imm).collect();
        self.push(row, places, imms, None);
    }

    /// The slot of a register that is moved.
    fn slot(&self, reg: VReg) -> Option<u16> {
        match self.homes[reg.index()] {
            Home::Slot(slot) => Some(slot),
            _ => None,
        }
    }

    fn source(&self, arg: Arg) -> Option<From> {
        match arg {
            Arg::Bits(bits) => Some(From::Bits(bits)),
            Arg::Reg(reg) => self.slot(reg).map(From::Slot),
        }
    }

    /// Moves that happen at once.
    fn moves(&mut self, moves: Vec<Move>) {
        self.moves_and(moves, None);
    }

    /// Moves that happen at once. The one into the result's slot of `computed` is done by that instruction, which reads one
    /// slot: the source of this move.
    fn moves_and(&mut self, moves: Vec<Move>, computed: Option<Inst>) {
        let mut list: SmallVec<[Move; 8]> = SmallVec::new();
        if sequentialise(moves, self.frame.temp, |m| list.push(m)) {
            self.spare();
        }
        let origin = self.origin.take();
        for Move { to, from } in list {
            let to = Place::Slot(to);
            match from {
                From::Slot(from) if computed.as_ref().is_some_and(|inst| inst.places[0] == to) => {
                    self.insts.extend(computed.clone().map(|inst| read_from(inst, from)));
                }
                From::Slot(from) => self.push(Row::Copy, smallvec![to, Place::Slot(from)], Imms::new(), None),
                From::Bits(bits) => match i32::try_from(bits as i64) {
                    Ok(k) => self.push(Row::Copy, smallvec![to, Place::Imm(k)], Imms::new(), None),
                    Err(_) => self.push(Row::Const64, smallvec![to], smallvec![bits as i64], None),
                },
            }
        }
        self.origin = origin;
    }

    /// Passes what `edge` passes, the one out of block `from`.
    fn pass_args(&mut self, edge: &Edge, from: BlockId) {
        let params = &self.vcode.blocks[edge.block.index()].params;
        let pairs = params.iter().zip(&edge.args);
        let moves = pairs.filter_map(|(param, arg)| Some(Move { to: self.slot(*param)?, from: self.source(*arg)? }));
        let mut moves: Vec<Move> = moves.collect();
        let Some((mut inst, to, source)) = self.computed_last(edge, from) else { return self.moves(moves) };
        self.insts.pop();
        inst.places[0] = Place::Slot(to);
        if source == to {
            // In place, behind the moves that want the old value.
            moves.retain(|m| m.to != to);
            self.moves(moves);
            self.insts.push(inst);
        } else {
            moves.iter_mut().filter(|m| m.to == to).for_each(|m| m.from = From::Slot(source));
            self.moves_and(moves, Some(inst));
        }
    }

    /// The last instruction, if all that it does is to compute from one slot what `edge` moves to another one, and to which:
    /// it can put it there itself. Next to the slot that it reads.
    fn computed_last(&self, edge: &Edge, from: BlockId) -> Option<(Inst, u16, u16)> {
        let insts = &self.vcode.blocks[from.index()].insts;
        let Op::Row { row, dst: Some(dst), .. } = insts.get(insts.len().checked_sub(2)?)?.op else { return None };
        let n = edge.args.iter().position(|arg| *arg == Arg::Reg(dst))?;
        let to = self.slot(self.vcode.blocks[edge.block.index()].params[n])?;
        let inst = self.insts.last().filter(|inst| inst.origin == Some(insts.len() as u32 - 2))?;
        let mut read = inst.places[1..].iter().filter(|place| !matches!(place, Place::Imm(_)));
        match (read.next(), read.next()) {
            (Some(Place::Slot(source)), None)
                if is_pure(row) && self.live.uses(dst).len() == 1 && inst.places[0] != Place::Slot(to) =>
            {
                Some((inst.clone(), to, *source))
            }
            _ => None,
        }
    }

    /// Moves `args` into slots from `first` on.
    fn args(&mut self, first: u16, args: &[Arg]) {
        let numbered = (first..=u16::MAX).zip(args);
        let moves = numbered.filter_map(|(to, arg)| Some(Move { to, from: self.source(*arg)? })).collect();
        self.moves(moves);
    }

    fn call(&mut self, callee: Callee, args: &[Arg], results: &[VReg], window: u16) {
        self.args(window, args);
        let w = i64::from(window);
        match callee {
            Callee::Func(index) => self.push(Row::Call, Places::new(), smallvec![w, 0], Some(index)),
            Callee::Import(index) => {
                self.push(Row::CallImport, Places::new(), smallvec![i64::from(index), w], None);
            }
            Callee::Indirect { index, table, ty } => {
                let index = self.place(index);
                let imms = smallvec![i64::from(table), i64::from(ty), w];
                self.push(Row::CallIndirect, smallvec![index], imms, None);
            }
        }
        let numbered = (window..=u16::MAX).zip(results);
        let moves = numbered.filter_map(|(from, reg)| Some(Move { to: self.slot(*reg)?, from: From::Slot(from) }));
        let moves = moves.collect();
        self.moves(moves);
    }

    fn return_call(&mut self, callee: Callee, args: &[Arg]) {
        let mut numbered: Vec<Move> = Vec::with_capacity(args.len() + 1);
        for (to, arg) in (0..=u16::MAX).zip(args) {
            numbered.extend(self.source(*arg).map(|from| Move { to, from }));
        }
        match callee {
            Callee::Func(index) => {
                self.moves(numbered);
                self.push(Row::ReturnCall, Places::new(), smallvec![0], Some(index));
            }
            Callee::Import(index) => {
                self.moves(numbered);
                self.push(Row::ReturnCallImport, Places::new(), smallvec![i64::from(index)], None);
            }
            Callee::Indirect { index, table, ty } => {
                let mut index = self.place(index);
                if let Place::Slot(slot) = index
                    && usize::from(slot) < args.len()
                {
                    // An argument goes where the index is.
                    numbered.push(Move { to: self.frame.index, from: From::Slot(slot) });
                    self.frame_slots = self.frame_slots.max(u32::from(self.frame.index) + 1);
                    index = Place::Slot(self.frame.index);
                }
                self.moves(numbered);
                let imms = smallvec![i64::from(table), i64::from(ty)];
                self.push(Row::ReturnCallIndirect, smallvec![index], imms, None);
            }
        }
    }

    fn return_(&mut self, args: &[Arg]) {
        match *args {
            [Arg::Reg(reg)] => {
                let row = match self.homes[reg.index()] {
                    Home::Register(class) => return_row(Some(class)),
                    _ => Row::ReturnValue,
                };
                let place = self.place(reg);
                self.push(row, smallvec![place], Imms::new(), None);
            }
            [arg] if let Some(k) = arg.immediate() => {
                self.push(Row::ReturnValue, smallvec![Place::Imm(k)], Imms::new(), None);
            }
            _ => {
                self.args(0, args);
                self.push(Row::Return, Places::new(), Imms::new(), None);
            }
        }
    }
}
