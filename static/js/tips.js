// Tooltips of the list. Without JavaScript, `title` shows one to the pointer only. Here the pointer gets that of a cell
// and may move onto it, the focus on a name gets those of the whole row, and Escape closes either (WCAG 1.4.13).
(() => {
  "use strict";
  const LIST = ":is(.table-endpoints, .table-models) tbody tr";
  const SOON = 300, STAY = 200; // milliseconds until it opens, and in which the pointer may reach it
  const tip = Object.assign(document.createElement("div"), { id: "tip", className: "tip", hidden: true });
  tip.setAttribute("role", "tooltip");
  (document.getElementById("main") ?? document.body).append(tip); // a landmark
  let anchor = null, described = null, timer = 0;
  const taken = new Map(); // titles, so that the browser does not show them too

  function close() {
    clearTimeout(timer);
    for (const [element, title] of taken) element.title = title;
    taken.clear();
    described?.removeAttribute("aria-describedby");
    tip.hidden = true;
    anchor = described = null;
  }

  function open(element, titled, lines) {
    close();
    for (const one of titled) {
      taken.set(one, one.title);
      one.removeAttribute("title");
    }
    anchor = element;
    tip.replaceChildren(...lines);
    tip.hidden = false;
    const { left, top, bottom } = element.getBoundingClientRect(), { offsetWidth, offsetHeight } = tip;
    const below = bottom + offsetHeight < innerHeight;
    tip.style.left = `${Math.max(0, Math.min(left, document.documentElement.clientWidth - offsetWidth))}px`;
    tip.style.top = `${below ? bottom : Math.max(0, top - offsetHeight)}px`;
  }

  function line(text, label) {
    const made = document.createElement("div");
    if (label) made.append(Object.assign(document.createElement("strong"), { textContent: label }), " ");
    made.append(Object.assign(document.createElement("bdi"), { textContent: text }));
    return made;
  }

  const label = (cell) => document.querySelector(`.table-endpoints thead .${cell.classList[0]}`)?.textContent.trim();

  // A screen reader hears the name as the name of the link; what else the row shows is its description.
  function openRow(link) {
    const row = link.closest("tr");
    close();
    const titled = [...row.querySelectorAll("[title]")];
    const lines = titled.map((one) => line(one.title, link.contains(one) ? "" : label(one.closest("td, th"))));
    titled.forEach((one, n) => { if (link.contains(one)) lines[n].ariaHidden = "true"; });
    open(link, titled, lines);
    described = link;
    link.setAttribute("aria-describedby", tip.id);
  }

  document.addEventListener("focusin", (event) => {
    const link = event.target.closest?.(`${LIST} .col-name a`);
    if (link?.matches(":focus-visible")) openRow(link);
  });
  document.addEventListener("focusout", () => { if (described) close(); });
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch" || described) return;
    if (tip.contains(event.target)) return clearTimeout(timer);
    const element = event.target.closest?.(`${LIST} [title]`);
    if (event.target === anchor || anchor?.contains(event.target)) return clearTimeout(timer);
    clearTimeout(timer);
    timer = element ? setTimeout(() => open(element, [element], [line(element.title)]), SOON) : setTimeout(close, STAY);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  document.addEventListener("scroll", () => { if (!described) close(); }, { passive: true });
  // A swap may change the row: its titles are put back before, and the name that has the focus gets its tooltip again.
  let again = false;
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!detail.shouldSwap || !detail.target.contains(anchor)) return;
    again = Boolean(described);
    close();
  });
  document.addEventListener("htmx:afterSwap", () => {
    const link = again && document.activeElement.closest(`${LIST} .col-name a`);
    again = false;
    if (link) openRow(link);
  });
})();
