"""Speaking to an endpoint: a microphone of Chromium's own, which beeps."""

import re

import pytest
from playwright.sync_api import expect


def test_what_a_person_speaks_is_recognized_by_the_endpoint_and_the_base_model(open_page, serving):
    page = open_page("admin", serving)
    page.get_by_role("link", name="Try it", exact=True).click()
    speak = page.get_by_role("button", name="Speak", exact=True)
    speak.focus()
    page.keyboard.press("Enter")
    stop = page.get_by_role("button", name="Stop and try")
    expect(stop).to_be_visible()
    expect(page.get_by_text("0:02")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What was heard", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="This endpoint")).to_be_visible()
    expect(page.get_by_role("heading", name="The base model")).to_be_visible()


def test_no_other_tab_may_use_the_microphone(open_page, serving):
    page = open_page("admin", f"{serving}try-it/")
    allowed = "() => document.featurePolicy.allowsFeature('microphone')"
    assert page.evaluate(allowed)
    page.get_by_role("link", name="History", exact=True).click()
    expect(page).to_have_title(re.compile("History"))
    assert not page.evaluate(allowed)


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("NotAllowedError", "doesn't let this page use the microphone"),
        ("NotFoundError", "No microphone was found"),
        ("NotReadableError", "The microphone can't be used"),
    ],
)
def test_without_a_microphone_or_the_permission_for_it_the_page_says_what_to_do(open_page, serving, refusal, said):
    page = open_page("admin", f"{serving}try-it/")
    page.evaluate(
        "name => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name)); }", refusal
    )
    page.get_by_role("button", name="Speak", exact=True).click()
    expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_label("Recording")).to_be_visible()


def test_silence_is_not_sent_and_a_second_press_turns_on_no_second_microphone(open_page, serving):
    page = open_page("admin", f"{serving}try-it/")
    page.evaluate(
        """() => { window.microphones = 0; navigator.mediaDevices.getUserMedia = async () => {
            window.microphones += 1;
            const context = new AudioContext(), nothing = context.createConstantSource();
            const microphone = context.createMediaStreamDestination();
            nothing.offset.value = 0;
            nothing.connect(microphone);
            nothing.start();
            await context.resume();
            return microphone.stream;
        }; }"""
    )
    page.get_by_role("button", name="Speak", exact=True).evaluate("button => { button.click(); button.click(); }")
    expect(page.get_by_text("0:01")).to_be_visible()
    assert page.evaluate("() => window.microphones") == 1
    page.get_by_role("button", name="Stop and try").click()
    expect(page.get_by_text("Nothing was heard")).to_be_visible()


def test_without_javascript_there_is_the_file_only(open_page, serving):
    page = open_page("admin", f"{serving}try-it/", java_script_enabled=False)
    expect(page.get_by_role("button", name="Try this recording")).to_be_visible()
    expect(page.get_by_role("button", name="Speak", exact=True)).to_be_hidden()
