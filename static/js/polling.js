// Polling: only while the page is visible, and with backoff while the server does not answer.
(() => {
  "use strict";
  const LONGEST_BACKOFF = 60_000; // milliseconds
  let failures = 0, next = 0, since = null;

  const away = () => document.getElementById("away");

  function failed(event) {
    if (!event.target.closest?.("[data-live]")) return;
    failures += 1;
    next = Date.now() + Math.min(2000 * 2 ** failures, LONGEST_BACKOFF);
    since ??= new Date();
    const banner = away();
    if (!banner) return;
    const time = banner.querySelector("time");
    time.dateTime = since.toISOString();
    time.textContent = since.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    banner.hidden = false;
  }

  function answered() {
    failures = 0;
    next = 0;
    since = null;
    const banner = away();
    if (banner) banner.hidden = true;
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    const polls = event.target.matches?.("[data-live]");
    if (polls && (document.hidden || Date.now() < next)) event.preventDefault();
  });
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) failed(event);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) answered();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    for (const polling of document.querySelectorAll("[data-live]")) htmx.trigger(polling, "refresh");
  });
})();
