// Enter in a search field inside a larger form searches at once; it must not submit that form.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  if (!event.target.matches('form[method="post"] input[type="search"]')) return;
  event.preventDefault();
  event.target.dispatchEvent(new Event("search", { bubbles: true }));
});

// What stands in a search field was already asked for while it was typed. To ask again when the field loses the focus
// would replace the table under a click on one of its rows.
document.addEventListener("change", (event) => {
  if (event.target.matches('input[type="search"]')) event.stopImmediatePropagation();
}, true);
