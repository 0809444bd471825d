"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const value = (row, column) => {
  const cell = row.cells[column];
  return "v" in cell.dataset ? Number(cell.dataset.v) : cell.textContent.toLowerCase();
};

// A click on a heading sorts by its column: numbers downwards first, text upwards.
for (const head of all(".sort th")) {
  head.querySelector("button").addEventListener("click", () => {
    const body = head.closest("table").tBodies[0];
    const rows = [...body.rows];
    const column = head.cellIndex;
    const numbers = rows.length > 0 && typeof value(rows[0], column) === "number";
    const last = head.getAttribute("aria-sort");
    const down = last ? last === "ascending" : numbers;
    for (const other of all("th", head.parentNode)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    rows.sort((a, b) => {
      const [x, y] = [value(a, column), value(b, column)];
      return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
    });
    body.append(...rows);
  });
}

// The search field filters functions wherever they are listed, and dims the others in the flame graph.
const search = document.getElementById("search");
search.addEventListener("input", () => {
  const wanted = search.value.trim().toLowerCase();
  for (const item of all("[data-name]")) {
    const misses = wanted !== "" && !item.dataset.name.toLowerCase().includes(wanted);
    if (item.closest(".flame")) item.classList.toggle("out", misses);
    else item.hidden = misses;
  }
});

// A link to a function opens it.
const open = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") {
    target.hidden = false;
    target.open = true;
    target.scrollIntoView({ block: "start" });
  }
};
addEventListener("hashchange", open);
open();

// A click on a frame of the flame graph makes it as wide as the page; on a frame that is so, back to all.
const frames = all(".flame a");
const zoom = (left, width) => {
  for (const frame of frames) {
    const [own, wide] = [Number(frame.dataset.l), Number(frame.dataset.w)];
    const outside = own + wide <= left + 1e-6 || own >= left + width - 1e-6;
    const from = Math.max(own, left), to = Math.min(own + wide, left + width);
    frame.classList.toggle("gone", outside);
    frame.style.left = `${((from - left) / width) * 100}%`;
    frame.style.width = `${((to - from) / width) * 100}%`;
  }
};
let zoomed = null;
for (const frame of frames) {
  frame.addEventListener("click", event => {
    if (event.ctrlKey || event.metaKey || event.detail === 0) return;
    event.preventDefault();
    if (zoomed === frame || Number(frame.dataset.w) > 99.99) {
      zoomed = null;
      zoom(0, 100);
    } else {
      zoomed = frame;
      zoom(Number(frame.dataset.l), Number(frame.dataset.w));
    }
  });
  frame.addEventListener("dblclick", () => { location.hash = frame.getAttribute("href"); open(); });
}
