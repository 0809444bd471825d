//! What `pulley info` prints.

use super::{Info, Item, Kind};
use crate::json::{self, Object};
use std::io::{self, Write};
use std::path::Path;

pub(super) fn text(info: &Info, file: &Path, out: &mut dyn Write) -> io::Result<()> {
    let name = info.name.as_ref().map_or_else(String::new, |name| format!(" <{name}>"));
    writeln!(out, "{}{name}: {}", file.display(), size(info.bytes))?;
    writeln!(out, "  kind        {}", kind(info))?;
    let functions = &info.functions;
    write!(out, "  functions   {} defined, {} imported", functions.defined, functions.imported)?;
    match functions.largest {
        Some((index, bytes)) => writeln!(out, "; the largest is function {index}, {}", size(bytes))?,
        None => writeln!(out)?,
    }
    match info.start {
        Some(start) => writeln!(out, "  start       function {start}")?,
        None => writeln!(out, "  start       none")?,
    }
    let list = |supported| {
        let names: Vec<_> = info.proposals.iter().filter(|p| p.supported == supported).map(|p| p.name).collect();
        names.join(", ")
    };
    let (supported, other) = (list(true), list(false));
    writeln!(out, "  proposals   {}", if supported.is_empty() { "none" } else { &supported })?;
    if !other.is_empty() {
        writeln!(out, "  not supported here: {other}")?;
    }
    writeln!(out, "\nsections")?;
    for section in &info.sections {
        let items = section.items.map_or_else(String::new, |items| format!("{items:>8}"));
        let custom = if section.custom { "custom " } else { "" };
        let name = format!("{custom}{}", section.name);
        writeln!(out, "{}", format!("  {name:30} {:>12} bytes {items}", section.bytes).trim_end())?;
    }
    items("imports", &info.imports, out)?;
    items("exports", &info.exports, out)
}

/// What it is, and what to do with it.
fn kind(info: &Info) -> String {
    let wasi = info.wasi().map_or_else(String::new, |wasi| format!(", imports from {wasi}"));
    match info.kind() {
        Kind::Command => format!("command (`_start`){wasi}"),
        Kind::Reactor => format!("reactor (`_initialize`, then --invoke){wasi}"),
        Kind::Library => format!("library (no `_start`; see --invoke){wasi}"),
    }
}

fn items(heading: &str, items: &[Item], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{heading}{}", if items.is_empty() { ": none" } else { "" })?;
    let name = |item: &Item| match &item.module {
        Some(module) => format!("{module}::{}", item.name),
        None => item.name.clone(),
    };
    let width = items.iter().map(|item| name(item).chars().count()).max().unwrap_or(0).min(60);
    for item in items {
        writeln!(out, "  {:width$}  {}", name(item), item.ty)?;
    }
    Ok(())
}

/// `1.4 MB`, `60 KB`, `512 bytes`.
fn size(bytes: usize) -> String {
    match bytes as f64 {
        large if large >= 1e6 => format!("{:.1} MB", large / 1e6),
        middle if middle >= 1e4 => format!("{:.0} KB", middle / 1e3),
        _ => format!("{bytes} bytes"),
    }
}

pub(super) fn json(info: &Info, file: &Path, out: &mut dyn Write) -> io::Result<()> {
    let mut object = Object::new();
    object.text("file", &file.display().to_string());
    object.number("bytes", info.bytes as u64);
    object.optional("name", info.name.as_deref().map(json::text));
    object.text("kind", info.kind().name());
    object.optional("wasi", info.wasi().map(json::text));
    object.optional("start", info.start.map(|start| start.to_string()));
    object.raw("functions", {
        let (functions, mut object) = (&info.functions, Object::new());
        object.number("defined", functions.defined as u64).number("imported", functions.imported as u64);
        object.finish()
    });
    let proposals = info.proposals.iter().map(|proposal| {
        let mut object = Object::new();
        object.text("name", proposal.name).raw("supported", proposal.supported.to_string());
        object.finish()
    });
    object.raw("proposals", json::array(proposals));
    let sections = info.sections.iter().map(|section| {
        let mut object = Object::new();
        object.text("name", &section.name).raw("custom", section.custom.to_string());
        object.number("bytes", section.bytes as u64).optional("items", section.items.map(|items| items.to_string()));
        object.finish()
    });
    object.raw("sections", json::array(sections));
    let items = |items: &[Item]| {
        json::array(items.iter().map(|item| {
            let mut object = Object::new();
            if let Some(module) = &item.module {
                object.text("module", module);
            }
            object.text("name", &item.name).text("type", &item.ty);
            object.finish()
        }))
    };
    object.raw("imports", items(&info.imports)).raw("exports", items(&info.exports));
    writeln!(out, "{}", object.finish())
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_readable() {
        assert_eq!([0, 9999, 61_234, 1_432_100].map(size), ["0 bytes", "9999 bytes", "61 KB", "1.4 MB"]);
    }
}
