"""`setup` concatenates and collects static files when they have changed."""

import base64
import hashlib
import re
from pathlib import Path

from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.template.loader import render_to_string

from speechstudio import assets
from speechstudio.static_storage import StaticFiles
from tests.demo import ROOT


def test_static_files_are_collected_again_when_one_has_changed_and_not_otherwise(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATICFILES_DIRS = [tmp_path / "ours"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    source, there = tmp_path / "ours" / "look.css", settings.STATIC_ROOT / "look.css"
    source.parent.mkdir()
    source.write_text("p { margin: 0 }")
    assets.collect_static_files()
    there.unlink()
    assets.collect_static_files()
    assert not there.exists()
    source.write_text("p { margin: 1px }")
    assets.collect_static_files()
    assert there.read_text() == source.read_text()


def test_each_style_sheet_and_script_is_in_one_file(settings, tmp_path):
    settings.BUNDLES_DIR = tmp_path
    assets.build_bundles()
    bundles = [(tmp_path / name).read_text() for name in assets.BUNDLES]
    for path in (settings.BASE_DIR / "static").rglob("*.*s"):
        assert sum(assets.without_comments(path) in bundle for bundle in bundles) == 1
    first = assets.without_comments(settings.BASE_DIR / "static" / "css" / "tokens.css")
    assert (tmp_path / "studio.css").read_text().startswith(first)


def test_comments_and_indentation_are_left_out_and_nothing_else(tmp_path):
    sheet, script = tmp_path / "one.css", tmp_path / "one.js"
    sheet.write_text('/* Two\n   lines */\n.a::after {\n  content: "\\B7  "; /* dot */\n}\n\n')
    assert assets.without_comments(sheet) == '.a::after{content: "\\B7  ";}'
    script.write_text('// A sentence.\n(() => {\n  // Another one.\n  open("https://x/"); // why\n})();\n')
    assert assets.without_comments(script) == '(() => {\nopen("https://x/"); // why\n})();'


def test_a_bundle_that_has_not_changed_is_left_alone(settings, tmp_path):
    settings.BUNDLES_DIR = tmp_path
    assets.build_bundles()
    bundle = tmp_path / "studio.css"
    before = bundle.stat().st_mtime_ns
    assets.build_bundles()
    assert bundle.stat().st_mtime_ns == before
    bundle.write_text("p { margin: 0 }")
    assets.build_bundles()
    assert bundle.read_text() != "p { margin: 0 }"


def test_set_up_makes_the_bundles_and_collects_them(db, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    call_command("setup")
    for name in assets.BUNDLES:
        assert (tmp_path / name).read_text() == (settings.BUNDLES_DIR / name).read_text()
        assert finders.find(name) == str(settings.BUNDLES_DIR / name)


def test_scripts_and_style_sheets_have_the_digest_of_what_was_collected(settings, tmp_path, monkeypatch):
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "speechstudio.static_storage.StaticFiles"}}
    assets.build_bundles()
    assets.collect_static_files()
    head = render_to_string("frame/_head.html") + render_to_string("mfa/webauthn/snippets/scripts.html")
    tags = re.findall(r'(?:src|href)="/static/([^"]+\.(?:js|css))"([^>]*)>', head)
    assert len(tags) == 5
    for stored, more in tags:
        digest = base64.b64encode(hashlib.sha384((settings.STATIC_ROOT / stored).read_bytes()).digest()).decode()
        assert f'integrity="sha384-{digest}"' in more
    # What changes a file later does not change what browsers expect of it.
    (settings.STATIC_ROOT / tags[0][0]).write_text("p { margin: 0 }")
    assert StaticFiles().integrity[re.sub(r"\.[0-9a-f]{12}\.", ".", tags[0][0])] in tags[0][1]


def test_no_text_of_a_style_sheet_has_what_is_left_out_around_it():
    for sheet in (ROOT / "static" / "css").iterdir():
        assert not re.search(r"\"[^\"\n]*[{};][^\"\n]*\"", sheet.read_text()), sheet


def test_every_script_and_style_sheet_of_a_template_has_its_digest():
    for path in Path(ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        written = r"<script(?![^>]*integrity)[^>]* src=|<link(?![^>]*integrity)[^>]*stylesheet|htmx_script"
        assert not re.search(written, text), path


def test_what_a_row_has_selected_restyles_no_whole_page(settings):
    """Browsers keep one set of what all `:has()` can change. With "any element" in it, a change restyles the page."""
    after = re.compile(r":has\((?:[^()]|\([^()]*\))*\)\)*(?:\s*[>+~]\s*|\s+)(?:\*|:(?!is\())[^{,]*")
    sheets = {path.name: assets.without_comments(path) for path in (settings.BASE_DIR / "static" / "css").iterdir()}
    assert after.search("tr:has(:checked) > * {")
    assert after.search("tr:has(:not(:checked)) :first-child {")
    assert {name: found[0] for name, sheet in sheets.items() if (found := after.search(sheet))} == {}
