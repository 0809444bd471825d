//! The sibling tier: handlers that end in an ordinary call of the next one, in tail position (stable).
//!
//! Caller and callee have the same signature and no argument is on the stack, so LLVM makes a jump of the call, from
//! `-O1` on. The language does not promise that: whoever uses this tier bounds how deep calls can nest by other means.

use super::handlers::{self, Tier};
use crate::ast::Table;
use crate::parse::Client;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Result};

/// The calling conventions that can be asked for, with the integers that they pass in registers.
///
/// A handler jumps through a register too: these have others to spare for that.
const ABIS: [(&str, usize); 2] = [("sysv64", 6), ("C", 8)];

pub fn emit(table: &Table, client: &Client) -> Result<TokenStream> {
    let isa = &client.isa;
    let isa = quote!(#isa);
    let Some(abi) = &client.abi else {
        return Err(Error::new_spanned(&isa, "`sibling_loop!` needs a calling convention: `abi = \"sysv64\";`"));
    };
    let value = abi.value();
    let Some((_, room)) = ABIS.into_iter().find(|(name, _)| *name == value) else {
        return Err(Error::new(abi.span(), format!("no calling convention `{value}`: it is `sysv64` or `C`")));
    };
    check(table, client, room)?;
    Ok(handlers::emit(&Tier {
        table,
        isa: &isa,
        abi: &value,
        go: quote!(return),
        in_machine: &client.in_machine,
        extras: &[],
        hoped: true,
        module: "__sibling_loop",
        how: "handlers that end in a call of the next one",
    }))
}

/// Whether the words in the machine can be there, and the others have room in registers.
fn check(table: &Table, client: &Client, room: usize) -> Result<()> {
    let words: Vec<_> = table.registers.iter().flat_map(|register| register.words()).collect();
    let pinned = [&table.registers[0].name, &table.registers[1].name, super::machine(table), super::carrier(table)];
    for word in &client.in_machine {
        if pinned.contains(&word) {
            return Err(Error::new(word.span(), format!("`{word}` has to be an argument of the handlers")));
        }
        if !words.iter().any(|(name, _)| name == word) {
            return Err(Error::new(word.span(), format!("no register has a word `{word}`")));
        }
    }
    let arguments = words.iter().filter(|(name, ty)| !client.in_machine.contains(name) && !super::is_float(ty));
    let count = arguments.count();
    if count > room {
        let message = format!(
            "{count} machine words do not fit the {room} argument registers: name some in `in_machine = [..];`"
        );
        return Err(Error::new_spanned(&client.isa, message));
    }
    Ok(())
}
