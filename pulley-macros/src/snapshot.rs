//! The expansion of a tiny instruction set, pinned for each tier in `tests/expand/{match,sibling,tail}/tiny.rs`.
//!
//! `PULLEY_BLESS=1 cargo test -p pulley-macros snapshot` writes the files anew: read the difference before committing.

use crate::parse::Whole;
use crate::{emit, validate};
use proc_macro2::TokenStream;
use quote::quote;
use std::path::Path;

/// One row of each kind that bodies differ by, with few forms.
fn tiny() -> crate::ast::Table {
    let spec = quote! {
        use crate::machine::{Budget, Code, Exit, Flow, Frame, Immediate, Inline, Machine, Memory, Target, Value};
        registers {
            pc: Code;
            fp: Frame;
            memory: Memory { base: *mut u8, length: usize };
            a: u64 as r for i32 u32 u64 bool;
            machine: *mut Machine;
            lp: Code;
            budget: Budget;
            fa: f64 as r for f64;
        }
        forms {
            binary = r <- rs si;
            float = s <- r;
            compare = r <- r s | br_if <- r i | select s <- s r s s | top_if <- r s | back_if <- r s;
            count = br_if <- s i;
            load = r <- s;
            control = ;
            ticking = , ticks;
        }
        groups { rows }
        pairs { LoadRS BrIfI32LtRI; BrIfI32LtRI Call; I32SubRSI I32SubRRI; }
    };
    let groups = quote! {
        rows {
            /// `a - b`.
            #[op(binary)]
            fn i32_sub(a: i32, b: i32) -> i32;
            /// `a < b`.
            #[op(compare)]
            fn i32_lt(a: i32, b: i32) -> bool;
            /// `-a`.
            #[op(float)]
            fn f64_neg(a: f64) -> f64;
            /// Adds `step` to `x`.
            #[op(count)]
            fn count(x: &mut u32, step: Step, limit: u32) -> bool;
            /// The word at `addr + offset`.
            #[op(load)]
            fn load(memory: &Memory, addr: u32, offset: Offset) -> Result<u32, Trap>;
            /// Jumps.
            #[op(control)]
            fn br(target: Target) -> Target;
            /// Notes the loop top.
            #[op(control)]
            fn set_lp(lp: &mut Code, next: Code);
            /// Calls.
            #[op(ticking)]
            fn call(machine: &mut Machine, next: Code, pc: &mut Code, fp: &mut Frame, target: Target) -> Flow;
        }
    };
    let checked = validate::check(Whole::parse(spec, groups).expect("the tiny table parses"));
    assert!(checked.errors.is_empty(), "{}", checked.complaints());
    checked.table
}

/// What an invocation says besides `isa = crate::isa;`.
fn client(options: TokenStream) -> crate::parse::Client {
    syn::parse2(quote!(isa = crate::isa; #options)).expect("the options parse")
}

fn compare(name: &str, tokens: TokenStream) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand").join(name);
    let file = syn::parse2(tokens).expect("the expansion is Rust");
    let text = prettyplease::unparse(&file);
    if std::env::var_os("PULLEY_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let lines = golden.lines().zip(text.lines()).enumerate();
    let different = lines.into_iter().find(|(_, (old, new))| old != new);
    if let Some((line, (old, new))) = different {
        panic!("{name}:{}: the expansion has\n{new}\ninstead of\n{old}\nPULLEY_BLESS=1 accepts it", line + 1);
    }
    assert_eq!(
        golden.lines().count(),
        text.lines().count(),
        "{name}: the expansion grew or shrank; PULLEY_BLESS=1 accepts it"
    );
}

#[test]
fn snapshot_of_the_match_loop() {
    compare("match/tiny.rs", emit::match_loop::emit(&tiny(), &client(quote!())).expect("it fits"));
}

#[test]
fn snapshot_of_the_tail_loop() {
    compare("tail/tiny.rs", emit::tail_loop::emit(&tiny(), &client(quote!())).expect("it fits"));
}

#[test]
fn snapshot_of_the_sibling_loop() {
    let client = client(quote!(abi = "sysv64"; in_machine = [memory_length, budget];));
    compare("sibling/tiny.rs", emit::sibling_loop::emit(&tiny(), &client).expect("it fits"));
}

#[test]
fn words_that_cannot_be_in_the_machine() {
    let error = |options| emit::sibling_loop::emit(&tiny(), &client(options)).expect_err("it is wrong").to_string();
    assert_eq!(error(quote!()), "`sibling_loop!` needs a calling convention: `abi = \"sysv64\";`");
    assert_eq!(error(quote!(abi = "fastcall";)), "no calling convention `fastcall`: it is `sysv64` or `C`");
    assert_eq!(error(quote!(abi = "C"; in_machine = [memory];)), "no register has a word `memory`");
    for word in [quote!(pc), quote!(fp), quote!(machine), quote!(a)] {
        let error = error(quote!(abi = "C"; in_machine = [#word];));
        assert_eq!(error, format!("`{word}` has to be an argument of the handlers"));
    }
}

#[test]
fn snapshot_of_the_instruction_set() {
    compare("isa/tiny.rs", emit::isa(&tiny()));
}
