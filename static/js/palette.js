// The command palette: Ctrl+K or Command+K, or the search in the header, which without JavaScript leads to a page. The
// options are links that the server sends; the focus stays in the field, as in the combobox pattern of WAI-ARIA.
(() => {
  "use strict";
  const template = document.getElementById("palette-template");
  if (!template) return;
  let palette, field, said;
  let waiting = null; // Enter was pressed before the results of these words were there
  const found = () => document.getElementById("palette-found");
  const options = () => [...found().querySelectorAll("[role=option]")];
  const chosen = () => found().querySelector("[aria-selected=true]");
  const current = () => found().dataset.q === field.value.trim();
  const other = (event) => event.ctrlKey || event.metaKey || event.shiftKey; // the browser opens another tab or window

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
  }

  function move(step) {
    const all = options(), at = all.indexOf(chosen());
    choose(all[(at + step + all.length) % all.length]);
  }

  function follow(elsewhere) {
    const { href } = chosen();
    palette.close();
    if (elsewhere) window.open(href, "_blank", "noopener");
    else location.assign(href);
  }

  function typed(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) move(step);
    else if (event.key !== "Enter") return;
    else if (current() && chosen()) follow(event.ctrlKey || event.metaKey);
    else waiting = { elsewhere: event.ctrlKey || event.metaKey };
    event.preventDefault();
  }

  function create() {
    document.body.append(template.content.cloneNode(true));
    palette = document.getElementById("palette");
    field = palette.querySelector("input");
    said = palette.querySelector("[role=status]");
    htmx.process(palette);
    field.addEventListener("keydown", typed);
    field.addEventListener("input", () => { waiting = null; });
    palette.addEventListener("close", () => { waiting = null; });
    palette.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (event.target === palette || (link && !other(event))) palette.close(); // beside the dialog, or on a result
    });
  }

  function open() {
    if (!palette) create();
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    palette.showModal();
    field.value = "";
    htmx.trigger(field, "opened");
  }

  document.addEventListener("keydown", (event) => {
    const modified = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
    if (!modified || event.key?.toLowerCase() !== "k") return;
    event.preventDefault();
    if (palette?.open) palette.close();
    else open();
  });
  document.addEventListener("click", (event) => {
    if (other(event) || !event.target.closest("[data-opens-palette]")) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "palette-found") return;
    field.setAttribute("aria-expanded", String(options().length > 0));
    choose(options()[0]);
    said.textContent = found().dataset.count;
    if (waiting && current()) follow(waiting.elsewhere);
  });
  if (/Mac|iP(hone|ad)/.test(navigator.platform)) {
    for (const keys of document.querySelectorAll(".jump > kbd")) keys.textContent = "\u2318 K";
  }
})();
