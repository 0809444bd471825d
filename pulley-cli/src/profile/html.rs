//! The report as one HTML page, which needs nothing else.

use super::{View, duration, form, grouped, percent};
use crate::page::{self, Text};
use pulley::profile::Function;
use std::io::{self, Write};

/// Instructions that the page lists at most: those of the functions that took the most time.
const MAX_LINES: usize = 60_000;

/// Frames of the flame graph that are narrower than this, in percent, are left out.
const NARROWEST: f64 = 0.05;

/// Height of a row of the flame graph, in pixels.
const ROW: usize = 20;

pub(super) fn write(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    let file = view.file.display().to_string();
    let (file, script) = (Text(&file), include_str!("page.js"));
    page::begin(&format_args!("{file} - pulley profile"), include_str!("page.css"), out)?;
    header(view, &file, out)?;
    writeln!(out, "<main>")?;
    flame_graph(view, out)?;
    functions(view, out)?;
    writeln!(out, "<div class=\"two\">")?;
    instructions(view, out)?;
    pairs(view, out)?;
    writeln!(out, "</div>")?;
    listings(view, out)?;
    writeln!(out, "</main>")?;
    page::end(script, out)
}

fn header(view: &View<'_>, file: &Text<'_>, out: &mut impl Write) -> io::Result<()> {
    let report = view.report;
    writeln!(out, "<header>\n<h1>{file} <small>pulley profile</small></h1>\n<dl class=\"facts\">")?;
    let facts = [
        ("time in the program", duration(report.time)),
        ("instructions", grouped(report.instructions)),
        ("instructions a second", format!("{:.0} million", view.instructions_per_second() / 1e6)),
        ("functions called", grouped(report.functions.len() as u64)),
    ];
    for (name, value) in facts {
        writeln!(out, "<div><dt>{name}</dt><dd>{value}</dd></div>")?;
    }
    writeln!(out, "</dl>")?;
    if report.time.is_zero() {
        writeln!(out, "<p class=\"note\">The program is too short to tell where its time goes. Counts are exact.</p>")?;
    }
    writeln!(out, "</header>")
}

/// One frame of the flame graph.
struct Bar {
    depth: usize,
    /// In percent of all.
    left: f64,
    width: f64,
}

/// Where each stack of the report goes, `None` where it is too narrow.
fn bars(view: &View<'_>) -> Vec<Option<Bar>> {
    let stacks = &view.report.stacks;
    // What a frame took with all above it. Callers come before what they call.
    let mut seconds: Vec<f64> = stacks.iter().map(|stack| stack.self_time.as_secs_f64()).collect();
    for (at, stack) in stacks.iter().enumerate().rev() {
        if let Some(caller) = stack.caller {
            seconds[caller] += seconds[at];
        }
    }
    let total: f64 = stacks.iter().zip(&seconds).filter(|(stack, _)| stack.caller.is_none()).map(|(_, all)| all).sum();
    let mut order: Vec<usize> = (0..stacks.len()).collect();
    // Callers stay before what they call: these are behind them and no wider.
    order.sort_by(|a, b| seconds[*b].total_cmp(&seconds[*a]).then(a.cmp(b)));
    let mut filled = vec![0.0; stacks.len()];
    let mut filled_below = 0.0;
    let mut bars: Vec<Option<Bar>> = stacks.iter().map(|_| None).collect();
    for at in order {
        let width = percent(seconds[at], total);
        if width < NARROWEST {
            continue;
        }
        let (from, depth) = match stacks[at].caller {
            Some(caller) => match &bars[caller] {
                Some(below) => (below.left + filled[caller], below.depth + 1),
                None => continue,
            },
            None => (filled_below, 0),
        };
        match stacks[at].caller {
            Some(caller) => filled[caller] += width,
            None => filled_below += width,
        }
        bars[at] = Some(Bar { depth, left: from, width });
    }
    bars
}

