"""Everybody opens every address, for things in several projects and resources, as the table of roles says.

What a person's grants don't cover is answered like what doesn't exist, and no page says a word of it.
"""

import re
import uuid
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import Group
from django.urls import resolve, reverse

from endpoints.access import roles
from endpoints.access.roles import Extent
from endpoints.messages import calendar
from endpoints.models import Grant, RoleName, SavedView
from tests.access.walk import places
from tests.conftest import Person
from tests.test_permissions import BY_TOKEN, MATRIX, PATTERNS

# What belongs to no place: only whoever has the right everywhere sees that of others.
OF_ALL = {"bulk-progress", "bulk-cancel", "view"}
ENDPOINT, RESOURCE = "endpoint", "resource"
NOUNS = {
    **dict.fromkeys(("change-cancel", "change-decide"), "change"),
    **dict.fromkeys(("bulk-progress", "bulk-cancel"), "bulk"),
    **dict.fromkeys(("purge", "purge-receipt"), "purge"),
    **{name: "download" for name in MATRIX if name.startswith("download-")},
    **{name: RESOURCE for name in MATRIX if name.startswith("resource-")},
    "resource-draft": "draft",
    "view": "view",
}
# There is no such file: to be told so, it takes the right too.
WITHOUT_FILE = {"log-audio", "log-transcript", "download-file"}
# A word for each noun, and the right that it takes to read it.
WORDS = {
    **dict.fromkeys(("endpoint", "description", "model", "project", "owner", "reason", "event"), roles.VIEW),
    **dict.fromkeys(("transcript", "download purpose"), roles.READ_LOGS),
    "purge reason": roles.MANAGE_LOGS,
}


@dataclass(frozen=True)
class Held:
    """A grant of `role`: everywhere, for the Speech resource of the first place, or for its project."""

    role: str
    extent: Extent

    def allows(self, right, at):
        """Whether it gives a right at a place: (number of the resource, number of the project or None)."""
        if right not in roles.rights_of(self.role, self.extent):
            return False
        if self.extent == Extent.PROJECT:
            return at == (1, 1)
        return self.extent == Extent.EVERYWHERE or at[0] == 1

    def covers(self, name, rights, at):
        """Whether it gives all these rights for the thing of an address."""
        if name in OF_ALL:
            return self.extent == Extent.EVERYWHERE
        return all(self.allows(right, _place(name, at)) for right in rights)

    @property
    def rights(self):
        return roles.rights_of(self.role, self.extent)


EVERYBODY = [Held(name, extent) for name, role in roles.ROLES.items() for extent in Extent if extent >= role.least]
NOBODY = Held("", Extent.EVERYWHERE)
NO_TRIAL = uuid.UUID(int=0)
# What a person has tried is theirs: tests/watch/test_try_it.py and tests/pages/test_who_answers.py.
OWN = {"try-it-answers", "who-answers-trial"}
OPENED = ((1, 1), (2, 3))  # the others are seen in lists
SEARCHED = ("quokka", "dingo")
PLACES = {(1, 1): "quokka", (1, 2): "wombat", (1, None): "numbat", (2, 3): "dingo"}


@pytest.fixture
def where(alice):
    resources = {1: places.resource("aleph"), 2: places.resource("beth")}
    return {
        (of, project): places.place(name, resources[of], alice.user, project=project is not None)
        for (of, project), name in PLACES.items()
    }


@pytest.fixture(params=[*EVERYBODY, NOBODY], ids=lambda held: f"{held.role or 'nobody'}-{held.extent.name}")
def held(request):
    return request.param


@pytest.fixture
def person(held, where, django_user_model):
    """Who holds one role by a group of their own."""
    user = django_user_model.objects.create_user("zoe", password="a long enough word")
    group = Group.objects.create(name="a team")
    user.groups.add(group)
    first = where[1, 1]
    scopes = {Extent.RESOURCE: {"resource": first.resource}, Extent.PROJECT: {"project": first.project}}
    if held.role:
        Grant.objects.create(group=group, role=held.role, **scopes.get(held.extent, {}))
    client = Person()
    client.force_login(user)
    client.user = user
    return client


def address(name, pk, entry=1, trial=NO_TRIAL):
    ids = {"pk": pk, "entry": entry, "trial": trial, "name": "zoe"}
    return reverse(f"endpoints:{name}", kwargs={part: ids[part] for part in PATTERNS[name]})


def rights_for(name):
    return getattr(resolve(address(name, uuid.uuid4())).func, "rights", ())


