// Polling: each part with data-live requests its address and is changed in place (live.js). A part with data-waits
// shows something in progress. Hidden pages rest, except that these parts still poll twice a minute, so that the title
// can say how much has ended. While the server does not answer, the pauses grow and the page says since when.
(() => {
  "use strict";
  const LONGEST_BACKOFF = 60_000, WHILE_HIDDEN = 30_000; // milliseconds
  const GOING = /^(NotStarted|Running|queued|listing|fetching|packing)$/;
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
    time.textContent = clock(since);
    banner.hidden = false;
  }

  function answered(event) {
    failures = 0;
    next = 0;
    since = null;
    const banner = away();
    if (banner) banner.hidden = true;
    // An answer without news says how old the data is, in seconds.
    const age = event.detail.xhr?.status === 204 ? event.detail.xhr.getResponseHeader("Age") : null;
    const time = age !== null && document.querySelector("#updated time");
    if (!time) return;
    const read = new Date(Date.now() - 1000 * age);
    time.dateTime = read.toISOString();
    time.textContent = clock(read);
    time.removeAttribute("title");
  }

  // In the time zone of the page, which may be another than the browser's
  function clock(time) {
    const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    try {
      return time.toLocaleTimeString(document.documentElement.lang, { ...options, timeZone: document.body.dataset.zone });
    } catch {
      return time.toLocaleTimeString(document.documentElement.lang, options); // a zone that the browser does not know
    }
  }

  let polled = 0;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = event.target;
    if (!part.matches?.("[data-live]")) return;
    const rests = document.hidden && !(part.hasAttribute("data-waits") && Date.now() >= polled + WHILE_HIDDEN);
    if (rests || Date.now() < next) event.preventDefault();
    else polled = Date.now();
  });
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) failed(event);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) answered(event);
  });

  // A form stays open when the session has ended, so that nobody is interrupted while typing.
  document.addEventListener("htmx:afterRequest", (event) => {
    const said = document.getElementById("session-ended");
    if (!said || event.target.id !== "banners" || !event.detail.successful) return;
    said.hidden = event.detail.xhr.getResponseHeader("HX-Trigger") !== "session-ended";
  });

  // What has ended while the page was hidden is counted in the title.
  let ended = 0, going = null;
  const inProgress = (part) => new Set([part, ...part.querySelectorAll("[data-status], [data-state]")]
    .filter((one) => GOING.test(one.dataset.status ?? one.dataset.state)).map((one) => one.id));
  function mark() {
    const title = document.title.replace(/^\(\d+\) /, "");
    document.title = ended ? `(${ended}) ${title}` : title;
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target;
    if (!part.matches?.("[data-live]") || event.detail.requestConfig.elt !== part) return;
    event.detail.swapOverride = "live";
    going = document.hidden ? inProgress(part) : null;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!going) return;
    const still = inProgress(event.target);
    ended += [...going].filter((id) => !still.has(id)).length;
    going = null;
    mark();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    ended = 0;
    mark();
    for (const part of document.querySelectorAll("[data-live]")) htmx.trigger(part, "refresh");
  });
})();
