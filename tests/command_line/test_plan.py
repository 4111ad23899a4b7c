"""What plan finds: a comparison of a file with endpoints, whose steps lead to what the file wants."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from endpoints.api.cli import comparing
from endpoints.api.cli.desired import Desired, Document, document_of, parsed
from endpoints.api.cli.outcome import Usage
from endpoints.api.cli.plan import BLOCKED, CHANGE, CREATE, DELETE, SAME, UNMANAGED, WAIT, Present, compare, counted

RESOURCES, NAMES, MODELS = st.sampled_from("RS"), st.sampled_from("abcd"), st.sampled_from(["1", "2", "3"])
TEXTS = st.sampled_from(["", "x", "y"])
DESIRED = st.builds(
    Desired, RESOURCES, NAMES, MODELS, description=st.none() | TEXTS, content_logging=st.none() | st.booleans()
)
PRESENT = st.builds(
    Present, st.uuids().map(str), RESOURCES, NAMES, MODELS, description=TEXTS, content_logging=st.booleans()
)
# On a busy machine, a second passes before there are examples.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
FILES = st.lists(DESIRED, max_size=4, unique_by=lambda each: (each.resource, each.name)).map(
    lambda found: Document(tuple(found), frozenset(each.resource for each in found))
)
WORLDS = st.lists(PRESENT, max_size=5, unique_by=lambda each: (each.resource, each.name))


def carried_out(steps, present):
    """The endpoints when every step is done."""
    found = {each.id: each for each in present}
    for step in steps:
        if step.action == CREATE:
            wanted = step.desired
            found[f"new {step.resource} {step.name}"] = Present(
                f"new {step.resource} {step.name}",
                wanted.resource,
                wanted.name,
                wanted.model,
                description=wanted.description or "",
                content_logging=bool(wanted.content_logging),
            )
        elif step.action == CHANGE:
            new = {name: value for name, (_old, value) in step.changes.items()}
            found[step.present.id] = replace(step.present, **new)
        elif step.action == DELETE:
            del found[step.present.id]
    return list(found.values())


@UNHURRIED
@given(FILES, WORLDS, st.booleans())
def test_what_is_carried_out_leaves_nothing_to_do(document, present, prune):
    after = carried_out(compare(document, present, prune=prune), present)
    assert {step.action for step in compare(document, after, prune=prune)} <= {SAME, UNMANAGED}
    if prune:
        wanted = {(each.resource, each.name) for each in document.endpoints}
        assert {(each.resource, each.name) for each in after if each.resource in document.managed} == wanted


@UNHURRIED
@given(FILES, WORLDS)
def test_nothing_is_deleted_without_prune_and_other_resources_are_left_alone(document, present):
    assert DELETE not in {step.action for step in compare(document, present)}
    outside = {each.id for each in present if each.resource not in document.managed}
    touched = {step.present.id for step in compare(document, present, prune=True) if step.present}
    assert touched.isdisjoint(outside)


@UNHURRIED
@given(FILES, WORLDS)
def test_each_endpoint_has_one_step_and_unwanted_properties_stay(document, present):
    steps = compare(document, present, prune=True)
    keys = [(step.resource, step.name) for step in steps]
    assert len(keys) == len(set(keys))
    for step in steps:
        if step.desired and step.present:
            unsaid = {name for name in ("description", "content_logging") if getattr(step.desired, name) is None}
            assert unsaid.isdisjoint(step.changes)


def one(desired, *present, prune=False):
    (step,) = compare(Document((desired,), frozenset({desired.resource})), present, prune=prune)
    return step


VOICEMAIL = Desired("R", "Voicemail", "2026", description="new")
THERE = Present("1", "R", "Voicemail", "2026", "en-US", "Calls", "new")


@pytest.mark.parametrize(
    ("present", "action", "why"),
    [
        (THERE, SAME, ""),
        (replace(THERE, model="2025"), CHANGE, ""),
        (
            replace(THERE, model="2025", open_change="c", open_kind="change-model", requested={"model": "2026"}),
            WAIT,
            "",
        ),
        (
            replace(THERE, model="2025", open_change="c", open_kind="change-model", requested={"model": "2024"}),
            BLOCKED,
            "another change of it is open",
        ),
        (replace(THERE, open_change="c", open_kind="delete"), BLOCKED, "another change of it is open"),
        (replace(THERE, open_change="c", open_kind="edit", undecided=True), BLOCKED, "needs a decision"),
        (replace(THERE, failed="its status is Failed"), BLOCKED, "its status is Failed"),
        (replace(THERE, model="2025", model_ids=frozenset({"2026"})), SAME, ""),
    ],
)
def test_an_endpoint_with_an_open_change_is_waited_for_or_left_alone(present, action, why):
    step = one(VOICEMAIL, present)
    assert step.action == action
    assert why in step.why


@pytest.mark.parametrize(("wanted", "action"), [("new", WAIT), ("another", BLOCKED)])
def test_an_open_edit_is_waited_for_if_it_is_what_the_file_wants(wanted, action):
    class Server:
        def get(self, path):
            assert path == "changes/c"
            requested = {"name": None, "description": wanted, "logging": True}
            return {"kind": "edit", "model_name": "", "requested": requested}

    shown: dict[str, Any] = {
        "id": "1",
        "remote_id": "2",
        "name": "Voicemail",
        "locale": "en-US",
        "description": "old",
        "url": "/",
    }
    shown.update(status="Succeeded", status_text="Succeeded", logging=False, project=None, model={"name": "2026"})
    shown.update(open_change={"id": "c", "kind": "edit", "state": "deploying"})
    server: Any = Server()
    step = one(replace(VOICEMAIL, content_logging=True), comparing.present_of(server, shown, "R", True))
    assert step.action == action


def test_what_the_service_fixes_at_the_creation_is_not_changed():
    assert "its locale is en-US, not de-DE" in one(replace(VOICEMAIL, locale="de-DE"), THERE).why
    assert "its project is Calls, not Orders" in one(replace(VOICEMAIL, project="Orders"), THERE).why


def test_two_endpoints_of_one_name_are_left_alone():
    step = one(VOICEMAIL, THERE, replace(THERE, id="2"))
    assert (step.action, step.why) == (BLOCKED, "2 endpoints have this name; rename or delete the others")


def test_an_endpoint_that_is_being_deleted_is_not_deleted_again():
    there = replace(THERE, name="Old", open_change="c", open_kind="delete")
    _same, step = compare(Document((VOICEMAIL,), frozenset("R")), [THERE, there], prune=True)
    assert step.action == WAIT
    _same, step = compare(Document((VOICEMAIL,), frozenset("R")), [THERE, replace(there, open_kind="edit")], prune=True)
    assert step.action == BLOCKED


def test_the_last_line_counts():
    assert counted([one(VOICEMAIL), one(VOICEMAIL, THERE)]) == "1 to create, 1 as wanted"


GOOD = {"version": 1, "resource": "R", "endpoints": [{"name": "a", "model": "1"}]}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"version": 2}, "version: 1 is missing"),
        ({"version": True}, "version must be a whole number"),
        ({"endpoints": None}, "endpoints must be a list"),
        ({"endpoint": []}, "'endpoint' is not known"),
        ({"endpoints": [{"name": "a"}]}, "endpoint 1: model is missing"),
        ({"endpoints": [{"name": "a", "model": 20260915}]}, "model must be text. Put it in quotes."),
        ({"endpoints": [{"name": "a", "model": "1", "logging": True}]}, "'logging' is not known"),
        ({"endpoints": [{"name": "a", "model": "1", "content_logging": "yes"}]}, "must be true or false"),
        ({"endpoints": [{"name": "a", "model": "1"}] * 2}, "endpoint 2: 'a' is there twice"),
        ({"resource": ""}, "resource is missing"),
        ({"endpoints": ["a"]}, "endpoint 1: keys and values are expected"),
    ],
)
def test_a_file_with_a_mistake_is_refused_in_words(changed, says):
    with pytest.raises(Usage) as found:
        document_of({**GOOD, **changed}, "e.yaml")
    assert says in str(found.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1, "a": 2}', "the key 'a' is there twice"),
        ('{"a": 1', "e.json, line 1, column 8"),
        ("[" * 100_000, "e.json"),
    ],
)
def test_json_with_a_mistake_is_refused_too(text, says):
    with pytest.raises(Usage) as found:
        parsed(text, "e.json")
    assert says in str(found.value)


def test_a_resource_without_endpoints_can_be_emptied():
    document = document_of({"version": 1, "resource": "R", "endpoints": []}, "e.yaml")
    (step,) = compare(document, [THERE], prune=True)
    assert step.action == DELETE
