"""Static files are collected by `setup`, when there is something new."""

from speechstudio import assets


def test_static_files_are_collected_again_when_one_has_changed_and_not_otherwise(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATICFILES_DIRS = [tmp_path / "ours"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    source, there = tmp_path / "ours" / "look.css", settings.STATIC_ROOT / "look.css"
    source.parent.mkdir()
    source.write_text("p { margin: 0 }")
    assets.collect()
    there.unlink()
    assets.collect()
    assert not there.exists()
    source.write_text("p { margin: 1px }")
    assets.collect()
    assert there.read_text() == source.read_text()