fn flame_graph(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    let bars = bars(view);
    let Some(deepest) = bars.iter().flatten().map(|bar| bar.depth).max() else { return Ok(()) };
    writeln!(
        out,
        "<section>\n<h2>Who calls whom <small>width is time; click to zoom, double-click for the bytecode</small></h2>\n\
         <div class=\"flame\" style=\"height:{}px\">",
        (deepest + 1) * ROW
    )?;
    for (stack, bar) in view.report.stacks.iter().zip(&bars) {
        let (Some(bar), Some(function)) = (bar, view.report.functions.get(stack.function)) else { continue };
        let name = view.name(function);
        let (name, class) = (Text(&name), if function.is_host() { " class=\"host\"" } else { "" });
        writeln!(
            out,
            "<a{class} href=\"#f{}\" data-name=\"{name}\" data-l=\"{:.4}\" data-w=\"{:.4}\" title=\"{name}: {:.2} % of \
             the time\" style=\"top:{}px;left:{:.3}%;width:{:.3}%;--hue:{}\">{name}</a>",
            stack.function,
            bar.left,
            bar.width,
            bar.width,
            bar.depth * ROW,
            bar.left,
            bar.width,
            hue(name.0)
        )?;
    }
    writeln!(out, "</div>\n</section>")
}

/// A warm colour, the same for the same name.
fn hue(name: &str) -> u32 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    14 + (hash >> 16) % 36
}

/// A cell with a number that its column is sorted by, and a bar that shows it.
fn bar(share: f64) -> String {
    format!(
        "<td class=\"bar\" data-v=\"{share:.4}\"><i style=\"--w:{:.4}\"></i><span>{share:.2}</span></td>",
        share.min(100.0) / 100.0
    )
}

fn heads(names: &[(&str, bool)], out: &mut impl Write) -> io::Result<()> {
    write!(out, "<thead><tr class=\"sort\">")?;
    for (name, left) in names {
        let class = if *left { " class=\"l\"" } else { "" };
        write!(out, "<th{class} scope=\"col\"><button type=\"button\">{name}</button></th>")?;
    }
    writeln!(out, "</tr></thead>")
}

fn functions(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "<section>\n<div class=\"tools\"><h2>Functions</h2><input type=\"search\" id=\"search\" \
         placeholder=\"search functions\" aria-label=\"search functions\"/></div>\n<div class=\"scroll tall\"><table>"
    )?;
    let names =
        [("function", true), ("self %", false), ("total %", false), ("instructions %", false), ("calls", false)];
    heads(&names, out)?;
    writeln!(out, "<tbody>")?;
    for (position, function) in view.report.functions.iter().enumerate() {
        let name = view.name(function);
        writeln!(
            out,
            "<tr data-name=\"{0}\"><td class=\"name\" title=\"{0}\">{1}</td>{2}{3}{4}<td data-v=\"{5}\">{6}</td></tr>",
            Text(&name),
            link(position, function, &name),
            bar(view.time_share(function.self_time)),
            bar(view.time_share(function.total_time)),
            bar(view.share(function.instructions)),
            function.calls,
            grouped(function.calls)
        )?;
    }
    writeln!(out, "</tbody></table></div>\n</section>")
}

/// A function's name, as a link to its bytecode if it has any.
fn link(position: usize, function: &Function, name: &str) -> String {
    match function.is_host() {
        true => format!("<span class=\"host\">{}</span>", Text(name)),
        false => format!("<a href=\"#f{position}\">{}</a>", Text(name)),
    }
}

fn instructions(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "<section>\n<h2>Hottest instructions</h2>\n<div class=\"scroll tall\"><table>")?;
    let names = [("instruction", true), ("function", true), ("time %", false), ("executed", false)];
    heads(&names, out)?;
    writeln!(out, "<tbody>")?;
    for hot in view.hottest() {
        let (text, _) = view.listing.instruction(hot.line.offset);
        let operator = hot.line.wasm_offset.and_then(|offset| view.listing.operators.get(offset)).unwrap_or("");
        writeln!(
            out,
            "<tr><td class=\"name wide code\" title=\"{:#x} {} (wasm {:#x} {})\">{}</td><td class=\"name\">{}</td>{}\
             <td data-v=\"{}\">{}</td></tr>",
            hot.line.offset,
            Text(&text),
            hot.line.wasm_offset.unwrap_or(0),
            Text(operator),
            Text(&text),
            link(hot.position, hot.function, &view.name(hot.function)),
            bar(view.time_share(hot.line.time)),
            hot.line.executed,
            grouped(hot.line.executed)
        )?;
    }
    writeln!(out, "</tbody></table></div>\n</section>")
}

