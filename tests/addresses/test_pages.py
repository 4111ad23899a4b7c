"""The pages of addresses, with people who may change them and people who may not."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints.addresses import submit
from endpoints.models import Address, AddressChange, AddressHour, Endpoint, Grant, Project, RoleName
from endpoints.models.address import AddressChangeKind, AddressChangeState
from endpoints.models.times import day
from endpoints.pages.forms.addresses import MoveForm
from tests.addresses.rows import a_resource, an_address, an_endpoint, move
from tests.pages.reading import text_of

LIST, NEW = reverse("endpoints:addresses"), reverse("endpoints:address-new")


def page(name, address="hotline"):
    return reverse(f"endpoints:address{name and '-'}{name}", args=[address])


def form_of(person, name, **typed):
    """What the form sends: its hidden fields, and `typed`."""
    text = person.get(page(name)).content.decode()
    hidden = dict(re.findall(r'name="(key|seen)" value="([^"]+)"', text))
    return {**hidden, **typed}


def texts(answer):
    return text_of(answer)


def poll_of(person):
    """The address that the open list asks again and again."""
    found = re.search(r'hx-get="([^"]+)"', person.get(LIST).content.decode().partition('id="addresses"')[2])[1]
    return found.replace("&amp;", "&")


def test_the_first_visit_says_what_an_address_is(alice, bob):
    assert "An address is a name that stays while endpoints come and go." in texts(alice.get(LIST))
    assert alice.get(LIST).content.decode().count(NEW) == 1
    assert NEW not in bob.get(LIST).content.decode()


def test_a_search_is_offered_once_there_is_something_to_search_in(alice, blue):
    search, poll = 'class="filters"', poll_of(alice)
    assert search not in alice.get(LIST).content.decode()
    assert search in alice.get(LIST, {"q": "fax"}).content.decode()
    an_address(alice, blue)
    assert search in alice.get(LIST).content.decode()
    assert alice.get(poll, HTTP_HX_REQUEST="true")["HX-Refresh"] == "true"  # the page that was open then
    assert "HX-Refresh" not in alice.get(f"{poll_of(alice)}-old", HTTP_HX_REQUEST="true").headers


def test_the_list_shows_where_each_leads_with_share_and_standby(alice, bob, hotline, green):
    submit.share(actor=alice.user, address=hotline, second=green, percent=20)
    submit.set_standby(actor=alice.user, address=hotline, standby=green)
    text = texts(bob.get(LIST))
    for words in ("hotline", "Blue", "Model of Blue", "de-DE", "20% to Green", "Standby: Green", "1 address"):
        assert words in text
    assert "Nothing found" in texts(bob.get(LIST, {"q": "fax"}))
    assert "1 address" in texts(bob.get(LIST, {"q": "HOT blue"}))


def test_the_list_is_polled_until_something_has_changed(alice, hotline, green):
    address = poll_of(alice)
    poll = {"HTTP_HX_REQUEST": "true"}
    assert alice.get(address, **poll).status_code == 204
    move(alice, hotline, green)
    answer = alice.get(address, **poll)
    assert "Green" in texts(answer)
    assert "<html" not in answer.content.decode()


def test_an_address_is_added(alice, blue):
    typed = {"name": "hotline", "description": "The telephone", "endpoint": str(blue.pk), "key": uuid.uuid4()}
    for _press in range(2):
        assert alice.post(NEW, typed)["Location"] == page("")
    address = Address.objects.get()
    assert (address.endpoint, address.description, address.created_by) == (blue, "The telephone", "alice")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "Enter a name."),
        ("Hotline", "Use lowercase letters"),
        ("hot line", "Use lowercase letters"),
        ("-hotline", "Use lowercase letters"),
        ("new", "This name is reserved."),
        ("fax", "Another address has this name."),
        ("h" * 65, "Enter no more than 64 characters"),
    ],
)
def test_a_name_that_cannot_be_an_address_is_refused(alice, blue, name, why):
    an_address(alice, blue, "fax")
    answer = alice.post(NEW, {"name": name, "endpoint": str(blue.pk), "key": uuid.uuid4()})
    assert answer.status_code == 422
    assert why in texts(answer)
    assert Address.objects.count() == 1


def test_an_unguessable_name_has_26_random_characters(alice, blue):
    for _n in range(2):
        alice.post(NEW, {"name": "hotline", "unguessable": "on", "endpoint": str(blue.pk), "key": uuid.uuid4()})
    names = {address.name for address in Address.objects.all()}
    assert len(names) == 2
    assert all(re.fullmatch(r"hotline-[a-z2-7]{26}", name) for name in names)
    long = {"name": "h" * 38, "unguessable": "on", "endpoint": str(blue.pk), "key": uuid.uuid4()}
    assert "no more than 37 characters" in texts(alice.post(NEW, long))


def test_an_endpoint_must_be_chosen(alice, blue):
    answer = alice.post(NEW, {"name": "hotline", "key": uuid.uuid4()})
    assert "Select an endpoint." in texts(answer)
    gone = {"name": "hotline", "key": uuid.uuid4(), "endpoint": str(uuid.uuid4())}
    assert "This endpoint can't be chosen." in texts(alice.post(NEW, gone))


def test_the_page_has_the_whole_addresses(bob, hotline, settings):
    settings.SITE_URL = "https://speech.example"
    text = texts(bob.get(page("")))
    assert "wss://speech.example/speech/hotline" in text
    assert "https://speech.example/speech/hotline.json" in text
    assert "https://speech.example/?alias=hotline" in text
    assert "without TLS" not in text


@pytest.mark.parametrize(
    ("site", "why"),
    [
        ("http://speech.example", "asks only by https://"),
        ("https://speech.example:8443", "this site is on port 8443"),
    ],
)
def test_the_page_says_where_javascript_cannot_ask(bob, hotline, settings, site, why):
    settings.SITE_URL = site
    text = texts(bob.get(page("")))
    assert why in text
    assert "?alias=" not in text
    assert ("without TLS" in text) == site.startswith("http:")
    assert f"{site.replace('http', 'ws')}/speech/hotline" in text


def test_whoever_may_only_view_is_offered_no_change(alice, bob, hotline, green):
    submit.share(actor=alice.user, address=hotline, second=green, percent=20)
    changes = [page(name) for name in ("move", "share", "take-back", "standby", "description", "delete", "cancel")]
    for person, offered in ((alice, {*changes[:-1]}), (bob, set())):
        text = person.get(page("")).content.decode()
        assert {one for one in changes if f'"{one}"' in text} == offered


def test_an_address_is_moved_and_goes_back_by_one_press(alice, bob, hotline, blue, green):
    typed = form_of(alice, "move", endpoint=str(green.pk), reason="New model")
    for _press in range(2):
        assert alice.post(page("move"), typed)["Location"] == page("")
    assert Address.objects.get().endpoint == green
    assert AddressChange.objects.filter(kind=AddressChangeKind.MOVED).count() == 1
    text = alice.get(page("")).content.decode()
    assert "New model" in text
    assert page("go-back") in text
    assert page("go-back") not in bob.get(page("")).content.decode()
    back = {"key": str(uuid.uuid4()), "endpoint": str(blue.pk)}
    assert "New sessions use Blue again." in texts(alice.post(page("go-back"), back, follow=True))
    assert Address.objects.get().endpoint == blue
    assert "has been moved since" in texts(alice.post(page("go-back"), back, follow=True))
    assert Address.objects.get().endpoint == blue


def test_a_move_that_is_pressed_twice_at_once_is_answered_twice_the_same(alice, hotline, green, monkeypatch):
    typed, found = {"endpoint": str(green.pk), "reason": "A better model", "key": str(uuid.uuid4())}, MoveForm.is_valid
    answers = []

    def after_the_other(*arguments):
        monkeypatch.setattr(MoveForm, "is_valid", found)
        answers.append(alice.post(page("move"), typed))
        return found(*arguments)

    monkeypatch.setattr(MoveForm, "is_valid", after_the_other)
    answers.append(alice.post(page("move"), typed))
    assert [answer.headers.get("Location") for answer in answers] == [page("")] * 2


def test_the_same_key_with_another_content_moves_nothing(alice, hotline, blue, green, fabrikam):
    red = an_endpoint("Red", fabrikam)
    typed = form_of(alice, "move", endpoint=str(green.pk))
    alice.post(page("move"), typed)
    assert alice.post(page("move"), {**typed, "endpoint": str(red.pk)}).status_code == 404
    assert Address.objects.get().endpoint == green


def test_a_move_after_somebody_elses_is_refused(alice, bob, hotline, green, fabrikam):
    red = an_endpoint("Red", fabrikam)
    typed = form_of(alice, "move", endpoint=str(red.pk))
    move(bob, hotline, green)
    answer = alice.post(page("move"), typed)
    assert answer.status_code == 422
    assert "has been moved since you opened this page" in texts(answer)
    assert Address.objects.get().endpoint == green


def test_whoever_chooses_where_it_leads_already_is_told_so(alice, hotline, blue):
    typed = {"endpoint": str(blue.pk), "reason": "A better model", "key": str(uuid.uuid4())}
    for form in ("move", "share", "standby"):
        assert "The address leads to this endpoint already." in texts(alice.post(page(form), typed))


def test_both_endpoints_are_compared_and_an_expired_model_is_warned_of(alice, hotline, green):
    green.model.expires_at = timezone.now() - timedelta(days=3)
    green.model.save(update_fields=["expires_at"])
    for answer in (
        alice.get(page("move"), {"endpoint": str(green.pk)}),
        alice.get(page("move"), {"endpoint": str(green.pk)}, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="new-endpoint"),
        alice.post(page("move"), {"endpoint": str(green.pk), "go": "compare"}),
    ):
        text = texts(answer)
        assert "Model of Green" in text
        assert "Differs" in text
        assert "The model of this endpoint has expired." in text
    assert Address.objects.get().endpoint.display_name == "Blue"


def test_people_are_warned_that_another_resource_has_other_keys(alice, hotline, green):
    elsewhere = an_endpoint("Elsewhere", a_resource("Northwind"))
    for endpoint, warned in ((green, False), (elsewhere, True)):
        text = texts(alice.get(page("move"), {"endpoint": str(endpoint.pk)}))
        assert ("This endpoint is in another Speech resource" in text) == warned
    for form in ("share", "standby"):
        assert "Programs need a key for each Speech resource" in texts(alice.get(page(form)))


def test_only_endpoints_of_the_same_locale_are_offered(alice, hotline, green, fabrikam):
    an_endpoint("English", fabrikam, "en-US")
    an_endpoint("Unfinished", fabrikam, remote_id=None)
    text = alice.get(page("move")).content.decode()
    assert str(green.pk) in text
    assert "English" not in text
    assert "The endpoint isn&#x27;t deployed yet." in text or "The endpoint isn't deployed yet." in text
    rows = alice.get(page("move"), {"endpoints": "gre"}, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="endpoint-rows")
    assert "Green" in texts(rows)
    assert "Unfinished" not in texts(rows)


def test_a_move_is_scheduled_shown_and_canceled(alice, hotline, blue, green):
    at = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    typed = form_of(alice, "move", endpoint=str(green.pk), at=at)
    assert "is scheduled" in texts(alice.post(page("move"), typed, follow=True))
    assert (Address.objects.get().endpoint, "Cancel move" in texts(alice.get(page("")))) == (blue, True)
    assert "A move of this address is scheduled already" in texts(alice.get(page("move")))
    assert "The move is canceled." in texts(alice.post(page("cancel"), follow=True))
    assert AddressChange.objects.get(kind=AddressChangeKind.MOVED).state == AddressChangeState.CANCELED
    assert "No move is scheduled." in texts(alice.post(page("cancel"), follow=True))
    past = form_of(alice, "move", endpoint=str(green.pk), at="2020-01-01T00:00")
    assert "Choose a future time." in texts(alice.post(page("move"), past))


def test_a_share_is_given_and_taken_back(alice, bob, hotline, green):
    alice.post(page("share"), {"endpoint": str(green.pk), "percent": "20", "reason": "Canary"})
    assert "20% of new sessions go to:" in texts(bob.get(page("")))
    for percent in ("-1", "101", "", "many"):
        assert alice.post(page("share"), {"endpoint": str(green.pk), "percent": percent}).status_code == 422
    assert "All new sessions use Blue." in texts(alice.post(page("take-back"), follow=True))
    assert Address.objects.get().second is None


def test_whoever_is_on_call_takes_back_and_goes_back_but_shares_nothing(alice, nemo, hotline, blue, green):
    Grant.objects.create(person=nemo.user, role=RoleName.ON_CALL)
    move(alice, hotline, green)
    submit.share(actor=alice.user, address=hotline, second=blue, percent=20)
    text = nemo.get(page("")).content.decode()
    assert page("take-back") in text
    assert page("share") not in text
    assert nemo.post(page("share"), {"endpoint": str(blue.pk), "percent": "50"}).status_code == 403
    assert nemo.post(page("take-back")).status_code == 302
    assert nemo.post(page("go-back"), {"endpoint": str(blue.pk)}).status_code == 302
    address = Address.objects.get()
    assert (address.endpoint, address.second) == (blue, None)


def test_a_standby_is_chosen_and_removed(alice, hotline, green):
    alice.post(page("standby"), {"endpoint": str(green.pk), "stands_in": "on"})
    assert (Address.objects.get().standby, Address.objects.get().stands_in) == (green, True)
    assert "The address moves to it by itself" in texts(alice.get(page("")))
    alice.post(page("standby"), {"endpoint": str(green.pk)})
    assert "Nothing moves by itself." in texts(alice.get(page("")))
    alice.post(page("standby"), {"go": "remove"})
    assert Address.objects.get().standby is None


def test_people_are_warned_of_a_standby_in_the_same_resource(alice, bob, hotline, green):
    warning = "so both stop answering when that resource does"
    elsewhere = an_endpoint("Elsewhere", a_resource("Northwind"))
    for standby, warned in ((green, True), (elsewhere, False)):
        answer = alice.post(page("standby"), {"endpoint": str(standby.pk)}, follow=True)
        assert "The standby is saved." in texts(answer)
        assert texts(answer).count(warning) == 2 * warned  # once as the answer, once on the page
        assert texts(bob.get(page(""))).count(warning) == warned
    move(alice, hotline, elsewhere)
    submit.set_standby(actor=alice.user, address=hotline, standby=green)
    assert warning not in texts(bob.get(page("")))
    move(alice, hotline, an_endpoint("Red", green.resource))
    assert texts(bob.get(page(""))).count(warning) == 1


def test_a_description_is_changed(alice, hotline):
    alice.post(page("description"), {"description": "The telephone"})
    assert "The telephone" in texts(alice.get(page("")))


@pytest.mark.parametrize(
    ("what", "typed"), [("take-back", {}), ("standby", {"go": "remove"}), ("description", {"description": "New"})]
)
def test_an_address_that_is_deleted_while_a_press_arrives_is_not_found(alice, hotline, monkeypatch, what, typed):
    found = Address.objects.get()
    assert alice.post(page("delete"), {"name": "hotline"}).status_code == 302
    monkeypatch.setattr("endpoints.pages.addresses.settings.door.address", lambda *_: found)
    assert alice.post(page(what), typed).status_code == 404


def test_an_address_is_deleted_by_typing_its_name(alice, hotline):
    assert "get the answer 404" in texts(alice.get(page("delete")))
    assert alice.post(page("delete"), {"name": "fax"}).status_code == 422
    assert Address.objects.exists()
    assert alice.post(page("delete"), {"name": "hotline"})["Location"] == LIST
    assert not Address.objects.exists()
    assert alice.get(page("")).status_code == 404


def test_the_requests_of_the_last_day_are_counted(bob, hotline):
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for ago, requests, second in ((0, 100, 20), (5, 50, 0), (30, 7, 7)):
        AddressHour.objects.create(
            address=hotline, hour=hour - timedelta(hours=ago), requests=requests, to_second=second
        )
    answer = bob.get(page(""))
    assert "150 requests, 13% to the second endpoint" in texts(answer)
    assert answer.content.decode().count('class="hour"') == 24


def test_before_it_is_deleted_people_read_whether_programs_ask_it(alice, hotline):
    for name in ("", "delete"):
        assert "No program has asked it in the last 90 days." in texts(alice.get(page(name)))
    for days, requests in ((2, 1200), (80, 34)):
        hour = timezone.now() - timedelta(days=days)
        AddressHour.objects.create(address=hotline, hour=hour, requests=requests)
    last = day(timezone.now() - timedelta(days=2))
    for name in ("", "delete"):
        said = f"Programs asked it 1,234 times in the last 90 days, last on {last}."
        assert said in texts(alice.get(page(name)))


def test_an_endpoint_that_a_person_does_not_see_has_no_name_for_them(alice, nemo, hotline, blue):
    project = Project.objects.create(resource=blue.resource, remote_id="1", display_name="Calls", locale="de-DE")
    Endpoint.objects.filter(pk=blue.pk).update(project=project)
    Grant.objects.create(person=nemo.user, role=RoleName.DEPLOYER, project=project)
    secret = an_endpoint("Secret", a_resource("Northwind"))
    submit.share(actor=alice.user, address=hotline, second=secret, percent=20)
    for address in (LIST, page("")):
        answer = nemo.get(address)
        assert "An endpoint that you can't see" in texts(answer)
        assert "Secret" not in answer.content.decode()
        assert "Northwind" not in answer.content.decode()
    assert nemo.post(page("take-back")).status_code == 404
    assert nemo.get(page("move")).status_code == 404


def test_an_address_that_leads_nowhere_says_so(alice, hotline, blue):
    Endpoint.objects.filter(pk=blue.pk).delete()
    assert "Programs that ask this address now get no endpoint." in texts(alice.get(page("")))
    assert "No endpoint" in texts(alice.get(LIST))


def test_a_box_that_is_unticked_stays_so_while_somebody_searches(alice, hotline, green):
    submit.set_standby(actor=alice.user, address=hotline, standby=green, stands_in=True)
    ticked = re.compile(r'<input[^>]*name="stands_in"[^>]*checked')
    assert ticked.search(alice.get(page("standby")).content.decode())
    draft = {"go": "search", "endpoints": "Gre", "endpoint": str(green.pk)}
    found = alice.post(page("standby"), draft).content.decode()
    assert not ticked.search(found)
    assert re.search(rf'value="{green.pk}"[^>]*checked', found)
    assert ticked.search(alice.post(page("standby"), draft | {"stands_in": "on"}).content.decode())
