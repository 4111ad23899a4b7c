// New events wait behind "3 new" while somebody reads; at the top of the page they appear by themselves.
(() => {
  "use strict";
  const NEAR_TOP = 80; // pixels
  const BUSY = "[data-older], details[open], :focus";

  function resting() {
    const events = document.getElementById("events");
    return events && !document.hidden && window.scrollY < NEAR_TOP && getSelection().isCollapsed
      && !events.matches("[data-older]") && !events.querySelector(BUSY);
  }
  document.addEventListener("htmx:afterSettle", () => {
    const link = document.getElementById("new-events");
    if (link && resting()) link.click();
  });
})();
