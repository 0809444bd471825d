//! A proof that an allocation is right: follows which places hold which registers' values along every path, and compares
//! each operand of the placed code with the VCode that it came from.

use std::collections::HashMap;

use pulley_core::isa::{Class, FlowKind, Place, PlaceKind, Row};
use pulley_core::machine::{CROSS_HEADER, HEADER};
use smallvec::SmallVec;

use super::placed::{Exit, Inst, Placed};
use crate::vcode::{Arg, Callee, Op, Src, VCode, VReg};

/// A place in the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Location {
    Slot(u16),
    Register(PlaceKind, Class),
}

/// A value as the checker knows it.
type Symbol = Arg;

/// What every place holds: several registers when they are equal. A place that is not listed holds nothing known.
type State = HashMap<Location, SmallVec<[Symbol; 2]>>;

/// Checks `placed` against `vcode`, whose edges are split.
pub(crate) fn check(vcode: &VCode, placed: &Placed) -> Result<(), String> {
    let mut entry = State::new();
    for (n, param) in vcode.blocks[0].params.iter().enumerate() {
        entry.insert(Location::Slot(n as u16), SmallVec::from_elem(Arg::Reg(*param), 1));
    }
    let mut at_start: Vec<Option<State>> = vec![None; vcode.blocks.len()];
    at_start[0] = Some(entry);
    let mut work = vec![0];
    while let Some(block) = work.pop() {
        let state = at_start[block].clone().unwrap_or_default();
        let mut checker = Checker { vcode, placed, state };
        checker.block(block).map_err(|e| format!("block{block}: {e}"))?;
        let Some(last) = vcode.blocks[block].insts.last() else { continue };
        for edge in last.op.edges() {
            let to = edge.block.index();
            let next = through_edge(&checker.state, &vcode.blocks[to].params, &edge.args);
            let changed = match &mut at_start[to] {
                Some(known) => meet(known, &next),
                unknown => {
                    *unknown = Some(next);
                    true
                }
            };
            if changed {
                work.push(to);
            }
        }
    }
    Ok(())
}

/// The state behind an edge: `params` are what `args` were.
fn through_edge(state: &State, params: &[VReg], args: &[Arg]) -> State {
    let renamed = |symbols: &SmallVec<[Symbol; 2]>| {
        let stale = |s: &Symbol| s.reg().is_some_and(|reg| params.contains(&reg));
        let mut new: SmallVec<[Symbol; 2]> = symbols.iter().copied().filter(|s| !stale(s)).collect();
        let equal = params.iter().zip(args).filter(|(_, arg)| symbols.contains(arg));
        new.extend(equal.map(|(param, _)| Arg::Reg(*param)));
        new
    };
    state.iter().map(|(place, symbols)| (*place, renamed(symbols))).collect()
}

/// Keeps in `known` only what `other` knows too. Returns whether that is less.
fn meet(known: &mut State, other: &State) -> bool {
    let mut changed = false;
    known.retain(|place, symbols| {
        let before = symbols.len();
        match other.get(place) {
            Some(also) => symbols.retain(|s| also.contains(s)),
            None => symbols.clear(),
        }
        changed |= symbols.len() < before;
        !symbols.is_empty()
    });
    changed
}

struct Checker<'a> {
    vcode: &'a VCode,
    placed: &'a Placed,
    state: State,
}

