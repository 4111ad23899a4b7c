// Keeps what is typed into a form of this tab, so that it is still there after the session has ended and the same
// person has signed in again. Passwords, keys and files are not kept. A page that opens without a sign-in in between
// means that the form was sent or left, and ends it; so do signing out and the sign-in of another person.
(() => {
  "use strict";
  const STORED = "unsent";
  const FIELDS = "input:not([type=hidden], [type=password], [type=file], [type=submit]), textarea, select";
  const person = document.body.dataset.person;
  const address = location.pathname + location.search;

  // A browser may refuse to store anything; then nothing is kept.
  function stored() {
    try {
      return JSON.parse(sessionStorage.getItem(STORED));
    } catch {
      return null;
    }
  }

  function store(kept) {
    try {
      if (kept) sessionStorage.setItem(STORED, JSON.stringify(kept));
      else sessionStorage.removeItem(STORED);
    } catch {
      // Nothing is kept.
    }
  }

  // A field can be called "action", which hides the form's property of that name.
  const path = (form) => new URL(form.getAttribute("action") || address, location.href).pathname;
  const key = (field) => JSON.stringify([field.form.id || path(field.form), field.name]);
  const ticks = (field) => field.matches("[type=checkbox], [type=radio]");
  // Boxes in a table select rows, which is nothing that was typed.
  const keeps = (field) => field.matches?.(FIELDS) && field.name && field.form?.getAttribute("method") === "post"
    && !(field.type === "checkbox" && field.closest("table"));
  const same = (field) => [...field.form.elements].filter((other) => other.name === field.name && other.type === field.type);
  const value = (field) => ticks(field) ? same(field).filter((one) => one.checked).map((one) => one.value) : field.value;

  function keep(event) {
    const field = event.target;
    if (!person || !keeps(field)) return;
    const kept = stored();
    const fields = kept?.person === person && kept.address === address ? kept.fields : {};
    fields[key(field)] = value(field);
    store({ person, address, fields });
  }

  function restore(fields) {
    const restored = [...document.querySelectorAll(FIELDS)].filter((field) => keeps(field) && key(field) in fields);
    for (const field of restored) {
      const typed = fields[key(field)];
      const differs = ticks(field) ? field.checked !== typed.includes(field.value) : field.value !== typed;
      if (ticks(field)) field.checked = typed.includes(field.value) && !field.disabled;
      else field.value = typed;
      if (differs && (field.type !== "radio" || field.checked)) field.dispatchEvent(new Event("change", { bubbles: true }));
      if (differs) field.closest("details")?.setAttribute("open", "");
    }
    const said = document.getElementById("restored");
    if (!restored.length || !said) return;
    said.querySelector("[data-secret]").hidden = !document.querySelector("main [type=password]");
    said.hidden = false;
  }

  function opened() {
    const kept = stored();
    if (!kept) return;
    if (kept.person !== person || !kept.interrupted) return store(null);
    if (kept.address !== address) return;
    store({ person, address, fields: kept.fields });
    restore(kept.fields);
  }

  document.addEventListener("input", keep);
  document.addEventListener("change", keep);
  document.addEventListener("submit", (event) => { if (event.target.id === "sign-out") store(null); });
  // A page without a person is sign-in, or an error that says what to do. It may be left before it has loaded.
  if (!person && stored()) store({ ...stored(), interrupted: true });
  // After htmx has seen the page, so that what follows from a choice is requested.
  if (person) window.addEventListener("load", opened);
})();
