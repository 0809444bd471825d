//! A proof that a function's bytecode keeps the machine's pace, and goes to the loop top only where there is one.
//!
//! - What jumps to its own or a smaller address ticks.
//! - Between two ticks at most `pace` instructions are executed: [`PACE`](pulley_core::machine::PACE), or fewer.
//! - At what goes to the loop top, `lp` holds the same address whichever way control came, and no call has come since.

use std::collections::HashMap;

use pulley_core::isa::{FlowKind, Instruction, Row, disassemble};

use super::encode::FunctionCode;

/// What is known before an instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    /// How many instructions were executed since the last tick, at most.
    since_tick: u32,
    /// What `lp` holds, if that is certain.
    top: Option<usize>,
}

/// Checks the code of a function before it is linked.
pub(super) fn check(code: &FunctionCode, pace: u32) -> Result<(), String> {
    let mut insts = Vec::new();
    let mut at = 0;
    while at < code.bytes.len() {
        let inst = disassemble(&code.bytes, at).map_err(|error| error.to_string())?;
        at += inst.size();
        insts.push(inst);
    }
    let states = HashMap::from([(0, State { since_tick: 0, top: None })]);
    let mut checker = Checker { code, pace, states, changed: true };
    // What is known becomes less with every pass, until nothing changes.
    while std::mem::take(&mut checker.changed) {
        for inst in &insts {
            checker.inst(inst).map_err(|error| format!("{:#x}: {inst}: {error}", inst.at()))?;
        }
    }
    let starts: std::collections::HashSet<usize> = insts.iter().map(Instruction::at).collect();
    match checker.states.keys().find(|at| !starts.contains(at)) {
        Some(at) => Err(format!("{at:#x} is no instruction, but control gets there")),
        None => Ok(()),
    }
}

struct Checker<'a> {
    code: &'a FunctionCode,
    pace: u32,
    states: HashMap<usize, State>,
    changed: bool,
}

impl Checker<'_> {
    fn inst(&mut self, inst: &Instruction<'_>) -> Result<(), String> {
        // Not reached, or not yet.
        let Some(&before) = self.states.get(&inst.at()) else { return Ok(()) };
        let (row, info) = (inst.row(), inst.row().info());
        // A branch back ticks only if it is taken.
        let ticks = info.ticks && !matches!(info.flow, FlowKind::Top | FlowKind::Back);
        let since_tick = if ticks { 0 } else { before.since_tick + 1 };
        if since_tick > self.pace {
            return Err(format!("{since_tick} instructions without a tick"));
        }
        let next = inst.at() + inst.size();
        let after = State { since_tick, ..before };
        match row {
            Row::SetLp => self.reach(next, State { top: Some(next), ..after }),
            Row::Call | Row::CallListed | Row::CallImport | Row::CallIndirect => {
                self.reach(next, State { top: None, ..after })
            }
            _ if info.flow == FlowKind::Top || row == Row::BrTop => {
                let top = before.top.ok_or("nobody knows where the loop top is")?;
                self.reach(top, State { since_tick: 0, ..before });
                if row != Row::BrTop {
                    self.reach(next, after);
                }
            }
            _ if info.flow == FlowKind::Back => {
                self.targets(inst, true, State { since_tick: 0, ..after })?;
                self.reach(next, after);
            }
            _ => {
                self.targets(inst, ticks, after)?;
                if matches!(info.flow, FlowKind::Next | FlowKind::Branch) || returns_here(row) {
                    self.reach(next, after);
                }
            }
        }
        Ok(())
    }

    fn targets(&mut self, inst: &Instruction<'_>, ticks: bool, after: State) -> Result<(), String> {
        // The linker has not been here yet.
        if self.code.calls.iter().any(|call| call.start as usize == inst.at()) {
            return Ok(());
        }
        for target in inst.targets() {
            let target = usize::try_from(target).map_err(|_| "a target before the function")?;
            if target <= inst.at() && !ticks {
                return Err("a jump back without a tick".into());
            }
            self.reach(target, after);
        }
        Ok(())
    }

    /// Control gets to `at` with `state`.
    fn reach(&mut self, at: usize, state: State) {
        let known = self.states.entry(at).or_insert(State { since_tick: u32::MAX, ..state });
        let since_tick = match known.since_tick {
            u32::MAX => state.since_tick,
            known => known.max(state.since_tick),
        };
        let merged = State { since_tick, top: known.top.filter(|_| known.top == state.top) };
        self.changed |= merged != *known;
        *known = merged;
    }
}

/// Whether what leaves the loop goes on behind this instruction.
fn returns_here(row: Row) -> bool {
    row.info().flow == FlowKind::Control && row.info().immediates.iter().any(|immediate| immediate.ty == "Window")
}

#[cfg(test)]
mod tests {
    use pulley_core::isa::{Encoder, Place};
    use pulley_core::machine::PACE;

    use super::*;

    fn code(write: impl FnOnce(&mut Encoder)) -> FunctionCode {
        let mut encoder = Encoder::new();
        write(&mut encoder);
        FunctionCode { bytes: encoder.bytes, ..FunctionCode::default() }
    }

    fn proven(write: impl FnOnce(&mut Encoder)) -> Result<(), String> {
        check(&code(write), PACE)
    }

    fn nops(encoder: &mut Encoder, count: u32) {
        for _ in 0..count {
            encoder.emit(Row::Nop, &[], &[]).unwrap();
        }
    }

    #[test]
    fn long_runs_need_polls() {
        let run = |before: u32, behind: u32| {
            proven(|encoder| {
                nops(encoder, before);
                encoder.emit(Row::Poll, &[], &[]).unwrap();
                nops(encoder, behind);
                encoder.emit(Row::Return, &[], &[]).unwrap();
            })
        };
        assert_eq!(run(PACE, PACE), Ok(()));
        assert!(run(PACE + 1, 0).is_err());
        assert!(run(0, PACE + 1).is_err());
    }

    #[test]
    fn only_what_ticks_goes_back() {
        let back = |row: Row, places: &[Place]| {
            proven(|encoder| {
                nops(encoder, 1);
                encoder.emit(row, places, &[-2]).unwrap();
                encoder.emit(Row::Return, &[], &[]).unwrap();
            })
        };
        assert_eq!(back(Row::BrBack, &[]), Ok(()));
        assert!(back(Row::Br, &[]).is_err());
        assert!(back(Row::BrIfI32Eq, &[Place::Slot(0), Place::Slot(1)]).is_err());
        assert_eq!(back(Row::BackIfI32Eq, &[Place::Slot(0), Place::Slot(1)]), Ok(()));
    }

    #[test]
    fn the_loop_top_is_known_and_calls_destroy_it() {
        let top = |rows: &[(Row, &[i64])]| {
            proven(|encoder| {
                for (row, imms) in rows {
                    encoder.emit(*row, &[], imms).unwrap();
                }
            })
        };
        assert_eq!(top(&[(Row::SetLp, &[]), (Row::Nop, &[]), (Row::BrTop, &[])]), Ok(()));
        assert!(top(&[(Row::Nop, &[]), (Row::BrTop, &[])]).is_err());
        assert!(top(&[(Row::SetLp, &[]), (Row::CallImport, &[0, 9]), (Row::BrTop, &[])]).is_err());
    }
}
