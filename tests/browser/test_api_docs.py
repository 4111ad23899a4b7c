"""The documentation of the API, which Swagger UI shows."""

from playwright.sync_api import expect

LIGHT, DARK = "rgb(59, 65, 81)", "rgb(228, 230, 230)"  # of its text


def test_the_documentation_of_the_api_has_the_theme_of_the_page(open_page):
    page = open_page("viewer", "/api/docs/", color_scheme="dark")
    said, place = page.locator(".opblock-summary-description").first, page.locator("#swagger")
    expect(said).to_have_css("color", DARK, timeout=60_000)
    expect(place).to_have_css("background-color", "rgb(41, 41, 41)")
    expect(page.locator("html")).to_have_css("background-color", "rgb(31, 31, 31)")
    page.emulate_media(color_scheme="light")
    expect(said).to_have_css("color", LIGHT)
    expect(place).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.locator("html")).to_have_css("background-color", "rgb(250, 250, 250)")
    # A person's own choice is not changed by that of the system.
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(color_scheme="dark")
    expect(said).to_have_css("color", DARK)
    page.emulate_media(color_scheme="light")
    page.wait_for_function("matchMedia('(prefers-color-scheme: light)').matches")
    expect(said).to_have_css("color", DARK)
