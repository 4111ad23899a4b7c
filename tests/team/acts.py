"""What people do, at random: a table of acts by person, with how often each is chosen."""

import hashlib
import io
import re
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.team import pipelines
from tests.team.forms import Page
from tests.team.people import Away, Person

Act = Callable[[Person], None]
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
projects: dict[str, str] = {}  # the prefix of names in each project, by the project's id


def _accept(person: Person, key: str, kind: str) -> None:
    person.journal.accepted[key] = (person.name, kind)


def look(person: Person) -> None:
    """The list, an endpoint, its history."""
    pk = person.some_endpoint()
    paths = ["/models/", "/activity/", "/endpoints/?q=call", "/search/?q=a", "/settings/"]
    paths += [f"/endpoints/{pk}/", f"/endpoints/{pk}/history/"] if pk else []
    answer = person.get(person.chance.choice(paths))
    if answer.status_code not in (200, 404) and not (person.name == "mo" and answer.status_code == 403):
        person.journal.wrong.append(f"{person.name} got {answer.status_code} at {answer.request.url}")


def poll(person: Person) -> None:
    """An open page asks whether there is news."""
    pk = person.some_endpoint()
    page = person.page(f"/endpoints/{pk}/" if pk and person.chance.random() < 0.5 else "/endpoints/")
    for address in page.polls:
        for _again in range(3):
            answer = person.until_answered("GET", address, headers={"HX-Request": "true"})
            allowed = (200, 204, 404, 403) if person.name == "mo" else (200, 204, 404)
            if answer.status_code not in allowed:
                person.journal.wrong.append(f"{person.name} got {answer.status_code} at {address}")
            person.over.wait(person.chance.uniform(0.2, 1))


def deploy(person: Person) -> None:
    """The wizard, to its end."""
    path = "/endpoints/new/"
    form = person.page(path).form(path)
    offered = [value for value in form.choices["project"] if value.startswith("project:")] if form else []
    if not offered:
        return
    project = person.chance.choice(offered)
    prefix = projects[project.partition(":")[2]]
    answer = person.send(form, path, project=project, locale="", go="next")
    if answer.status_code != 302:
        return
    form = person.page(person.followed(answer)).form(path)
    models = form.choices["model"] if form else []
    if not models:
        return
    answer = person.send(form, path, model=person.chance.choice(models), go="next")
    if answer.status_code != 302:
        return
    form = person.page(person.followed(answer)).form(path)
    name = f"{prefix} calls {person.chance.randrange(10**9)}"
    logging: dict[str, Any] = {"logging": "on"} if person.chance.random() < 0.7 else {}
    answer = person.send(form, path, name=name, description=f"By {person.name}", go="next", **logging)
    if answer.status_code != 302:
        return
    review = person.page(person.followed(answer)).form(path)
    answer = person.send(review, path, twice=person.chance.random() < 0.2, go="add")
    if answer.status_code == 302:
        _accept(person, review.values["draft"][0], "create")


def _change(person: Person, path: str, kind: str, **typed: str) -> None:
    form = person.page(path).with_field("key")
    if form is None or not form.choices["model"]:
        return
    typed["model"] = person.chance.choice(form.choices["model"])
    answer = person.send(form, path, twice=person.chance.random() < 0.2, **typed)
    if answer.status_code == 302 and "/sign-in/" not in answer.headers["Location"]:
        _accept(person, form.values["key"][0], kind)


def change_model(person: Person) -> None:
    if pk := person.some_endpoint():
        _change(person, f"/endpoints/{pk}/change-model/", "change-model", reason="A better model")


def edit(person: Person) -> None:
    pk = person.some_endpoint()
    path = f"/endpoints/{pk}/edit/"
    form = person.page(path).with_field("key") if pk else None
    if form:
        words = f"{form.values['name'][0].split(' calls')[0]} calls {person.chance.randrange(10**9)}"
        answer = person.send(form, path, name=words, reason="A better name")
        if answer.status_code == 302:
            _accept(person, form.values["key"][0], "edit")


def delete(person: Person) -> None:
    pk = person.some_endpoint()
    path = f"/endpoints/{pk}/delete/"
    answer = person.get(path) if pk else None
    form = Page(answer.text).with_field("key") if answer else None
    if form and (name := re.search(r"\w+ calls \d+", answer.text)):
        answer = person.send(form, path, name=name[0], reason="Not needed")
        if answer.status_code == 302:
            _accept(person, form.values["key"][0], "delete")


def go_back(person: Person) -> None:
    pk = person.some_endpoint()
    form = person.page(f"/endpoints/{pk}/history/").form("/go-back/") if pk else None
    if form and "reason" in form.values:
        answer = person.send(form, form.action, twice=person.chance.random() < 0.2, reason="It was better before")
        if answer.status_code == 302 and "/sign-in/" not in answer.headers["Location"]:
            after = person.get(person.followed(answer)).text
            if "is being redeployed with its previous model" in after:
                _accept(person, form.values["key"][0], "change-model")


def cancel(person: Person) -> None:
    """Something that was just requested, if it has not started."""
    for pk in person.endpoints()[:6]:
        form = person.page(f"/endpoints/{pk}/").form("/cancel/")
        if form:
            answer = person.send(form, form.action)
            if answer.status_code == 302 and "Canceled. Nothing was sent." in person.get(person.followed(answer)).text:
                person.journal.canceled.append(re.search(UUID, form.action)[0])
            return


