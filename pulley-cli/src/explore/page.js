"use strict";
// Functions: i index, n name, and lines of the panes w (wasm), c (CLIF), b (bytecode): [wasm offset or 0, indentation or label, text].
const functions = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id);
const panes = ["w", "c", "b"].map($);
const SHOWN = 400;

let current = null; // the function that is shown
let lines = new Map(); // its lines by offset
let order = []; // offsets of wasm lines that the other panes know, in order
let pinned = 0;

const element = (tag, text, className) => {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};

const label = (pane, [offset, second]) => (pane === "w" ? offset.toString(16) : pane === "b" ? second : "");

// Lines are made when a function is shown: a page may hold thousands of functions.
const show = shown => {
  current = shown;
  lines = new Map();
  pinned = 0;
  $("name").textContent = `${shown.n} (function ${shown.i})`;
  const known = new Set([...(shown.c ?? []), ...(shown.b ?? [])].map(line => line[0]));
  known.delete(0);
  order = (shown.w ?? []).map(line => line[0]).filter(offset => known.has(offset));
  const hue = new Map(order.map((offset, at) => [offset, (at * 47) % 360]));
  for (const pane of panes) {
    const made = document.createDocumentFragment();
    for (const line of shown[pane.id] ?? []) {
      const [offset, indent, text] = line;
      const row = element("div", undefined, `l ${hue.has(offset) ? "m" : pane.id === "w" ? "u" : ""}`);
      row.append(element("i", label(pane.id, line)), element("span", (pane.id === "b" ? "" : "  ".repeat(indent)) + text));
      if (hue.has(offset)) {
        row.dataset.at = offset;
        row.style.setProperty("--h", hue.get(offset));
        if (!lines.has(offset)) lines.set(offset, []);
        lines.get(offset).push(row);
      }
      made.append(row);
    }
    if (!shown[pane.id]) made.append(element("p", "Left out, or the page would be too large: pulley explore --func shows it.", "empty"));
    pane.replaceChildren(made);
    pane.scrollTop = 0;
  }
  for (const link of document.querySelectorAll("nav a")) {
    if (Number(link.dataset.index) === shown.i) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
};

const mark = (offset, className, on) => {
  for (const row of lines.get(offset) ?? []) row.classList.toggle(className, on);
};

// Keeps the lines of an offset marked, and brings them into view; `from` is the pane that stays where it is.
const pin = (offset, from) => {
  mark(pinned, "pin", false);
  pinned = lines.has(offset) ? offset : 0;
  mark(pinned, "pin", true);
  for (const pane of panes) {
    const row = pinned && pane !== from && (lines.get(pinned) ?? []).find(row => pane.contains(row));
    if (row) pane.scrollTop += row.getBoundingClientRect().top - pane.getBoundingClientRect().top - pane.clientHeight / 3;
  }
  const hash = `#f=${current.i}${pinned ? `&at=0x${pinned.toString(16)}` : ""}`;
  if (location.hash !== hash) history.replaceState(null, "", hash);
};

for (const pane of panes) {
  const at = event => Number(event.target.closest?.(".l.m")?.dataset.at ?? 0);
  let over = 0;
  pane.addEventListener("mouseover", event => {
    mark(over, "on", false);
    mark((over = at(event)), "on", true);
  });
  pane.addEventListener("mouseleave", () => mark(over, "on", false));
  pane.addEventListener("click", event => {
    if (getSelection().isCollapsed) pin(at(event) === pinned ? 0 : at(event), pane);
  });
}

addEventListener("keydown", event => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !pinned || event.target.tagName === "INPUT") return;
  event.preventDefault();
  const next = order[order.indexOf(pinned) + step];
  if (next) pin(next, null);
});

const list = () => {
  const wanted = $("search").value.trim().toLowerCase();
  const fits = functions.filter(f => !wanted || f.n.toLowerCase().includes(wanted) || String(f.i) === wanted);
  const items = fits.slice(0, SHOWN).map(f => {
    const item = element("li", undefined, f.w ? "" : "none");
    const link = element("a");
    link.href = `#f=${f.i}`;
    link.dataset.index = f.i;
    if (f === current) link.setAttribute("aria-current", "true");
    link.append(element("b", f.n), element("span", f.b ? f.b.length - 1 : ""));
    link.title = `${f.n}: ${f.b ? `${f.b.length - 1} instructions` : "left out"}`;
    item.append(link);
    return item;
  });
  if (fits.length > SHOWN) items.push(element("li", `and ${fits.length - SHOWN} more: search for them`, "more"));
  if (fits.length === 0) items.push(element("li", "no function is called so", "more"));
  $("functions").replaceChildren(...items);
};
$("search").addEventListener("input", list);

// The address names a function, and a line: it can be kept and sent.
const go = () => {
  const address = new URLSearchParams(location.hash.slice(1));
  const wanted = functions.find(f => String(f.i) === address.get("f")) ?? current ?? functions.find(f => f.w) ?? functions[0];
  if (wanted && wanted !== current) show(wanted);
  if (wanted && address.has("at")) pin(Number(address.get("at")), null);
};
addEventListener("hashchange", go);
list();
go();
if (functions.length === 0) $("name").textContent = "The module defines no functions.";
