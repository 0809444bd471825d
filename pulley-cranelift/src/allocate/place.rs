//! Writes a function anew with places for registers, and with the moves that the places make necessary.

use pulley_core::isa::{Class, Place, Row};
use smallvec::{SmallVec, smallvec};

use super::cfg::Cfg;
use super::liveness::Liveness;
use super::moves::{From, Loc, Move, sequentialise};
use super::pins::{Crossing, Pin, Pins, classes, demoted};
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
    /// For the index of an indirect tail call while the arguments are moved, and for one move in two steps. Calls destroy it.
    index: u16,
    /// Where the first window starts.
    pub window: Option<u16>,
    /// How many slots there are if nothing needs the two spare ones.
    size: u32,
}

impl FrameLayout {
    /// The layout of a frame with `own` slots of its own.
    pub fn new(own: usize, calls: &Calls) -> Result<FrameLayout, TooManySlots> {
        // The spare slots share the header's place: they are not alive across calls.
        let window = own + calls.header();
        let size = if calls.any() { window + calls.all_slots() } else { own };
        // Slots are numbered with 16 bits.
        if size.max(own + 2) > usize::from(u16::MAX) {
            return Err(TooManySlots(size));
        }
        let window = calls.any().then_some(window as u16);
        Ok(FrameLayout { temp: own as u16, index: own as u16 + 1, window, size: size as u32 })
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
    pins: &Pins,
    frame: FrameLayout,
) -> Placed {
    let (insts, loc, origin, block) = (Vec::new(), vcode::NO_LOC, None, BlockId(0));
    let frame_slots = frame.size;
    let mut writer =
        Writer { vcode, cfg: &cfg, live, calls, homes, pins, frame, frame_slots, block, insts, loc, origin };
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
    pins: &'a Pins,
    frame: FrameLayout,
    frame_slots: u32,
    /// The block that is written.
    block: BlockId,
    /// The instructions of the block so far.
    insts: Vec<Inst>,
    /// Of the instruction that is written.
    loc: u32,
    origin: Option<u32>,
}

/// `inst` with `from` in place of the only one that it reads.
fn read_from(mut inst: Inst, from: Loc) -> Inst {
    let read = inst.places[1..].iter_mut().find(|place| !matches!(place, Place::Imm(_)));
    read.into_iter().for_each(|place| *place = from.place());
    inst
}

impl Writer<'_> {
    fn block(&mut self, id: BlockId) -> Block {
        let mut exit = Exit::Stop;
        let vcode = self.vcode;
        let block = &vcode.blocks[id.index()];
        (self.block, self.loc, self.origin) = (id, block.insts.first().map_or(vcode::NO_LOC, |first| first.loc), None);
        let loads = self.crossing(&self.pins.moves(id).start);
        self.moves(loads);
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
                    let (places, _) = self.fit(*row, None, srcs);
                    let imms = Imms::new();
                    exit = Exit::Branch { row: *row, places, imms, then: then.block, otherwise: otherwise.block };
                }
                Op::Table { index, edges } => {
                    let targets = edges.iter().map(|edge| edge.block).collect();
                    let (places, _) = self.fit(Row::BrTable, None, &[Src::Reg(*index)]);
                    exit = Exit::Table { index: places[0], targets };
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
        if let Some(pin) = self.pins.get(self.block, reg) {
            return pin.place();
        }
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

    fn second_spare(&mut self) -> Loc {
        self.frame_slots = self.frame_slots.max(u32::from(self.frame.index) + 1);
        Loc::Slot(self.frame.index)
    }

    /// The places of a row's result and operands. Where the row has no form with a pinned register, the value is copied
    /// from there to its slot first, or behind it from its slot to there: that is the move.
    fn fit(&mut self, row: Row, dst: Option<VReg>, srcs: &[Src]) -> (Places, Option<Move>) {
        let regs = dst.map(Src::Reg).into_iter().chain(srcs.iter().copied());
        let regs: SmallVec<[Src; 5]> = regs.collect();
        let place = |src: &Src| match src {
            Src::Reg(reg) => self.place(*reg),
            Src::Imm(k) => Place::Imm(*k),
        };
        let mut places: Places = regs.iter().map(place).collect();
        let class = classes(row, dst.is_some());
        let (pins, block) = (self.pins, self.block);
        let pin = |n: usize| if let Src::Reg(reg) = regs[n] { pins.get(block, reg) } else { None };
        let slots = demoted(row, &places, |n| pin(n).is_some_and(|pin| pin.class() != class(n)));
        let mut behind = None;
        for n in (0..places.len()).filter(|n| slots & 1 << n != 0) {
            let (Src::Reg(reg), Some(pin)) = (regs[n], pin(n)) else { continue };
            let Some(slot) = self.slot(reg) else { continue };
            places[n] = Place::Slot(slot);
            let (slot, pin) = (Loc::Slot(slot), Loc::Pin(pin));
            if n == 0 && dst.is_some() {
                behind = Some(Move { to: pin, from: From::Loc(slot) });
            } else {
                self.moves(vec![Move { to: slot, from: From::Loc(pin) }]);
            }
        }
        (places, behind)
    }

    fn row(&mut self, row: Row, dst: Option<VReg>, srcs: &[Src], imms: &[i64]) {
        let info = row.info();
        let (mut places, mut behind) = self.fit(row, dst.filter(|_| info.result.is_some()), srcs);
        if info.result.is_some() && dst.is_none() {
            places.insert(0, Place::Slot(self.spare()));
        }
        // `dst: Window` names the slot of a result that the machine writes after it has left the loop.
        let mut window = 0;
        if info.immediates.iter().any(|i| i.ty == "Window") {
            window = dst.and_then(|reg| self.slot(reg)).unwrap_or_else(|| self.spare());
            let pin = dst.and_then(|reg| self.pins.get(self.block, reg));
            behind = pin.map(|pin| Move { to: Loc::Pin(pin), from: From::Loc(Loc::Slot(window)) });
        }
        let mut given = imms.iter().copied();
        let imm = |i: &pulley_core::isa::ImmediateInfo| match i.ty {
            "Window" => i64::from(window),
            _ => given.next().unwrap_or(0),
        };
        let imms = info.immediates.iter().map(imm).collect();
        self.push(row, places, imms, None);
        self.moves(behind.into_iter().collect());
    }

    /// The slot of a register that has one, be it pinned or not.
    fn slot(&self, reg: VReg) -> Option<u16> {
        match self.homes[reg.index()] {
            Home::Slot(slot) => Some(slot),
            _ => None,
        }
    }

    /// Where a register is that is moved in or into `block`.
    fn loc(&self, block: BlockId, reg: VReg) -> Option<Loc> {
        let pin = self.pins.get(block, reg).map(Loc::Pin);
        pin.or_else(|| self.slot(reg).map(Loc::Slot))
    }

    /// The move of `arg` to `to`.
    fn move_to(&self, to: Loc, arg: Arg) -> Option<Move> {
        let from = match arg {
            Arg::Bits(bits) => From::Bits(bits),
            // Its slot may hold it too.
            Arg::Reg(reg)
                if self.slot(reg).map(Loc::Slot) == Some(to) && self.pins.slot_is_current(self.block, reg) =>
            {
                return None;
            }
            Arg::Reg(reg) => From::Loc(self.loc(self.block, reg)?),
        };
        Some(Move { to, from })
    }

    /// Loads and stores of pinned registers.
    fn crossing(&self, crossing: &[Crossing]) -> Vec<Move> {
        crossing.iter().filter_map(|crossing| Some(crossing.at(self.slot(crossing.web)?))).collect()
    }

    /// Moves that happen at once.
    fn moves(&mut self, moves: Vec<Move>) {
        self.moves_and(moves, None);
    }

    /// Moves that happen at once. The one into the place that goes with `computed` is done by that instruction, which reads
    /// one place: the source of this move.
    fn moves_and(&mut self, moves: Vec<Move>, computed: Option<(Loc, Inst)>) {
        if moves.is_empty() {
            return;
        }
        // A float register takes no constants: they come last, through a slot that is free again.
        let is_constant = |m: &Move| matches!((m.to, m.from), (Loc::Pin(Pin::Fq), From::Bits(_)));
        let (constants, moves): (Vec<Move>, Vec<Move>) = moves.into_iter().partition(is_constant);
        let mut list: SmallVec<[Move; 8]> = SmallVec::new();
        let temp = Loc::Slot(self.frame.temp);
        let mut used_temp = sequentialise(moves, temp, |m| list.push(m));
        for Move { to, from } in constants {
            list.push(Move { to: temp, from });
            list.push(Move { to, from: From::Loc(temp) });
            used_temp = true;
        }
        if used_temp {
            self.spare();
        }
        let origin = self.origin.take();
        for Move { to, from } in list {
            match (to, from) {
                (_, From::Loc(from)) if let Some((_, inst)) = computed.as_ref().filter(|(at, _)| *at == to) => {
                    self.insts.push(read_from(inst.clone(), from));
                }
                // Bits that change their type.
                (Loc::Pin(a), From::Loc(Loc::Pin(b))) if a.class() != b.class() => {
                    let between = self.second_spare();
                    self.one_move(between, from);
                    self.one_move(to, From::Loc(between));
                }
                _ => self.one_move(to, from),
            }
        }
        self.origin = origin;
    }

    fn one_move(&mut self, to: Loc, from: From) {
        let is_float = |loc: Loc| matches!(loc, Loc::Pin(pin) if pin.class() == Class::Fa);
        let (row, places, imms): (Row, Places, Imms) = match from {
            From::Loc(loc) => {
                let row = if is_float(to) || is_float(loc) { Row::F64Copy } else { Row::Copy };
                (row, smallvec![to.place(), loc.place()], Imms::new())
            }
            From::Bits(bits) => match i32::try_from(bits as i64) {
                Ok(k) => (Row::Copy, smallvec![to.place(), Place::Imm(k)], Imms::new()),
                Err(_) => (Row::Const64, smallvec![to.place()], smallvec![bits as i64]),
            },
        };
        self.push(row, places, imms, None);
    }

    /// Passes what `edge` passes, the one out of block `from`.
    fn pass_args(&mut self, edge: &Edge, from: BlockId) {
        let params = &self.vcode.blocks[edge.block.index()].params;
        let pairs = params.iter().zip(&edge.args);
        let passed = pairs.filter_map(|(param, arg)| self.move_to(self.loc(edge.block, *param)?, *arg));
        let mut moves: Vec<Move> = passed.collect();
        moves.extend(self.crossing(&self.pins.moves(from).end));
        let Some((mut inst, to, source)) = self.computed_last(edge, from) else { return self.moves(moves) };
        self.insts.pop();
        inst.places[0] = to.place();
        if source == to {
            // In place, behind the moves that want the old value.
            moves.retain(|m| m.to != to);
            self.moves(moves);
            self.insts.push(inst);
        } else {
            moves.iter_mut().filter(|m| m.to == to).for_each(|m| m.from = From::Loc(source));
            self.moves_and(moves, Some((to, inst)));
        }
    }

    /// The last instruction, if all that it does is to compute from one place what `edge` moves to another one, and to
    /// which: it can put it there itself. Next to the place that it reads.
    fn computed_last(&self, edge: &Edge, from: BlockId) -> Option<(Inst, Loc, Loc)> {
        let insts = &self.vcode.blocks[from.index()].insts;
        let Op::Row { row, dst: Some(dst), ref srcs, .. } = insts.get(insts.len().checked_sub(2)?)?.op else {
            return None;
        };
        let n = edge.args.iter().position(|arg| *arg == Arg::Reg(dst))?;
        let to = self.loc(edge.block, self.vcode.blocks[edge.block.index()].params[n])?;
        let inst = self.insts.last().filter(|inst| inst.origin == Some(insts.len() as u32 - 2))?;
        let mut read = srcs.iter().filter_map(|src| if let Src::Reg(reg) = src { Some(*reg) } else { None });
        let (Some(source), None) = (read.next(), read.next()) else { return None };
        let source = self.loc(from, source)?;
        let is_read = inst.places[1..].contains(&source.place());
        let class = row.info().result?.class;
        let fits = matches!(to, Loc::Slot(_)) || matches!(to, Loc::Pin(pin) if pin.class() == class);
        let has_form = |source: Loc| {
            let mut inst = read_from(inst.clone(), source);
            inst.places[0] = to.place();
            row.form(&inst.places).is_some()
        };
        let moves = is_pure(row) && self.live.uses(dst).len() == 1 && Some(to) != self.loc(from, dst);
        (moves && is_read && fits && has_form(source) && has_form(Loc::Slot(0))).then(|| (inst.clone(), to, source))
    }

    /// Moves `args` into slots from `first` on.
    fn args(&mut self, first: u16, args: &[Arg]) {
        let numbered = (first..=u16::MAX).zip(args);
        let moves = numbered.filter_map(|(to, arg)| self.move_to(Loc::Slot(to), *arg)).collect();
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
        let from = |slot: u16| From::Loc(Loc::Slot(slot));
        let moves = numbered.filter_map(|(slot, reg)| Some(Move { to: self.loc(self.block, *reg)?, from: from(slot) }));
        let moves = moves.collect();
        self.moves(moves);
    }

    fn return_call(&mut self, callee: Callee, args: &[Arg]) {
        let mut numbered: Vec<Move> = Vec::with_capacity(args.len() + 1);
        for (to, arg) in (0..=u16::MAX).zip(args) {
            numbered.extend(self.move_to(Loc::Slot(to), *arg));
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
                    numbered.push(Move { to: self.second_spare(), from: From::Loc(Loc::Slot(slot)) });
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
                let class = match self.homes[reg.index()] {
                    Home::Register(class) => Some(class),
                    _ => self.pins.get(self.block, reg).map(Pin::class),
                };
                let row = return_row(class);
                let (places, _) = self.fit(row, None, &[Src::Reg(reg)]);
                self.push(row, places, Imms::new(), None);
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
