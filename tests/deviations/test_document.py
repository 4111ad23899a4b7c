"""docs/deviations.md has the modes of the table."""

import os

from tests.deviations.document import PAGE, document
from tests.deviations.table import ALL


def test_the_documentation_lists_each_mode():
    if os.environ.get("UPDATE_DEVIATIONS"):
        PAGE.write_text(document())
    assert PAGE.read_text() == document(), "Run it with UPDATE_DEVIATIONS=1 in the environment"


def test_no_two_modes_have_one_name_and_each_says_something():
    names = [mode.name for mode in ALL]
    assert len(names) == len(set(names)) > 250
    assert [mode.name for mode in ALL if not mode.sentences()] == []
