// Swaps of the style "live" change a part of the page in place: nodes that stay the same are not touched, so that
// focus, selected rows and text, open menus, scroll positions and half-typed fields survive.
(() => {
  "use strict";
  const FIELDS = "input:not([type=hidden], [type=checkbox], [type=radio]), textarea, select";
  // Set by a script or shown on request: a key that is shown, a button that says "Copied"
  const KEPT = "[data-keep], [data-copy]";
  const OWN = ["open"]; // attributes that a person changes

  const typed = (field) => field.matches("select")
    ? [...field.options].some((option) => option.selected !== option.defaultSelected)
    : field.value !== field.defaultValue;

  function typing(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) return false;
    const fields = node.matches(FIELDS) ? [node] : [...node.querySelectorAll(FIELDS)];
    return fields.some((field) => field === document.activeElement || typed(field));
  }

  function updateAttributes(old, fresh) {
    for (const { name, value } of [...fresh.attributes]) {
      // A script has shown what it can work with.
      const shown = name === "hidden" && old.querySelector(":scope > [data-keep]");
      if (!shown && !OWN.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      if (!OWN.includes(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
  }

  const alike = (old, fresh) =>
    old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && (old.id ?? "") === (fresh.id ?? "");

  function updateChildren(old, fresh) {
    const left = new Set(old.childNodes);
    const pairs = [...fresh.childNodes].map((node) => {
      const found = [...left].find((candidate) => alike(candidate, node));
      left.delete(found);
      return [found, node];
    });
    for (const node of left) if (!typing(node)) node.remove();
    let place = old.firstChild;
    for (const [found, node] of pairs) {
      if (found) update(found, node);
      if (found && found === place) place = place.nextSibling;
      else old.insertBefore(found ?? node, place);
    }
  }

  function update(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) old.data = fresh.data;
    else if (!old.matches(KEPT)) {
      updateAttributes(old, fresh);
      updateChildren(old, fresh);
    }
  }

  // A node that changes its place loses the focus.
  function keepingFocus(change) {
    const focused = document.activeElement;
    change();
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  }

  document.addEventListener("DOMContentLoaded", () => {
    globalThis.htmx?.defineExtension("live", {
      isInlineSwap: (style) => style === "live",
      handleSwap(style, target, fragment) {
        if (style !== "live") return false;
        const fresh = fragment.firstElementChild;
        keepingFocus(() => fresh && alike(target, fresh) ? update(target, fresh) : target.replaceWith(fragment));
        return [target];
      },
    });
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const whole = fragment.nodeType === Node.DOCUMENT_FRAGMENT_NODE;
    if (whole && !(fragment.childElementCount === 1 && alike(target, fragment.firstElementChild))) return;
    event.detail.shouldSwap = false;
    keepingFocus(() => whole ? update(target, fragment.firstElementChild) : updateChildren(target, fragment));
    htmx.process(target);
    htmx.trigger(target, "htmx:load");
  });
})();