fn pairs(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "<section>\n<h2>Adjacent instructions</h2>\n<div class=\"scroll tall\"><table>")?;
    heads(&[("pair", true), ("instructions %", false)], out)?;
    writeln!(out, "<tbody>")?;
    for pair in view.report.pairs.iter().take(view.top) {
        let names = format!("{}; {}", form(pair.first), form(pair.second));
        let (names, executed) = (Text(&names), grouped(pair.executed));
        let share = bar(view.share(pair.executed));
        writeln!(out, "<tr><td class=\"name all code\" title=\"{names}: {executed} times\">{names}</td>{share}</tr>")?;
    }
    writeln!(out, "</tbody></table></div>\n</section>")
}

fn listings(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "<section>\n<h2>Bytecode <small>as the compiler made it; the wasm operator on the right is the one that it attached \
         to the instruction</small></h2>"
    )?;
    let (mut room, mut left_out) = (MAX_LINES, 0);
    for (position, function) in view.report.functions.iter().enumerate() {
        if function.is_host() {
            continue;
        }
        match room.checked_sub(function.lines.len()) {
            Some(rest) => {
                room = rest;
                listing(view, position, function, out)?;
            }
            None => left_out += 1,
        }
    }
    writeln!(out, "</section>\n<footer>")?;
    if left_out > 0 {
        writeln!(out, "Left out: the bytecode of {left_out} functions that matter less. ")?;
    }
    writeln!(
        out,
        "Counts are exact. Times are measured about every millisecond, while counting slows every instruction down alike: \
         cheap ones seem dearer than they are.</footer>"
    )
}

fn listing(view: &View<'_>, position: usize, function: &Function, out: &mut impl Write) -> io::Result<()> {
    let Some(defined) = view.defined(function) else { return Ok(()) };
    let name = view.name(function);
    let name = Text(&name);
    writeln!(
        out,
        "<details id=\"f{position}\" data-name=\"{name}\"><summary><b>{name}</b><span>{:.2} % self</span>\
         <span>called {}x</span><span>{} instructions</span></summary>",
        view.time_share(function.self_time),
        grouped(function.calls),
        grouped(function.instructions),
    )?;
    writeln!(
        out,
        "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">time %</th><th scope=\"col\">executed</th>\
         <th scope=\"col\">taken %</th><th scope=\"col\">at</th><th scope=\"col\" class=\"l\">instruction</th>\
         <th scope=\"col\" class=\"l\">wasm</th></tr></thead><tbody>"
    )?;
    // The hottest line of the function is the warmest; without times, the one that was executed most often.
    let timed = function.lines.iter().map(|line| line.time.as_secs_f64()).fold(0.0, f64::max);
    let most = function.lines.iter().map(|line| line.executed).max().unwrap_or(0) as f64;
    let lines = view.listing.lines(&view.listing.module.functions[defined]);
    for (line, counts) in lines.iter().zip(&function.lines) {
        let heat = match timed > 0.0 {
            true => counts.time.as_secs_f64() / timed,
            false => counts.executed as f64 / most,
        };
        let time = if counts.time.is_zero() { String::new() } else { format!("{:.2}", view.time_share(counts.time)) };
        let taken = counts.taken.filter(|_| counts.executed > 0);
        let taken = taken.map_or_else(String::new, |n| format!("{:.1}", percent(n as f64, counts.executed as f64)));
        let class = if counts.executed == 0 { " class=\"zero\"" } else { "" };
        // Tables of targets may be long.
        let title = if line.text.len() > 70 { format!(" title=\"{}\"", Text(&line.text)) } else { String::new() };
        let operator = line.operator.map_or_else(String::new, |(offset, operator)| format!("{offset:#x} {operator}"));
        writeln!(
            out,
            "<tr{class}><td class=\"heat\" style=\"--h:{heat:.3}\">{time}</td><td>{}</td><td>{taken}</td>\
             <td class=\"op\">{:x}</td><td class=\"code ins\"{title}>{}</td><td class=\"code op\">{}</td></tr>",
            grouped(counts.executed),
            line.at,
            Text(&line.text),
            Text(&operator)
        )?;
    }
    writeln!(out, "</tbody></table></div></details>")
}
