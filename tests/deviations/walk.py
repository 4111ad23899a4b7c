"""What holds with every mode: all else is live, every page answers, and the sentences are right."""

from endpoints.models import Change, Endpoint, Event
from endpoints.models.event import Verb

from . import acts
from .mode import ODD, refresh
from .stage import all_of

UNREAD = ("Can't be read", "can't be read")  # the status of a row, and how banners and errors name an item


def walk(stage):
    mode = stage.mode
    stage.register()
    mode.act(stage)
    names = stage.names()
    renamed = stage.changed_elsewhere()
    if not (mode.failing or mode.frozen):
        names = renamed
    stage.refresh()
    changes_are_right(stage)
    for name, value in mode.row.items():
        assert getattr(stage.row, name) == (stage.odd if value == ODD else value), name
    shown = stage.pages()
    if mode.act is refresh or "check" in mode.says:
        shown["check"] = stage.check()
    rows_are_right(stage, names)
    pages_are_right(stage, names, shown)
    sentences_are_right(stage, shown)
    assert stage.front.strangers == []
    if mode.failing or mode.frozen:
        all_is_live_again(stage, renamed)


def changes_are_right(stage):
    """The change is in the right state, nothing is made twice, and no change of ours is taken for somebody else's."""
    change = Change.objects.first()
    assert (change.state if change else "") == stage.mode.change, change and change.error
    new = [remote for remote in all_of(stage.world, "endpoints") if remote["displayName"] == acts.NEW]
    assert len(new) == stage.mode.made
    elsewhere = stage.mode.act is acts.delete_absent_for_minutes
    assert Event.objects.filter(verb=Verb.VANISHED).exists() == elsewhere
    if change:
        assert not Event.objects.filter(verb=Verb.CHANGED_OUTSIDE, endpoint_id=change.endpoint_id).exists()


def rows_are_right(stage, names):
    """No row is gone, and the others are what Azure shows now, or, when the list fails as a whole, what it was."""
    rows = Endpoint.objects.present().filter(remote_id__in=names)
    assert dict(rows.values_list("remote_id", "display_name")) == names
    assert Endpoint.objects.present().filter(remote_id=stage.odd).exists() != stage.mode.gone
    assert not rows.filter(remote_id__in=stage.others).exclude(unreadable="").exists()
    assert (stage.resource.failing_since is not None) == stage.mode.failing
    live = stage.resource.projects.filter(display_name="Live projects", gone_at=None)
    assert live.exists() == (stage.mode.projects_live and not stage.mode.failing)


def pages_are_right(stage, names, shown):
    for name in names.values():
        assert f"Select {name}" in shown["list"]
    assert ("Live models" in shown["models"]) == stage.mode.models_live
    assert ("Unreachable" in shown["resources"]) == stage.mode.failing


def all_is_live_again(stage, renamed):
    """The service answers as described again."""
    stage.front.alter = None
    stage.refresh()
    stage.refresh()  # the first one may choose the API version
    assert stage.resource.failing_since is None
    assert stage.resource.unreadable == {}
    assert renamed.items() <= stage.names().items()


def sentences_are_right(stage, shown):
    mode = stage.mode
    for page, sentence in mode.sentences():
        assert stage.named(sentence) in shown[page], f"{page}: {shown[page]}"
    pages = ("list", "resources", "endpoint")
    everywhere = " ".join(shown[page] for page in pages if page in shown)
    said = " ".join(sentence for page, sentence in mode.sentences() if page in pages)
    for words in UNREAD:
        assert (words in everywhere) == (words in said), everywhere
    assert "The check itself failed" not in shown.get("check", "")
