// Enter in a search field inside a larger form searches at once; it must not submit that form.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  if (!event.target.matches('form[method="post"] input[type="search"]')) return;
  event.preventDefault();
  event.target.dispatchEvent(new Event("search", { bubbles: true }));
});
