"""A text that doesn't fit is cut between two lines, never through one."""

import pytest

PAGES = [
    *("/endpoints/", "/models/", "/logs/", "/downloads/", "/activity/", "/resources/", "/resources/new/"),
    *("/endpoints/new/", "/help/", "/settings/", "/search/?q=line"),
]
# Lines of text of which an ancestor that cuts shows a part only. A pixel more or less is the rounding of a line's box;
# what scrolls, what only screen readers read, and what stands wholly outside is not cut through.
HALF = """() => {
  const wrong = [], texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (!text.textContent.trim() || text.parentElement.closest('.visually-hidden, thead, option')) continue;
    range.selectNodeContents(text);
    const lines = [...range.getClientRects()].filter(line => line.height && line.width);
    for (let box = text.parentElement; box && lines.length; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (!['hidden', 'clip'].includes(style.overflowY)) continue;
      const top = box.getBoundingClientRect().top + box.clientTop, bottom = top + box.clientHeight;
      const glyphs = parseFloat(getComputedStyle(text.parentElement).fontSize);
      for (const line of lines) {
        const over = (line.height - glyphs) / 2, first = line.top + over, last = line.bottom - over;
        const shown = Math.min(last, bottom) - Math.max(first, top);
        if (shown > 1 && shown < last - first - 1)
          wrong.push(`${box.className}: ${text.textContent.trim().slice(0, 60)}`);
      }
    }
  }
  return wrong;
}"""
# As many words as no cell, card or button has room for.
LENGTHEN = """() => document.querySelectorAll('main bdi')
  .forEach(one => { one.textContent = 'Long name '.repeat(40); })"""


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_no_half_line_is_shown_where_a_text_is_cut(serving, open_page, width, height, locale):
    page = open_page("admin", "/", viewport={"width": width, "height": height}, locale=locale)
    tabs = [f"{serving}{tab}" for tab in ("", "history/", "change-model/", "edit/", "delete/")]
    for address in [*PAGES, *tabs]:
        page.goto(address)
        assert page.evaluate(HALF) == [], address
        page.evaluate(LENGTHEN)
        assert page.evaluate(HALF) == [], f"{address} with long names"
