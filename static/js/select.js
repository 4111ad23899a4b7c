// A list's selection: all rows of the page at once, and how many are selected.
(() => {
  "use strict";
  const BOX = ":is(#endpoints, #entries) .col-select input[name]";
  const rows = () => [...document.querySelectorAll(BOX)];
  const places = (row) => [...(row?.querySelectorAll("a, button, input") ?? [])];
  const whole = () => document.getElementById("select-page");

  function tell() {
    const boxes = rows(), chosen = boxes.filter((box) => box.checked).length;
    const all = document.getElementById("all-words"), matching = document.getElementById("selected-state");
    if (all && matching?.dataset.all) all.textContent = matching.dataset.all;
    const page = whole(), said = document.getElementById("selected");
    if (page) {
      page.parentElement.hidden = false;
      page.checked = chosen > 0 && chosen === boxes.length;
      page.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    if (said) {
      // All that match are selected, ticked or not; the label beside it says so.
      said.textContent = document.getElementById("select-all")?.checked ? "" : chosen === 0 ? (said.dataset.none ?? "") : chosen === 1 ? said.dataset.one : said.dataset.many.replace("%(count)s", chosen);
    }
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "select-page") for (const box of rows()) box.checked = event.target.checked;
    if (event.target.matches(BOX) || ["select-page", "select-all"].includes(event.target.id)) tell();
  });
  document.addEventListener("reset", (event) => {
    if (event.target.id === "bulk") setTimeout(tell);
  });
  // A row that is swapped in is not ticked: the ticked rows and the focus are restored after the swap.
  let ticked = new Set(), focused = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.target.matches("#endpoints, #entries")) return;
    ticked = new Set(rows().filter((box) => box.checked).map((box) => box.value));
    const row = document.activeElement?.closest("tr[id]");
    focused = row && [row.id, places(row).indexOf(document.activeElement)];
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const box of rows()) {
      if (ticked.has(box.value)) box.checked = true;
    }
    if (focused) places(document.getElementById(focused[0]))[focused[1]]?.focus({ preventScroll: true });
    ticked.clear();
    focused = null;
    tell();
  });
  document.addEventListener("DOMContentLoaded", tell);
  window.addEventListener("pageshow", tell);
})();
