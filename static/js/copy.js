// Copies a text of the page. The buttons are hidden in the page itself: without a script they could do nothing.
(() => {
  "use strict";
  const SHOWN = 2000;
  // Made before it speaks: screen readers do not hear a region that comes together with its first words.
  const said = Object.assign(document.createElement("p"), { className: "visually-hidden" });
  said.setAttribute("role", "status");
  document.body.append(said);

  const show = (root) => root.querySelectorAll("[data-copy][hidden]").forEach((button) => { button.hidden = false; });

  async function write(element) {
    // The clipboard is there on https and on this machine only; elsewhere what is selected can be copied.
    if (navigator.clipboard) {
      try {
        await navigator.clipboard.writeText(element.textContent);
        return true;
      } catch {
        // Not allowed: the selection may be.
      }
    }
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }

  async function copy(button) {
    const element = document.getElementById(button.dataset.copy);
    const label = button.querySelector("[data-label]");
    // Not copied: it stays selected, for the person's own keys.
    if (!element || button.dataset.was || !(await write(element))) return;
    button.dataset.was = label.textContent;
    label.textContent = said.textContent = button.dataset.done;
    setTimeout(() => {
      label.textContent = button.dataset.was;
      said.textContent = "";
      delete button.dataset.was;
    }, SHOWN);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("htmx:load", (event) => show(event.target));
  show(document);
})();
