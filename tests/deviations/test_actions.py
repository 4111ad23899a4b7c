"""Each deviation in what people and workers request of the service, and in how it calls the product."""

import pytest

from tests.deviations.table import ACTIONS, LATE, parameters
from tests.deviations.walk import walk


@pytest.mark.parametrize("stage", parameters(ACTIONS), indirect=True)
def test_what_is_requested_is_carried_out_once_and_shown_as_it_is(stage):
    walk(stage)


@pytest.mark.django_db(transaction=True)  # a second worker holds the list
@pytest.mark.parametrize("stage", parameters(LATE), indirect=True)
def test_a_list_that_arrives_late_undoes_nothing(stage):
    walk(stage)
