"""A database that was a demo's: nothing starts on it without DEMO while accounts have the demo's password."""

import subprocess
import sys

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from endpoints.access import demo_accounts
from endpoints.pages import banners
from speechstudio.demo import database
from tests import prepared
from tests.demo import ROOT, environment

SAID = "This database was a demo's: admin, listener, viewer can sign in with the demo's password."
ACCOUNTS = "import django; django.setup(); from speechstudio.demo import database; database._create_accounts()"
BROKER = "redis://127.0.0.1:1/0"
WORKER = ["-m", "celery", "-A", "speechstudio", "worker", "--pool", "solo", "--without-mingle"]
STARTS = {
    "web": ["-m", "gunicorn", "--config", "python:speechstudio.web", "--bind", "127.0.0.1:0"],
    "worker": WORKER,
    "setup": ["manage.py", "setup"],
    "check": ["manage.py", "check", "--database", "default"],
}


def run(var, *command, **env):
    variables = environment(var, DJANGO_SETTINGS_MODULE="speechstudio.settings", BROKER_URL=BROKER, **env)
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    """The directory of a demo with its accounts."""
    var = prepared.fill(tmp_path_factory.mktemp("var"))
    for command in (["manage.py", "setup"], ["-c", ACCOUNTS]):
        done = run(var, *command, DEMO="true")
        assert done.returncode == 0, done.stderr
    return var


@pytest.mark.parametrize("command", STARTS.values(), ids=STARTS)
def test_nothing_starts_on_the_database_of_a_demo(var, command):
    done = run(var, *command)
    assert done.returncode == 1
    assert SAID in done.stderr
    assert demo_accounts.COMMAND in done.stderr
    assert "Traceback" not in done.stderr


def test_one_command_removes_the_accounts_and_then_it_starts(var):
    done = run(var, "manage.py", "remove_demo_accounts")
    assert done.stdout.splitlines()[:3] == ["Removed: admin", "Removed: listener", "Removed: viewer"]
    assert run(var, "manage.py", "setup").returncode == 0
    assert run(var, "manage.py", "remove_demo_accounts").stdout == "No account has the demo's password.\n"
    assert run(var, "-c", ACCOUNTS, DEMO="true").returncode == 0  # for the other tests, in whatever order


def test_an_account_of_the_same_name_with_a_password_of_its_own_stays(db):
    User.objects.create_user("admin", password="a long enough word")
    User.objects.create_user("viewer", password="demo")
    User.objects.create_user("listener")
    call_command("remove_demo_accounts")
    assert set(User.objects.values_list("username", flat=True)) == {"admin", "listener"}
    assert demo_accounts.refusal() == ""


def test_the_accounts_are_those_that_a_demo_creates(db):
    assert set(database.PEOPLE) == set(demo_accounts.NAMES)
    database._create_accounts()
    assert {person.get_username() for person in demo_accounts.remaining()} == set(demo_accounts.NAMES)


@pytest.mark.parametrize(("demo", "status"), [(False, 200), (True, 302)])
def test_nobody_signs_in_with_the_password_of_the_demo_elsewhere(db, settings, demo, status):
    settings.DEMO = demo
    User.objects.create(username="admin", password=make_password("demo"))
    assert Client().post("/sign-in/", {"username": "admin", "password": "demo"}).status_code == status


@pytest.mark.parametrize(
    ("demo", "url", "warned"),
    [
        (True, "https://contoso.cognitiveservices.azure.com", True),
        (True, "http://127.0.0.1:8100", False),
        (False, "https://contoso.cognitiveservices.azure.com", False),
    ],
)
def test_a_demo_with_the_key_of_a_real_resource_says_so_on_each_page(bob, resource, settings, demo, url, warned):
    settings.DEMO = demo
    type(resource).objects.update(url=url)
    for address in ("/endpoints/", "/settings/", "/help/"):
        assert ("This is a demo with public passwords" in bob.get(address).content.decode()) == warned
    assert bool(banners.real_resource(bob.user)) == warned
