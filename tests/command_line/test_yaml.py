"""The part of YAML that plan and apply read: what it accepts is what every parser reads, and it says where it stops."""

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from endpoints.api.cli.yaml_subset import NotRead, read_yaml

SLOW = [HealthCheck.too_slow]  # on a busy machine, a second passes before there are examples
SIGNS = [
    *("a", "b", "- ", "-", "  ", " ", "\n", "\n", "\n  ", ": ", ":", "#", " #", "'", '"', "''", "\\", "[]", "{}"),
    *("[", "{", "|", ">", "&", "*", "!", "%", "@", "`", "?", "? ", ",", "---", "...", "é", "<<", "=", "\\n", "\t"),
    *("\\u00e9", "\r\n", "name: ", "- name: x\n  ", "\ufeff", "\x85", "\u2028", "\\ud800"),
]
ODD = (
    "yes No ON y ~ null NULL True true .inf -.INF .NaN 1e3 0o7 010 0b1 2026-01-01 2026-1-1 1:30 190:20:30 1_000 +1 -0 "
    "0 -1 20260915 20260915-base ="
)
WORDS = st.from_regex(r"[-+.0-9a-fA-FxXoO_:,eEtTzZ]{1,12}", fullmatch=True) | st.sampled_from(ODD.split())
PLAIN = st.text(st.characters(codec="utf-8"), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3),
    max_leaves=8,
)


def agrees(text):
    """Whatever is accepted, PyYAML reads the same; types and all."""
    try:
        value = read_yaml(text)
    except NotRead:
        return
    assert repr(value) == repr(yaml.safe_load(text))


@settings(max_examples=500, deadline=None, suppress_health_check=SLOW)
@given(st.lists(st.sampled_from(SIGNS), max_size=14).map("".join))
def test_what_is_accepted_means_the_same_elsewhere(text):
    agrees(text)


@settings(max_examples=500, deadline=None, suppress_health_check=SLOW)
@given(WORDS)
def test_a_word_is_text_only_if_it_is_text_elsewhere(word):
    agrees(word)
    agrees(f"name: {word}")
    agrees(f"- {word}: {word}")


def written(value, indent=0):
    """As a person with a careful hand writes it: every text in quotes."""
    space = " " * indent
    if isinstance(value, dict) and value:
        return "".join(f"{space}{quoted(key)}:{behind(each, indent)}" for key, each in value.items())
    if isinstance(value, list) and value:
        return "".join(f"{space}-{behind(each, indent)}" for each in value)
    return f"{space}{plain(value)}\n"


def behind(value, indent):
    return f"\n{written(value, indent + 2)}" if isinstance(value, (dict, list)) and value else f" {plain(value)}\n"


def plain(value):
    if isinstance(value, str):
        return quoted(value)
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)


def quoted(text):
    escaped = "".join(char if " " <= char <= "~" and char not in '"\\' else f"\\u{ord(char):04x}" for char in text)
    return f'"{escaped}"'


BASIC = st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF), max_size=12)
CAREFUL = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | BASIC,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(BASIC, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(CAREFUL)
def test_what_is_written_with_care_is_read(value):
    assert read_yaml(written(value)) == value


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(VALUES)
def test_what_a_program_has_written_is_read_the_same_or_refused(value):
    agrees(yaml.safe_dump(value, allow_unicode=True, default_flow_style=False))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: b # c", {"a": "b"}),
        ("a: 'it''s'\nb: \"x\\ty\"", {"a": "it's", "b": "x\ty"}),
        ("---\n- a\n-\n  - b: 1\n    c: []\n", ["a", [{"b": 1, "c": []}]]),
        ("a:\n- b\n- c\nd: {}\n", {"a": ["b", "c"], "d": {}}),
        ("a: x:y http://b/c#d\r\n", {"a": "x:y http://b/c#d"}),
        ("model: 20260915-base", {"model": "20260915-base"}),
    ],
)
def test_values(text, value):
    assert read_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "e.yaml is empty."),
        ("a: 1\na: 2", "e.yaml, line 2, column 1: the key 'a' is there twice."),
        ("a: &x 1", "line 1, column 4: & at the beginning is not accepted; put it in quotes."),
        ("a: yes", "line 1, column 4: yes is not text, a whole number, true, false or null for certain"),
        ("a: 2026-01-01", "line 1, column 4: 2026-01-01 is not text"),
        ("a: 1.5", "line 1, column 4: 1.5 is not text"),
        ("a:\n\tb: 1", "line 2, column 1: a tab is not accepted; use spaces."),
        ("a:\n    b: 1\n  c: 2", "line 3, column 3: this line is indented unlike the lines above it."),
        ("a:", 'line 1, column 3: a has no value; write "" or null.'),
        ("a: 'b", "line 1, column 4: the closing quote is missing on this line."),
        ('a: "\\x41"', "line 1, column 5: this escape is not accepted."),
        ("a: b: c", "line 1, column 5: a colon is not accepted here; put it in quotes."),
        ("a: |\n  b", "line 1, column 4: | at the beginning is not accepted"),
        ("a: [b]", "line 1, column 4: [ at the beginning is not accepted"),
        ("a: 1\n---\nb: 1", "line 2, column 1: a key and a colon are expected here."),
        ("1: a", "line 1, column 1: this key is not text; put it in quotes."),
        ("a: b\x07", "line 1, column 5: a control character is not accepted."),
        ("- " * 30 + "a", "more than 20 levels are not accepted."),
    ],
)
def test_what_is_refused_is_named_with_line_and_column(text, says):
    with pytest.raises(NotRead) as found:
        read_yaml(text, "e.yaml")
    assert says in str(found.value)
