// The recording of an entry: the word that is being played is marked, and a click on a word plays from there. Without
// JavaScript each word links to the recording itself, from that moment.
(() => {
  "use strict";
  const words = () => document.getElementById("words");
  const audio = () => document.getElementById("audio");

  const links = () => [...(words()?.querySelectorAll("a[data-start]") ?? [])];
  const start = (link) => Number(link.dataset.start);
  const end = (link) => Number(link.dataset.end);

  // The last word that has begun; none while nobody speaks.
  function at(seconds, all) {
    let low = 0, high = all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (start(all[middle]) <= seconds) low = middle + 1;
      else high = middle;
    }
    const link = all[low - 1];
    return link && seconds < end(link) ? link : null;
  }

  function mark() {
    const player = audio();
    if (!player) return;
    const now = at(player.currentTime, links());
    const before = words()?.querySelector(".said");
    if (now !== before) {
      before?.classList.remove("said");
      before?.removeAttribute("aria-current");
      now?.classList.add("said");
      now?.setAttribute("aria-current", "true");
    }
    if (!player.paused) requestAnimationFrame(mark);
  }

  // One stop for the Tab key; the arrows go from word to word.
  function reach(link) {
    for (const other of links()) other.tabIndex = other === link ? 0 : -1;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("#words a[data-start]"), player = audio();
    if (!link || !player || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    player.currentTime = start(link);
    reach(link);
    mark();
    player.play()?.catch(() => {}); // the browser may require a click on the player itself first
  });
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("#words a[data-start]")) return;
    const forward = getComputedStyle(words()).direction === "rtl" ? -1 : 1;
    const step = { ArrowLeft: -forward, ArrowRight: forward };
    const all = links(), from = all.indexOf(event.target);
    const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : from + (step[event.key] ?? NaN);
    if (!all[to]) return;
    event.preventDefault();
    reach(all[to]);
    all[to].focus();
  });
  // Events of a player do not bubble.
  for (const name of ["play", "seeked", "timeupdate"]) document.addEventListener(name, (event) => {
    if (event.target === audio()) mark();
  }, true);
  document.addEventListener("error", (event) => {
    if (event.target === audio()) document.getElementById("audio-error").hidden = false;
  }, true);
  document.addEventListener("htmx:load", () => { if (links().length) reach(links()[0]); });
  if (links().length) reach(links()[0]);
})();
