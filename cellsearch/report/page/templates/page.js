"use strict";
// The page can be read without this. It adds: tables that sort, values under the pointer at once,
// all parts opened at once.

const ORDERS = ["ascending", "descending", null];
const AROUND = [0, 3, -3, 6, -6];

// Numbers by the first number in a cell, text by itself; what has no number comes last.
function key(cell, numeric) {
  const text = (cell.querySelector(".tag") ?? cell).textContent;
  if (!numeric) return text;
  const found = text.replaceAll("−", "-").replaceAll(",", "").match(/-?\d+(\.\d+)?(e[-+]?\d+)?/i);
  return found ? Number(found[0]) : NaN;
}

function compare(one, two) {
  if (typeof one === "string") return one.localeCompare(two, "en", { numeric: true });
  return Number.isNaN(one) - Number.isNaN(two) || one - two || 0;
}

function sort(head, rows, order) {
  const body = rows[0].parentNode;
  const keys = new Map(rows.map((row) => [row, key(row.cells[head.cellIndex], head.matches(".number"))]));
  const missing = (row) => Number.isNaN(keys.get(row));
  const sign = order === "descending" ? -1 : 1;
  const sorted = [...rows].sort((a, b) => {
    const found = compare(keys.get(a), keys.get(b));
    return missing(a) || missing(b) ? found : sign * found;
  });
  body.append(...(order ? sorted : rows));
}

function sortable(table) {
  const rows = [...table.tBodies[0].rows], heads = [...table.tHead.rows[0].cells];
  if (rows.length < 2) return;
  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Sort: up, down, as planned";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const order = ORDERS[(ORDERS.indexOf(head.getAttribute("aria-sort")) + 1) % 3];
      for (const other of heads) other.removeAttribute("aria-sort");
      if (order) head.setAttribute("aria-sort", order);
      sort(head, rows, order);
    });
  }
}

// What lies under the pointer, or next to it: points are small and lines thin.
function told(x, y) {
  for (const dx of AROUND) {
    for (const dy of AROUND) {
      const found = document.elementFromPoint(x + dx, y + dy)?.closest(".told");
      if (found) return found;
    }
  }
  return null;
}

function hover() {
  const tip = document.body.appendChild(document.createElement("div"));
  tip.className = "tip";
  tip.hidden = true;
  for (const title of document.querySelectorAll(".told > title")) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  let last = null;
  const show = (event) => {
    const found = event.target.closest?.("svg") ? told(event.clientX, event.clientY) : null;
    last?.classList.remove("hot");
    found?.classList.add("hot");
    last = found;
    tip.hidden = !found;
    if (!found) return;
    tip.textContent = found.dataset.tip;
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${scrollX + Math.max(8, Math.min(event.clientX + 12, room))}px`;
    tip.style.top = `${scrollY + event.clientY + 16}px`;
  };
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
}

function openAll() {
  const button = document.getElementById("all"), parts = [...document.querySelectorAll("details")];
  button.hidden = parts.length === 0;
  button.addEventListener("click", () => {
    const open = parts.some((part) => !part.open);
    for (const part of parts) part.open = open;
    button.textContent = open ? "Close all" : "Open all";
  });
}

document.querySelectorAll("table").forEach(sortable);
hover();
openAll();