impl Checker<'_> {
    fn block(&mut self, block: usize) -> Result<(), String> {
        let placed = self.placed;
        let insts = &self.vcode.blocks[block].insts;
        let mut next = 0;
        for inst in &placed.blocks[block].insts {
            let named = |e| format!("{} {:?}: {e}", inst.row.info().name, inst.places);
            self.bounds(inst).map_err(named)?;
            let Some(origin) = inst.origin else {
                self.move_(inst).map_err(named)?;
                continue;
            };
            if origin as usize != next {
                return Err(format!("instruction {next} is missing"));
            }
            next += 1;
            self.inst(inst, &insts[origin as usize].op).map_err(named)?;
        }
        let exits = usize::from(!matches!(placed.blocks[block].exit, Exit::Stop));
        if next + exits != insts.len() {
            return Err(format!("instruction {next} is missing"));
        }
        match (&placed.blocks[block].exit, insts.last().map(|i| &i.op)) {
            (Exit::Branch { row, places, .. }, Some(Op::Branch { srcs, .. })) => self.srcs(*row, places, srcs),
            (Exit::Table { index, .. }, Some(Op::Table { index: reg, .. })) => {
                self.reads(Row::BrTable, &[*index], &[Src::Reg(*reg)])
            }
            _ => Ok(()),
        }
    }

    fn bounds(&self, inst: &Inst) -> Result<(), String> {
        let slots = inst.places.iter().filter_map(|p| if let Place::Slot(slot) = p { Some(*slot) } else { None });
        match slots.max() {
            Some(slot) if u32::from(slot) >= self.placed.frame_slots => Err("beyond the frame".into()),
            _ if inst.row.form(&inst.places).is_none() => Err("no form".into()),
            _ => Ok(()),
        }
    }

    fn move_(&mut self, inst: &Inst) -> Result<(), String> {
        let class = if inst.row == Row::F64Copy { Class::Fa } else { Class::A };
        let to = match location(inst.places[0], class) {
            Some(to) if inst.places[0] != Place::R => to,
            _ => return Err("a move into an accumulator".into()),
        };
        let from = inst.places.get(1).copied();
        let content = match (inst.row, from) {
            (Row::Copy | Row::F64Copy, Some(place)) if let Some(from) = location(place, class) => {
                self.state.get(&from).cloned().unwrap_or_default()
            }
            (Row::Copy, Some(Place::Imm(k))) => SmallVec::from_elem(Arg::Bits(i64::from(k) as u64), 1),
            (Row::Const64, None) => SmallVec::from_elem(Arg::Bits(inst.imms[0] as u64), 1),
            _ => return Err("not a move".into()),
        };
        self.state.insert(to, content);
        Ok(())
    }

    fn inst(&mut self, inst: &Inst, op: &Op) -> Result<(), String> {
        match op {
            Op::Row { row, dst, srcs, .. } => {
                let info = row.info();
                let results = usize::from(info.result.is_some());
                self.srcs(*row, &inst.places[results..], srcs)?;
                if info.flow == FlowKind::Control {
                    // Leaving the loop keeps what is pinned.
                    self.state.retain(|place, _| !matches!(place, Location::Register(PlaceKind::R, _)));
                }
                let to = match &info.result {
                    Some(result) => location(inst.places[0], result.class),
                    None => window(inst).map(Location::Slot),
                };
                if let Some(to) = to {
                    self.define(to, *dst);
                }
                Ok(())
            }
            Op::Call { callee, args, results } => {
                let window = window(inst).ok_or("no window")?;
                let used = u32::from(window) + args.len().max(results.len()) as u32;
                if used > self.placed.frame_slots {
                    return Err("beyond the frame".into());
                }
                self.callee(inst, callee, &Row::CallIndirect)?;
                self.args(window, args)?;
                let header = if matches!(callee, Callee::Func(_)) { HEADER } else { CROSS_HEADER };
                let kept = |place: &Location| matches!(place, Location::Slot(slot) if *slot < window - header);
                self.state.retain(|place, _| kept(place));
                for (n, result) in results.iter().enumerate() {
                    self.define(Location::Slot(window + n as u16), Some(*result));
                }
                Ok(())
            }
            Op::ReturnCall { callee, args } => {
                self.callee(inst, callee, &Row::ReturnCallIndirect)?;
                self.args(0, args)
            }
            Op::Return { args } => match (&args[..], &inst.places[..]) {
                ([Arg::Reg(reg)], [_]) => self.reads(inst.row, &inst.places, &[Src::Reg(*reg)]),
                ([arg], [Place::Imm(k)]) if arg.immediate() == Some(*k) => Ok(()),
                (_, []) => self.args(0, args),
                _ => Err("wrong results".into()),
            },
            Op::Trap { .. } => Ok(()),
            _ => Err("not an instruction".into()),
        }
    }

    fn callee(&self, inst: &Inst, callee: &Callee, row: &Row) -> Result<(), String> {
        match callee {
            Callee::Indirect { index, .. } => self.reads(*row, &inst.places, &[Src::Reg(*index)]),
            _ => Ok(()),
        }
    }

    fn args(&self, first: u16, args: &[Arg]) -> Result<(), String> {
        for (n, arg) in args.iter().enumerate() {
            self.holds(Location::Slot(first + n as u16), *arg)?;
        }
        Ok(())
    }

    fn srcs(&self, row: Row, places: &[Place], srcs: &[Src]) -> Result<(), String> {
        self.reads(row, places, srcs)
    }

    fn reads(&self, row: Row, places: &[Place], srcs: &[Src]) -> Result<(), String> {
        if places.len() != srcs.len() || srcs.len() != row.info().operands.len() {
            return Err(format!("{} operands", places.len()));
        }
        for ((place, src), operand) in places.iter().zip(srcs).zip(row.info().operands) {
            match (src, location(*place, operand.class)) {
                (Src::Reg(reg), Some(location)) => self.holds(location, Arg::Reg(*reg))?,
                (Src::Imm(k), None) if *place == Place::Imm(*k) => {}
                _ => return Err(format!("{src} in {place:?}")),
            }
        }
        Ok(())
    }

    fn holds(&self, place: Location, symbol: Symbol) -> Result<(), String> {
        match self.state.get(&place) {
            Some(symbols) if symbols.contains(&symbol) => Ok(()),
            other => Err(format!("{place:?} holds {other:?}, not {symbol}")),
        }
    }

    /// `place` is overwritten, with the value of `reg` if there is one.
    fn define(&mut self, place: Location, reg: Option<VReg>) {
        let Some(reg) = reg.map(Arg::Reg) else {
            self.state.remove(&place);
            return;
        };
        for symbols in self.state.values_mut() {
            symbols.retain(|s| *s != reg);
        }
        self.state.insert(place, SmallVec::from_elem(reg, 1));
    }
}

/// The slot that the `Window` among the immediates names.
fn window(inst: &Inst) -> Option<u16> {
    let at = inst.row.info().immediates.iter().position(|i| i.ty == "Window")?;
    Some(inst.imms[at] as u16)
}

fn location(place: Place, class: Class) -> Option<Location> {
    match place {
        Place::Slot(slot) => Some(Location::Slot(slot)),
        Place::Imm(_) => None,
        place => Some(Location::Register(place.kind(), class)),
    }
}
