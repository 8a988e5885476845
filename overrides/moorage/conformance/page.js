"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const table = document.getElementById("operations");
const dialog = document.getElementById("evidence");

// Sorting: the first click puts the worst on top, or the names into their order.

function value(row, column) {
  const cell = row.cells[column];
  return column === 0 ? cell.textContent : Number(cell.dataset.weight);
}

function sort(head) {
  const column = head.cellIndex;
  const first = column === 0 ? "ascending" : "descending";
  const other = column === 0 ? "descending" : "ascending";
  const order = head.getAttribute("aria-sort") === first ? other : first;
  for (const each of head.parentNode.cells) each.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => {
    const [x, y] = [value(a, column), value(b, column)];
    if (x === y) return value(a, 0) < value(b, 0) ? -1 : 1;
    return x < y ? -sign : sign;
  });
  table.tBodies[0].append(...rows);
}

// Evidence: what engines sent is put in as text, never as HTML.

function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function item(each) {
  const made = document.createElement("li");
  if (each.place) made.append(element("code", each.place, "place"));
  const line = document.createElement("p");
  line.append("expected ", element("strong", each.expected), ", found ", element("strong", each.found));
  made.append(line, element("p", `API ${each.versions}`, "fine"));
  const status = each.status ? ` → ${each.status}` : "";
  made.append(element("pre", `${each.request}${status}\n\n${each.evidence}`));
  return made;
}

function show(button) {
  const engine = data[Number(button.dataset.engine)];
  const operation = button.closest("tr").cells[0].textContent;
  dialog.querySelector("h2").textContent = `${operation}, ${engine.name}`;
  const found = engine.departures.filter((each) => each.operation === operation);
  dialog.querySelector("ol").replaceChildren(...found.map(item));
  dialog.showModal();
  dialog.scrollTop = 0;
}

table.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.sort) sort(button.closest("th"));
  else show(button);
});

// A click beside the dialog closes it.
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
