// Addresses without the fields that are empty, and the whole of a text that is cut as its tooltip.
(() => {
  "use strict";
  // Also for htmx, which reads the fields of a form in the same way as the browser.
  document.addEventListener("formdata", (event) => {
    if (event.target.method !== "get") return;
    for (const name of new Set(event.formData.keys())) {
      if (event.formData.getAll(name).every((value) => value === "")) event.formData.delete(name);
    }
  });

  const CUT = ".clamp, .cut, .line-1, .line-2";
  document.addEventListener("mouseover", (event) => {
    const cut = event.target.closest?.(CUT);
    if (!cut || cut.title || cut.querySelector("[title]")) return;
    if (cut.scrollHeight > cut.clientHeight + 1 || cut.scrollWidth > cut.clientWidth) cut.title = cut.textContent.trim();
  });
})();
