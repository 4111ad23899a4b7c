// A file that is larger than its field takes isn't sent: a proxy would refuse it without a sentence.
(() => {
  "use strict";
  document.addEventListener("submit", (event) => {
    for (const field of event.target.querySelectorAll("input[type=file][data-most]")) {
      const large = [...field.files].some((file) => file.size > Number(field.dataset.most));
      field.setCustomValidity(large ? field.dataset.large : "");
      if (large) {
        event.preventDefault();
        event.stopImmediatePropagation();
        field.reportValidity();
      }
    }
  }, true);
  document.addEventListener("change", (event) => {
    if (event.target.matches("input[type=file][data-most]")) event.target.setCustomValidity("");
  });
})();