def named(where, alice):
    """Each address that names something, with the thing at each place."""
    drafts = {of: places.draft(where[of, 1 if of == 1 else 3].resource, PLACES[of, of * 2 - 1]) for of in (1, 2)}
    view = SavedView.objects.create(owner=alice.user, name="A shared view", shared=True)
    for name in MATRIX:
        # A channel of alerts is at no place: tests/pages/test_alerts.py shows whose it is.
        if "pk" not in PATTERNS[name] or name.startswith("alert-channel") or name in OWN:
            continue
        noun = NOUNS.get(name, ENDPOINT)
        for at, place in where.items():
            row = {RESOURCE: place.resource, "draft": drafts[at[0]], "view": view}.get(noun) or place.rows[noun]
            yield name, at, row.pk, (place.rows["entry"].pk, place.rows["trial"].pk)


def same(answer, pk):
    """What tells one answer from another, without what is drawn anew for each."""
    text = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]+"', "", b"".join(answer).decode())
    text = re.sub(r"logs%2F\d+", "logs", text)  # the address itself, for whoever signs in again
    if request_id := answer.get("X-Request-ID"):
        text = text.replace(request_id, "REQUEST")
    drawn = ("Content-Length", "Server-Timing", "X-Request-ID")
    headers = {name: value for name, value in answer.items() if name not in drawn}
    text = re.sub(r"(logs(?:/|%2F))\d+", r"\1ENTRY", text.replace(str(pk), "PK"))
    text = re.sub(r"(who-answers(?:/|%2F))[0-9a-f-]{36}", r"\1TRIAL", text)
    return answer.status_code, text, headers


def test_each_address_needs_rights_of_the_table():
    without = {name for name in MATRIX if not rights_for(name)}
    assert without == {"settings", "help", "tokens", "api-docs", "api-docs-file"}
    for name, (_method, allowed) in MATRIX.items():
        for group in ("viewer", "listener", "admin"):
            given = {right for role in roles.GROUPS[group] for right in roles.ROLES[role].rights}
            assert (group in allowed) == (set(rights_for(name)) <= given), (name, group)


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_a_grant_does_not_cover_is_answered_like_what_does_not_exist(held, person, where, alice, method):
    unknown = {}
    for name, at, pk, others in named(where, alice):
        rights = set(rights_for(name))
        anywhere = rights <= held.rights
        if at[1] is None or (at != (1, 1) and (held.extent == Extent.EVERYWHERE or not anywhere)):
            continue  # told like another place
        covered = anywhere and held.covers(name, rights, at)
        stored = person.session
        if stored.pop("_messages", None):  # what another answer has said
            stored.save()
        if name not in unknown:
            other = uuid.uuid4()
            unknown[name] = same(getattr(person, method)(address(name, other)), other)
        answer = getattr(person, method)(address(name, pk, *others))
        told = (method, name, at, answer.status_code)
        if unknown[name][0] == 405:
            assert answer.status_code == 405, told
        elif covered:
            assert answer.status_code in (200, 302, 409, 422) or name in WITHOUT_FILE, told
        else:
            assert answer.status_code == 404 if anywhere else 403, told
        if not held.allows(roles.VIEW, _place(name, at)):
            assert same(answer, pk) == unknown[name], told


@pytest.mark.parametrize("held", [Held(RoleName.LISTENER, Extent.PROJECT)], ids=str)
def test_other_methods_tell_nothing_either(held, person, where, alice):
    for name, at, pk, others in named(where, alice):
        if at == (2, 3):
            other = uuid.uuid4()
            for method in ("head", "put", "patch", "delete", "options"):
                answer, missing = (getattr(person, method)(address(name, one, *others)) for one in (pk, other))
                assert same(answer, pk) == same(missing, other), (name, method)


def _place(name, at):
    """Where the thing of an address is: a Speech resource is no part of a project."""
    return (at[0], None) if NOUNS.get(name) in (RESOURCE, "draft") else at


def _read(person, where):
    """The text of each page that a person can open without changing anything."""
    texts = {}
    asked = [(name, address(name, uuid.uuid4())) for name in MATRIX if "pk" not in PATTERNS[name]]
    searched = {"list", "models", "activity", "all-logs", "search"}
    asked += [(f"{name} {word}", f"{url}?q={word}") for name, url in asked if name in searched for word in SEARCHED]
    asked.append(("json", f"{address('export', 1)}?format=json"))
    asked.append(("events", f"{address('activity-export', 1)}?format=json"))
    asked.append(("calendar", f"{reverse('endpoints:calendar')}?token={calendar.token_of(person.user)}&all=1"))
    for place in map(where.get, OPENED):
        for name in PATTERNS:
            row = place.rows.get(NOUNS.get(name, ENDPOINT))
            if row and "pk" in PATTERNS[name]:
                others = (place.rows["entry"].pk, place.rows["trial"].pk)
                asked.append((f"{name} {place.name}", address(name, row.pk, *others)))
    for name, url in asked:
        answer = person.get(url)
        if "q=" in url:
            word = url.partition("q=")[2]
            texts[name] = b"".join(answer).decode().replace(f'value="{word}"', "").replace(f"q={word}", "")
        else:
            texts[name] = b"".join(answer).decode()
    return texts