def decide(person: Person) -> None:
    for pk in person.endpoints():
        form = person.page(f"/endpoints/{pk}/").form("/decide/")
        if form:
            person.send(form, form.action, decision=person.chance.choice(["again", "again", "give-up"]))
            return


def download(person: Person) -> None:
    pk = person.some_endpoint()
    if not pk:
        return
    path = f"/endpoints/{pk}/download/"
    form = person.page(path).with_field("purpose")
    if form:
        person.send(form, path, purpose=f"Checking calls {person.chance.randrange(5)}")


def fetch_zip(person: Person) -> None:
    """A zip that is ready: it is whole, and always the same."""
    links = re.findall(rf"/downloads/{UUID}/file/", person.get("/downloads/").text)
    if not links:
        return
    path = person.chance.choice(links)
    answer = person.until_answered("GET", path)
    if answer.status_code in (302, 404):  # it was canceled in between
        return
    if answer.status_code != 200 or zipfile.ZipFile(io.BytesIO(answer.content)).testzip():
        person.journal.wrong.append(f"{person.name} got {answer.status_code} and a broken zip from {path}")
        return
    digest = hashlib.sha256(answer.content).hexdigest()
    if person.journal.zips.setdefault(f"{path}", digest) != digest:
        person.journal.wrong.append(f"{path} has changed")


def act_on_download(person: Person) -> None:
    forms = [
        form for form in person.page("/downloads/").forms if re.search(r"/(pause|resume|cancel|retry)/", form.action)
    ]
    if forms:
        form = person.chance.choice(forms)
        person.send(form, form.action)


def read_logs(person: Person) -> None:
    pk = person.some_endpoint()
    text = person.get(f"/endpoints/{pk}/logs/").text if pk else ""
    entries = re.findall(rf"/endpoints/{pk}/logs/\d+/", text)
    if entries:
        one = person.chance.choice(entries)
        person.get(one)
        person.get(person.chance.choice([f"{one}audio/", f"{one}transcript/"]))


def renew_session(person: Person) -> None:
    """Sign out, and in again."""
    form = person.page("/endpoints/").form("/sign-out/")
    if form:
        person.signed_in = False
        person.send(form, form.action)
    person.sign_in()


def invite(person: Person) -> None:
    path = "/invitations/new/"
    name = f"guest-{person.chance.randrange(10**9)}"
    form = person.page(path).with_field("roles")
    if form:
        answer = person.send(form, path, name=name, email=f"{name}@example.com", roles=["viewer"])
        if answer.status_code == 302:  # the sign-in is not recent any more
            person.sign_in()


def change_roles(person: Person) -> None:
    form = person.page("/people/mo/").form("/roles/")
    if form:
        roles = person.chance.choice([["viewer"], ["deployer"], ["viewer", "listener"], []])
        answer = person.send(form, form.action, role=roles)
        if "reauthenticate" in answer.headers.get("Location", ""):
            person.sign_in()


def try_forbidden(person: Person) -> None:
    """What a viewer may not do, and what somebody without a role may not see."""
    paths = ["/downloads/", "/endpoints/new/", "/people/", "/resources/new/", "/invitations/new/", "/logs/"]
    person.refused(person.chance.choice(paths))


def try_unseen(person: Person) -> None:
    paths = ["/endpoints/", "/models/", "/activity/", "/search/?q=calls", "/endpoints/export/", "/activity/export/"]
    answer = person.until_answered("GET", urlsplit(person.chance.choice(paths)).path)
    if answer.status_code == 302:
        person.followed(answer)


# How often each act is chosen, by the people that team.py invites. Add a row for another kind of actor.
READING: dict[Act, int] = {look: 3, poll: 3}
DEPLOYING: dict[Act, int] = {
    deploy: 6,
    change_model: 6,
    edit: 2,
    delete: 1,
    go_back: 3,
    cancel: 3,
    decide: 2,
    look: 1,
    poll: 1,
}
LISTENING: dict[Act, int] = {download: 4, fetch_zip: 4, act_on_download: 2, read_logs: 4, look: 1}
ACTS: dict[str, dict[Any, int]] = {
    "alice": {invite: 1, change_roles: 3, look: 1},
    "dora": DEPLOYING,
    "dan": DEPLOYING | {renew_session: 1},
    "rita": DEPLOYING,  # for the second Speech resource only
    "lena": LISTENING,
    "lars": LISTENING | {renew_session: 1},
    "olga": {go_back: 4, look: 2, poll: 1},
    "vera": READING | {try_forbidden: 2},
    "nemo": {try_forbidden: 1, try_unseen: 1},
    "mo": {look: 2, poll: 1},  # whose roles alice changes
}


ACTS.update(pipelines.PIPELINES)


def live(person: Person) -> None:
    """Act at random until it is over."""
    acts = ACTS[person.name]
    while not person.over.is_set():
        act = person.chance.choices(list(acts), list(acts.values()))[0]
        try:
            act(person)
            person.journal.count(act.__name__)
        except Away as error:
            person.journal.wrong.append(f"away for too long: {error}")
        except Exception as error:  # the run goes on, and the end shows it
            person.journal.wrong.append(f"{person.name} {act.__name__}: {error!r}")
        person.over.wait(person.chance.uniform(0.1, 1.5))
