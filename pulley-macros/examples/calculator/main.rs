//! A programmable calculator: a small virtual machine that is not WebAssembly, on either dispatch loop.
//!
//! ```text
//! cargo run -p pulley-macros --example calculator
//! cargo run -p pulley-macros --example calculator -- 'x = 2; print sqrt(x * 8)'
//! cargo +nightly run -p pulley-macros --example calculator --features tail-calls
//! ```
//!
//! `table.rs` is the instruction set, `machine.rs` the types it works on, `language.rs` a compiler that uses the
//! generated encoder. This file puts them together. The crate's documentation explains them in this order.
#![cfg_attr(feature = "tail-calls", feature(explicit_tail_calls, rust_preserve_none_cc))]
#![cfg_attr(feature = "tail-calls", allow(incomplete_features))]

mod language;
mod machine;
mod table;

use machine::{Code, Exit, Frame, Machine};
use table::disassemble;

/// The dispatch loop: the same table, one of two tiers.
#[cfg(not(feature = "tail-calls"))]
mod dispatch {
    pulley_macros::match_loop! { isa = crate::table; }
}

/// The dispatch loop: the same table, one of two tiers.
#[cfg(feature = "tail-calls")]
mod dispatch {
    pulley_macros::tail_loop! { isa = crate::table; }
}

/// Newton's method for the square root of 2, then the sum of 1/n² up to a hundred thousand.
const DEMO: &str = "
    x = 1; n = 0
    while n < 6 { x = (x + 2 / x) / 2; n = n + 1 }
    print x

    sum = 0; n = 0
    while n < 100000 { n = n + 1; sum = sum + 1 / (n * n) }
    print sqrt(sum * 6)
";

/// Compiles and runs `source`; gives what it prints.
fn calculate(source: &str) -> Result<Vec<f64>, String> {
    let code = language::compile(source)?;
    let mut slots = vec![0; 1 << 16];
    let mut machine = Machine::default();
    let (pc, fp) = (Code::new(code.as_ptr()), Frame::new(slots.as_mut_ptr()));
    // SAFETY: the compiler makes whole instructions that end in `halt` and jump to each other's starts; slots have 16-bit
    // numbers and the frame has that many. (Bytes from elsewhere would have to be verified first.)
    match unsafe { dispatch::run(pc, fp, &mut machine) } {
        Exit::Done => Ok(machine.printed),
        Exit::Trap(trap) => {
            let at = machine.stopped_at(&code);
            let instruction = disassemble(&code, at).map_err(|error| error.to_string())?;
            Err(format!("{trap:?} at {at:#x}: {instruction}"))
        }
    }
}

/// Prints the bytecode of `source`.
fn list(source: &str) -> Result<(), String> {
    let code = language::compile(source)?;
    let mut at = 0;
    while at < code.len() {
        let instruction = disassemble(&code, at).map_err(|error| error.to_string())?;
        println!("{at:6x}  {instruction}");
        at += instruction.size();
    }
    Ok(())
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let source = if arguments.is_empty() { DEMO.to_string() } else { arguments.join(" ") };
    list(&source)?;
    for number in calculate(&source)? {
        println!("{number}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calculates() {
        assert_eq!(calculate("print 2 * (3 + 4) - 6 / 4"), Ok(vec![12.5]));
        assert_eq!(calculate("a = 3; b = -a; print b * b; print a - b - 1"), Ok(vec![9.0, 5.0]));
        let printed = calculate(DEMO).unwrap();
        assert!((printed[0] - core::f64::consts::SQRT_2).abs() < 1e-15);
        assert!((printed[1] - core::f64::consts::PI).abs() < 1e-4);
    }

    #[test]
    fn loops_may_run_not_at_all() {
        assert_eq!(calculate("n = 9; while n < 9 { n = n + 1 } print n"), Ok(vec![9.0]));
        assert_eq!(calculate("i = 0; while i < 3 { j = 0; while j < i { j = j + 1; print i * 10 + j } i = i + 1 }"), {
            Ok(vec![11.0, 21.0, 22.0])
        });
    }

    #[test]
    fn traps_say_where() {
        assert_eq!(calculate("print 1; print 1 / (2 - 2)"), Err("DivisionByZero at 0x36: divide r, s0, r".to_string()));
        assert_eq!(calculate("print sqrt(-1)"), Err("NotANumber at 0xc: square_root r, r".to_string()));
    }

    #[test]
    fn mistakes_are_errors() {
        assert_eq!(calculate("print"), Err("expected a number, a name, `(` or `-`, found the end".to_string()));
        assert_eq!(calculate("1 + 1"), Err("expected `print`, `while` or `name = ..`, found `1`".to_string()));
        assert_eq!(calculate("while 1 { }"), Err("expected `<`, found `{`".to_string()));
    }

    pulley_macros::row_tests! { isa = crate::table; check = crate::tests::check; }

    type Oracle<'a> = &'a dyn Fn(&mut [u64], &[i64], &mut ()) -> Result<Option<u64>, machine::Trap>;

    /// Runs each form of an arithmetic row once and compares with its function.
    fn check(row: table::Row, oracle: Oracle<'_>) {
        use table::{Encoder, FlowKind, Place, PlaceKind};
        let info = row.info();
        if info.flow != FlowKind::Next || !info.immediates.is_empty() {
            return;
        }
        for opcode in info.opcodes {
            let mut slots = [0, 6f64.to_bits(), 1.5f64.to_bits(), 0];
            let mut encoder = Encoder::new();
            let places: Vec<Place> =
                opcode.info().places.iter().enumerate().map(|(n, kind)| kind.place(n as i32)).collect();
            if let Some(n) = opcode.info().places[1..].iter().position(|kind| *kind == PlaceKind::R) {
                encoder.copy(Place::R, Place::Slot(n as u16 + 1)).unwrap();
            }
            encoder.emit(row, &places, &[]).unwrap();
            if places[0] == Place::R {
                encoder.copy(Place::Slot(0), Place::R).unwrap();
            }
            encoder.halt().unwrap();
            let mut operands = slots[1..].to_vec();
            let expected = oracle(&mut operands, &[], &mut ()).unwrap();
            let mut machine = Machine::default();
            let (pc, fp) = (Code::new(encoder.bytes.as_ptr()), Frame::new(slots.as_mut_ptr()));
            // SAFETY: whole instructions that end in `halt` and use four slots.
            let exit = unsafe { dispatch::run(pc, fp, &mut machine) };
            assert_eq!((exit, slots[0]), (Exit::Done, expected.unwrap()), "{}", opcode.info().name);
        }
    }
}
