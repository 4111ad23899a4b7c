// The list's selection: all rows of the page at once, and how many are selected.
(() => {
  "use strict";
  const rows = () => [...document.querySelectorAll('#endpoints input[name="endpoint"]')];
  const whole = () => document.getElementById("select-page");

  function tell() {
    const boxes = rows(), chosen = boxes.filter((box) => box.checked).length;
    const page = whole(), said = document.getElementById("selected");
    if (page) {
      page.parentElement.hidden = false;
      page.checked = chosen > 0 && chosen === boxes.length;
      page.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    if (said) {
      said.textContent = chosen === 0 ? "" : chosen === 1 ? said.dataset.one : said.dataset.many.replace("%(count)s", chosen);
    }
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "select-page") for (const box of rows()) box.checked = event.target.checked;
    if (event.target.name === "endpoint" || event.target.id === "select-page") tell();
  });
  document.addEventListener("htmx:afterSettle", tell);
  document.addEventListener("DOMContentLoaded", tell);
  window.addEventListener("pageshow", tell);
})();
