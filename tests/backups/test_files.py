"""What a backup must be to be restored, and how it is written."""

import gzip
import io
import json
import os
import stat
import subprocess
import sys
import tarfile

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from endpoints.models import Event
from tests.demo import ROOT


@pytest.fixture
def backup(alice, mirrored, back_up):
    return back_up()


def refusal(*words):
    with pytest.raises(CommandError) as error:
        call_command(*map(str, words))
    return str(error.value)


def changed(path, change):
    """A copy of a backup with the members that `change` makes of it: (name, content) of each."""
    with tarfile.open(path) as old:
        members = [(one.name, old.extractfile(one).read()) for one in old.getmembers()]
    copy = path.with_suffix(".changed")
    with tarfile.open(copy, "w") as new:
        for name, content in change(members):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            new.addfile(info, io.BytesIO(content))
    return copy


def with_manifest(members, **facts):
    return [("manifest.json", json.dumps({**json.loads(members[0][1]), **facts}).encode()), *members[1:]]


def test_it_is_whole_and_says_what_it_is(backup, capsys):
    call_command("restore", str(backup), "--verify")
    assert "is whole: made 20" in capsys.readouterr().out


def test_wherever_it_is_cut_off_it_is_refused(backup):
    content = backup.read_bytes()
    whole = len(content.rstrip(b"\0"))
    cut = backup.with_suffix(".cut")
    for size in [0, 1, 511, 512, *range(1024, whole, whole // 40), whole - 1]:
        cut.write_bytes(content[:size])
        assert "can't be restored. It" in refusal("restore", cut, "--verify"), size


def test_a_changed_byte_is_noticed_in_each_part(backup):
    with tarfile.open(backup) as archive:
        places = [one.offset_data + one.size // 2 for one in archive.getmembers() if one.size]
    copy = backup.with_suffix(".changed")
    for place in places:
        content = bytearray(backup.read_bytes())
        content[place] ^= 1
        copy.write_bytes(content)
        assert "can't be restored." in refusal("restore", copy, "--verify"), place


@pytest.mark.parametrize(
    "change",
    [lambda members: members[:-2] + members[-1:], lambda members: [members[0], members[2], members[1], *members[3:]]],
    ids=["a part is missing", "two parts are exchanged"],
)
def test_missing_and_exchanged_parts_are_noticed(backup, change):
    assert "It was changed since it was written." in refusal("restore", changed(backup, change), "--verify")


def test_another_file_is_no_backup(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam")
    assert "It's no backup of this product." in refusal("restore", tmp_path / "letter.txt", "--verify")
    assert "No such file or directory" in refusal("restore", tmp_path / "nothing", "--verify")


@pytest.mark.parametrize("facts", [{"format": 2}, {"migrations": [["endpoints", "9999_future"]]}])
def test_one_of_a_newer_version_is_refused(backup, facts):
    newer = changed(backup, lambda members: with_manifest(members, version="7.1", **facts))
    said = refusal("restore", newer, "--verify")
    assert "made by a newer version (7.1). Update this installation first, then restore it." in said


def test_other_keys_are_not_the_keys_of_the_backup(backup, settings, capsys):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "These are not the keys of this backup" in refusal("restore", backup, "--verify")
    call_command("restore", str(backup), "--verify", "--without-keys")
    assert "is whole" in capsys.readouterr().out


def test_the_keys_and_secrets_are_not_in_it(backup, mirrored, settings):
    assert not any(key.encode() in backup.read_bytes() for key in settings.ENCRYPTION_KEYS)
    with tarfile.open(backup) as archive:
        rows = archive.extractfile("rows/endpoints.Resource/000001.jsonl.gz").read()
    assert mirrored.key.sealed.encode() in gzip.decompress(rows)
    assert mirrored.key.open().encode() not in gzip.decompress(rows)


def test_a_database_with_people_in_it_is_not_restored_into(backup):
    said = refusal("restore", backup)
    assert said.startswith("The database isn't empty (Speech resources: 1, ")
    assert "people: 1" in said


def test_it_is_readable_by_its_owner_only_and_overwrites_nothing(backup, back_up):
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    before = backup.read_bytes()
    assert refusal("backup", backup) == f"{backup} exists. A backup never overwrites a file: name a new one."
    assert backup.read_bytes() == before


def test_one_that_fails_leaves_no_file_and_no_event(alice, back_up, tmp_path):
    class Failed(Exception):
        pass

    def fail():
        raise Failed

    with pytest.raises(Failed):
        back_up(in_between=fail)
    assert not [*tmp_path.iterdir()]
    assert not Event.objects.filter(verb="backup-made").exists()


def test_a_directory_that_cannot_be_written_is_named(db):
    assert refusal("backup", "/nowhere/1.backup") == "/nowhere/1.backup can't be written: No such file or directory."


def test_it_shows_one_moment_whatever_is_written_meanwhile(alice, back_up, elsewhere, restore):
    """Others write between the moment and the first row that is read, and nobody waits."""

    def write():
        code = "from endpoints import audit; audit.record('view-shared', view='Meanwhile')"
        run(code)

    before = Event.objects.count()
    backup = back_up(in_between=write)
    assert Event.objects.filter(facts__view="Meanwhile").exists()
    with elsewhere():
        restore(backup)
        assert Event.objects.count() == before + 1  # the restore itself


def run(code):
    """Another process with the database of these tests."""
    words = "import django; django.setup(); from django.db import connection; "
    name = f"connection.settings_dict['NAME'] = {connection.settings_dict['NAME']!r}; "
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "speechstudio.settings"}
    done = subprocess.run(
        [sys.executable, "-c", words + name + code], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
