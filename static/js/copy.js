// Copies a text of the page. The buttons are hidden in the HTML, because they do nothing without JavaScript.
(() => {
  "use strict";
  const SHOWN = 2000;
  // Added before its text: screen readers do not announce a region that is added together with its text.
  const said = Object.assign(document.createElement("p"), { className: "visually-hidden" });
  said.setAttribute("role", "status");
  document.body.append(said);

  const show = (root) => root.querySelectorAll("[data-copy][hidden]").forEach((button) => { button.hidden = false; });

  async function write(element) {
    // The clipboard API exists on https and localhost only; elsewhere the selection can be copied.
    if (navigator.clipboard) {
      try {
        await navigator.clipboard.writeText(element.textContent);
        return true;
      } catch {
        // Not allowed; copying the selection may be.
      }
    }
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }

  async function copy(button) {
    const element = document.getElementById(button.dataset.copy);
    const label = button.querySelector("[data-label]");
    // Not copied: the text stays selected, to be copied by the keyboard.
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
