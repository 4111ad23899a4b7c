"""Pages by keyboard alone: shortcuts, their list, and a visible focus."""

import re

from playwright.sync_api import expect

SEEN = """() => {
    const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
    const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const ring = outline || style.boxShadow !== "none";
    const across = box.width > 0 && box.left >= 0 && box.right <= innerWidth + 1;
    const there = across && box.bottom > 0 && box.top < innerHeight;
    return [at === document.body, ring && there, at.outerHTML.slice(0, 160)];
}"""


def tab_to(page, there, key="Tab"):
    """Press Tab until an element has the focus; the focus must be visible at each step."""
    for _press in range(150):
        page.keyboard.press(key)
        out, seen, element = page.evaluate(SEEN)
        assert out or seen, (page.url, element)
        if there.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{there} has no focus on {page.url}")


def press(page, name, role="button"):
    """A link or button that leads to another page."""
    tab_to(page, page.get_by_role(role, name=name, exact=True))
    with page.expect_navigation():
        page.keyboard.press("Enter")


def choose_a_model(page):
    """The second one, by an arrow key."""
    radios = page.get_by_role("group", name="Model").get_by_role("radio", disabled=False)
    tab_to(page, radios.first)
    page.keyboard.press("Space")
    expect(radios.first).to_be_checked()
    page.keyboard.press("ArrowDown")
    expect(radios.nth(1)).to_be_checked()


def test_an_endpoint_is_deployed_found_and_given_another_model_by_keys_alone(open_page):
    page = open_page("admin")
    press(page, "Deploy model", "link")
    project = page.get_by_label("Project")
    tab_to(page, project)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    press(page, "Next")
    choose_a_model(page)
    press(page, "Next")
    logging = page.get_by_label("Log content from this endpoint")
    tab_to(page, logging)
    page.keyboard.press("Space")
    expect(logging).to_be_checked()
    tab_to(page, page.get_by_label("Name", exact=True), "Shift+Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Without a mouse")
    press(page, "Next")
    press(page, "Add")

    page.keyboard.press("/")
    page.keyboard.type("without a mouse")
    expect(page.locator("tbody tr")).to_have_count(1)
    press(page, "Without a mouse", "link")
    expect(page.locator("#deployment .status").first).to_have_text("Succeeded", timeout=30_000)
    press(page, "Change model", "link")
    choose_a_model(page)
    expect(page.get_by_text("Differs").first).to_be_visible()
    press(page, "Done")
    expect(page.get_by_text("The endpoint is being redeployed")).to_be_visible()


def test_the_listed_shortcuts_work(deploy):
    page, row = deploy("Qwertz line")
    expect(row).to_have_count(1)
    page.wait_for_load_state()
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    page.keyboard.press("n")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()

    page.keyboard.press("/")
    search = page.get_by_role("searchbox").first
    expect(search).to_be_focused()
    page.keyboard.type("?gm keyboard n")
    expect(search).to_have_value("?gm keyboard n")
    expect(sheet).to_be_hidden()
    search.fill("qwertz")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("Control+j")
    expect(row.get_by_role("link").first).not_to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Qwertz line")).to_be_visible()
    page.wait_for_load_state()

    pages = {"gm": "/models/", "gc": "/logs/", "ga": "/activity/", "gd": "/downloads/"}
    for keys, address in {
        **pages,
        "gr": "/resources/",
        "gp": "/people/",
        "gs": "/settings/",
        "gh": "/help/",
        "n": "/endpoints/new/",
    }.items():
        page.keyboard.type(keys)
        page.wait_for_url(f"**{address}")
    page.get_by_role("heading", level=1).click()
    page.keyboard.type("gl")
    page.wait_for_url("**/endpoints/")


def test_a_row_is_selected_by_its_key(deploy):
    page, row = deploy("Chosen by key")
    expect(row).to_have_count(1)
    page.get_by_role("searchbox").first.fill("chosen by key")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("x")
    expect(row.get_by_role("checkbox")).not_to_be_checked()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(row.get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("x")
    expect(row.get_by_role("checkbox")).not_to_be_checked()


def test_the_search_key_opens_the_palette_on_a_page_without_a_search_field(open_page):
    page = open_page("viewer", "/settings/")
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search endpoints, models, pages, and actions")
    expect(field).to_be_focused()
    expect(field).to_have_value("")


def test_shortcuts_can_be_switched_off_for_good_and_their_list_is_a_page_without_script(open_page):
    page = open_page("viewer")
    page.get_by_role("link", name="Keyboard shortcuts").click()
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet.get_by_role("link", name="Downloads")).to_have_count(0)
    sheet.get_by_role("checkbox", name="Use single-key shortcuts in this browser").uncheck()
    sheet.get_by_role("button", name="Close").click()
    page.reload()
    page.keyboard.type("gm?/")
    expect(sheet).to_be_hidden()
    expect(page).to_have_url(re.compile("/endpoints/$"))
    expect(page.locator("body")).to_be_focused()

    page.goto("/settings/")
    page.get_by_role("checkbox", name="Use single-key shortcuts in this browser").check()
    page.keyboard.type("gm")
    page.wait_for_url("**/models/")

    page = open_page("viewer", java_script_enabled=False)
    page.get_by_role("link", name="Keyboard shortcuts").click()
    expect(page.get_by_role("heading", name="Keyboard shortcuts", level=1)).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)


def test_each_control_of_the_endpoint_page_shows_that_it_has_the_focus(deploy):
    page, row = deploy("Seen by keyboard", reduced_motion="reduce")
    row.get_by_role("link").first.click()
    expect(page.locator("#deployment .status").first).to_have_text("Succeeded", timeout=30_000)
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.reload()
        for _press in range(80):
            page.keyboard.press("Tab")
            out, seen, element = page.evaluate(SEEN)
            if out:
                break
            assert seen, (width, element)
        assert _press > 20
