"""docs/permissions.md says what the table of roles says."""

import os

from tests.access.permissions_page import PAGE, document


def test_the_documentation_has_the_roles_and_the_rights_of_each_page():
    if os.environ.get("UPDATE_PERMISSIONS"):
        PAGE.write_text(document())
    assert PAGE.read_text() == document(), "Run it with UPDATE_PERMISSIONS=1 in the environment"
