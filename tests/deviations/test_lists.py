"""Each deviation in what the service has: lists, links, refusals."""

import pytest

from tests.deviations.table import LISTS, parameters
from tests.deviations.walk import walk


@pytest.mark.parametrize("stage", parameters(LISTS), indirect=True)
def test_the_pages_stay_live_and_say_what_is_odd(stage):
    walk(stage)
