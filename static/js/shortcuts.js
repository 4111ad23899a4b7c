// Keyboard shortcuts. Each follows a link of the dialog or focuses something on the page, so nothing depends on them;
// the dialog lists what this person may use. A switch turns them off, because voice control types letters too.
(() => {
  "use strict";
  const OFF = "shortcuts-off";
  const WAIT = 1500; // for the second key of two
  const sheet = document.getElementById("shortcuts");
  if (!sheet) return;
  let [first, firstAt] = ["", 0];

  function off(value) {
    // A browser may refuse to store anything; then the switch lasts for this page.
    try {
      if (value !== undefined) localStorage.setItem(OFF, value ? "1" : "");
      return localStorage.getItem(OFF) === "1";
    } catch {
      return value ?? document.querySelector("[data-keys-switch]")?.checked === false;
    }
  }

  function showSwitches() {
    document.querySelectorAll("[data-keys-switch]").forEach((box) => {
      box.checked = !off();
      box.closest("[hidden]")?.removeAttribute("hidden");
    });
  }

  const visible = (element) => element?.checkVisibility() ?? false;
  const open = () => { if (!document.querySelector("dialog[open]")) sheet.showModal(); };

  function move(step) {
    const rows = [...document.querySelectorAll("main tbody tr")];
    const links = rows.map((row) => row.querySelector(":is(th, td) a[href]")).filter(visible);
    const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
  }

  // The row with the focus, or the one under the pointer.
  function select() {
    const row = document.activeElement.closest("main tbody tr") ?? document.querySelector("main tbody tr:hover");
    row?.querySelector(".col-select input[type=checkbox]")?.click();
  }

  function press(keys) {
    if (keys === "?") return open();
    if (keys === "j") return move(1);
    if (keys === "k") return move(-1);
    if (keys === "x") return select();
    if (keys === "/") {
      const field = [...document.querySelectorAll("main input[type=search]")].find(visible);
      return field ? field.focus() : document.querySelector("[data-opens-palette]")?.click();
    }
    return sheet.querySelector(`a[data-keys="${CSS.escape(keys)}"]`)?.click();
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    const theirs = event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented;
    if (event.key?.length !== 1 || event.key === " " || theirs || typing) return;
    if (off() || document.querySelector("dialog[open]")) return;
    const pair = first && event.timeStamp - firstAt < WAIT ? `${first} ${event.key}` : "";
    first = event.key === "g" ? "g" : "";
    firstAt = event.timeStamp;
    if (first && !pair) return;
    // The key itself must not be typed into the field that it opens.
    if (event.key === "/") event.preventDefault();
    press(pair || event.key);
  });
  document.addEventListener("click", (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey);
    if (!plain || !event.target.closest("[data-opens-keys]")) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-keys-switch]")) return;
    off(!event.target.checked);
    showSwitches();
  });
  showSwitches();
})();
