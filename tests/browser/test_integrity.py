"""A browser refuses a script or style sheet that was changed after it was collected."""

import re

import pytest

CHANGED = {
    "script": (r"/static/studio\.[0-9a-f]+\.js", "window.changed = true;"),
    "library": (r"/static/django_htmx/htmx-2\.min\.[0-9a-f]+\.js", "window.changed = true;"),
    "sheet": (r"/static/studio\.[0-9a-f]+\.css", "body { outline: 7px solid rgb(1, 2, 3); }"),
}
TAKEN = "window.changed === true || getComputedStyle(document.body).outlineColor === 'rgb(1, 2, 3)'"


@pytest.mark.parametrize("kind", CHANGED)
def test_a_changed_file_is_refused(demo, new_context, kind):
    pattern, text = CHANGED[kind]
    page, said = new_context(base_url=demo.url).new_page(), []
    page.on("console", lambda message: said.append(message.text))

    def change(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=f"{text}\n{answer.text()}")

    page.goto("/sign-in/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile("/endpoints/"))
    assert said == []
    page.route(re.compile(pattern), change)
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    page.reload()
    assert not page.evaluate(TAKEN)
    assert any("integrity" in text for text in said)


def test_each_script_and_style_sheet_of_a_page_has_a_digest(open_page):
    page = open_page("admin")
    without = "script[src]:not([integrity^='sha384-']), link[rel=stylesheet]:not([integrity^='sha384-'])"
    assert page.locator(without).count() == 0
    assert page.locator("script[src]").count() == 2