def test_no_page_feed_or_export_says_a_word_of_what_a_person_may_not_see(held, person, where, alice):
    for (of, project), name in PLACES.items():
        if project in (1, 3):
            places.draft(where[of, project].resource, name)
    SavedView.objects.create(owner=alice.user, name="numbers of dingo", shared=True)
    texts = _read(person, where)
    everything = "\n".join(texts.values())
    for at, place in where.items():
        for noun, right in WORDS.items():
            if noun == "project" and at[1] is None:
                continue
            word = place.seen_with(noun)
            told = [name for name, text in texts.items() if word in text]
            assert not told or held.allows(right, at), (word, told)
            assert told or not held.allows(right, at) or at not in OPENED, word
    for word in ("numbers of dingo", "quokka bulk"):  # that can be about anything
        assert (word in everything) == (roles.VIEW in held.rights and held.extent == Extent.EVERYWHERE), word
    for of, word in ((1, "aleph resource"), (2, "beth resource")):
        assert (word in everything) == any(held.allows(roles.VIEW, at) for at in where if at[0] == of), word


def test_the_key_and_the_health_of_a_resource_are_not_those_of_a_project(held, person, where):
    for at, place in where.items():
        answer = person.post(address("key", place.rows["endpoint"].pk))
        shown = f"{place.resource.name.split()[0]} key" in answer.content.decode()
        assert shown == held.allows(roles.SHOW_KEY, at), (held, at)
        page = person.get(address("detail", place.rows["endpoint"].pk)).content.decode()
        unreachable = "reachable since" in page or f"{place.resource.name.split()[0]} failure" in page
        assert unreachable == held.allows(roles.HEALTH, at), (held, at)
        assert (f"{place.resource.name.split()[0]} failure" in page) == held.allows(roles.MANAGE, at), (held, at)


# Addresses of forms and links, and the page of an endpoint that offers them.
BUTTONS = {
    "change-model": "detail",
    "edit": "detail",
    "delete": "detail",
    "key": "detail",
    "change-cancel": "detail",
    "logs": "content-logging",
    "download": "content-logging",
    "logs-keep": "logs",
    "logs-purge": "logs",
}


def test_buttons_that_would_be_refused_are_absent(held, person, where):
    """Also those on pages of everything: where a role isn't held everywhere, each row asks for itself."""
    for at, place in where.items():
        pk = place.rows["endpoint"].pk
        texts = {page: person.get(address(page, pk)).content.decode() for page in {*BUTTONS.values(), "history"}}
        for name in BUTTONS:
            url = address(name, place.rows[NOUNS.get(name, ENDPOINT)].pk)
            allowed = all(held.allows(right, at) for right in rights_for(name))
            found = any(f'"{url}"' in text or f'"{url}?' in text for text in texts.values())
            assert not found or allowed, (held, name, at)
    for name in ("new", "resource-new", "resources", "all-logs", "downloads"):
        allowed = all(right in held.rights for right in rights_for(name))
        pages = [person.get(reverse(f"endpoints:{page}")).content.decode() for page in ("list", "settings", "search")]
        assert any(f'"{address(name, pk)}"' in text for text in pages) == allowed, (held, name)


def test_a_calendar_is_only_for_whoever_can_see_something(held, person):
    answer = person.get(f"{reverse('endpoints:calendar')}?token={calendar.token_of(person.user)}")
    assert answer.status_code == (200 if roles.VIEW in held.rights else 404)
    assert {"calendar"} == BY_TOKEN


def test_nobody_shares_what_was_cached_for_a_person_who_sees_more(where, alice, django_user_model):
    """Each cache of this process is filled by somebody who sees everything first."""
    user = django_user_model.objects.create_user("zoe", password="a long enough word")
    Grant.objects.create(person=user, role=RoleName.LISTENER, project=where[1, 1].project)
    other = Person()
    other.force_login(user)
    for name in ("list", "models", "activity", "all-logs", "downloads"):
        url = reverse(f"endpoints:{name}")
        assert "dingo" in alice.get(url).content.decode()
        page = other.get(url).content.decode()
        assert "quokka" in page
        assert not [word for word in ("wombat", "numbat", "dingo", "beth") if word in page], name
