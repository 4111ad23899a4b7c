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
  // What a person is typing must not be swapped away, and what they have opened stays open.
  const typed = (field) => field.matches("select")
    ? [...field.options].some((option) => option.selected !== option.defaultSelected)
    : field.value !== field.defaultValue;
  const FIELDS = "input:not([type=hidden], [type=checkbox], [type=radio]), textarea, select";
  const opened = (part) => [...part.querySelectorAll("details")];
  let open = [];

  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target;
    if (!event.target.matches("[data-live]")) return;
    const fields = [...part.querySelectorAll(FIELDS)];
    if (fields.some((field) => field === document.activeElement || typed(field))) event.detail.shouldSwap = false;
    open = opened(part).map((details) => details.open);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const part = document.getElementById(event.detail.target.id);
    if (part?.matches("[data-live]")) opened(part).forEach((details, n) => { details.open ||= open[n] ?? false; });
    open = [];
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    for (const polling of document.querySelectorAll("[data-live]")) htmx.trigger(polling, "refresh");
  });
})();
