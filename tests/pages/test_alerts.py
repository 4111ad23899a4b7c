"""The pages of alerts: the bell, what is new, what a person follows and mutes, and the channels."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from endpoints import audit, tasks
from endpoints.access import door
from endpoints.alerts import channels
from endpoints.models import Alert, AlertChannel, AlertChoice, AlertDelivery, Event, Grant, Preferences, Resource
from endpoints.models.alert import AlertRule
from endpoints.models.encrypted_values import columns, rotate
from endpoints.models.verbs import Verb
from tests.alerts.looking import deliver_all, look

NEW = {
    "kind_of": "mail",
    "owner_of": "me",
    "name": "Mine",
    "address": "me@example.com",
    "time_zone": "UTC",
    "enabled": "on",
}


def fail(endpoint):
    audit.record(Verb.FAILED, endpoint=endpoint)
    look()


def bell(client, address="/endpoints/"):
    """The number that the bell shows; 0 without one."""
    html = client.get(address).content.decode()
    found = re.search(r'id="bell".*?</a>', html, re.DOTALL)
    number = found and re.search(r'bell-count number">(\d+)', found.group())
    return int(number.group(1)) if number else 0


def text(client, address):
    """The page without the marks that set names apart."""
    return re.sub("</?bdi>", "", client.get(address).content.decode())


def test_the_bell_counts_what_is_new_until_it_is_marked_as_read(endpoint, bob):
    assert bell(bob) == 0
    fail(endpoint)
    fail(endpoint)
    assert bell(bob) == 2
    page = text(bob, "/alerts/")
    assert page.count("data-unread") == 2
    until = re.search(r'name="until" value="([^"]+)"', page).group(1)
    fail(endpoint)
    assert bob.post("/alerts/read/", {"until": until}).status_code == 302
    assert bell(bob) == 1
    assert text(bob, "/alerts/").count("data-unread") == 1


@pytest.mark.parametrize("until", ["", "yesterday", "2026-99-99T00:00", "2026-01-01"])
def test_a_crafted_time_marks_nothing_as_read(endpoint, bob, until):
    fail(endpoint)
    assert bob.post("/alerts/read/", {"until": until}).status_code == 302
    assert bell(bob) == 1


def test_an_open_page_gets_the_bell_with_its_next_poll(endpoint, bob):
    html = text(bob, "/endpoints/")
    address = re.search(r'hx-get="(/endpoints/[^"]*version=[^"]*)"', html).group(1).replace("&amp;", "&")
    headers = {"HX-Request": "true", "HX-Target": "endpoints"}
    assert bob.get(address, headers=headers).status_code == 204
    fail(endpoint)
    answer = bob.get(address, headers=headers).content.decode()
    assert re.search(r'id="bell"[^>]*hx-swap-oob="true"', answer)
    assert 'bell-count number">1' in answer


def test_alerts_are_those_of_what_the_reader_sees(endpoint, alice, bob, nemo):
    Alert.objects.create(rule=AlertRule.DISK, fact="disk", facts={"percent": 4})
    fail(endpoint)
    assert bell(alice) == 2
    assert bell(bob) == 1
    assert "nearly full" not in text(bob, "/alerts/")
    assert nemo.get("/alerts/").status_code == 403
    assert 'id="bell"' not in text(nemo, "/settings/")


def test_the_bell_follows_what_the_reader_may_see(endpoint, bob):
    """Its query is kept by the rights of its reader, so that a page does not write it each time."""
    fail(endpoint)
    assert bell(bob) == 1
    reader = get_user_model().objects.get(pk=bob.user.pk)
    assert door.count_of_unseen_alerts(reader) is door.count_of_unseen_alerts(reader)
    bob.user.groups.clear()
    Grant.objects.create(person=bob.user, role="viewer", resource=Resource.objects.create(name="Another"))
    assert bell(bob) == 0
    Grant.objects.create(person=bob.user, role="viewer", resource=endpoint.resource)
    assert bell(bob) == 1


def test_what_was_before_the_account_is_not_new(endpoint, alice):
    fail(endpoint)
    Alert.objects.update(changed_at=alice.user.date_joined)
    assert bell(alice) == 0
    assert endpoint.display_name in text(alice, "/alerts/")


def test_only_what_still_holds_is_shown_when_that_is_chosen(endpoint, bob):
    fail(endpoint)
    endpoint.resource.record_failure("The service does not answer.")
    endpoint.resource.__class__.objects.update(failing_since=timezone.now() - timedelta(minutes=6))
    look()
    page = text(bob, "/alerts/?show=now")
    assert "can&#x27;t be reached" in page
    assert "failed." not in page


def test_an_endpoint_is_muted_and_followed_on_its_page(endpoint, bob):
    address = endpoint.get_absolute_url()
    assert "You get alerts about it." in text(bob, address)
    assert bob.post("/alerts/choice/", {"endpoint": endpoint.pk, "follows": "no"}).url == address
    assert "You don't get alerts about it." in text(bob, address)
    fail(endpoint)
    assert bell(bob) == 0
    assert endpoint.display_name in text(bob, "/alerts/settings/")
    choice = AlertChoice.objects.get()
    bob.post("/alerts/settings/", {"forget": choice.pk})
    assert bell(bob) == 1


def test_a_person_can_choose_to_get_only_what_they_follow(endpoint, alice):
    alice.post("/alerts/settings/", {"rest": "followed"})
    fail(endpoint)
    assert bell(alice) == 0
    answer = alice.post("/alerts/choice/", {"resource": endpoint.resource_id, "follows": "yes"})
    assert answer.url == f"/resources/{endpoint.resource_id}/"
    assert bell(alice) == 1
    assert "You get alerts about it." in text(alice, answer.url)
    alice.post("/alerts/choice/", {"endpoint": endpoint.pk, "follows": "no"})
    assert bell(alice) == 0


def test_nobody_follows_what_they_do_not_see(endpoint, nemo, bob):
    assert nemo.post("/alerts/choice/", {"endpoint": endpoint.pk, "follows": "yes"}).status_code == 403
    for named in ({"endpoint": "x"}, {"resource": "x"}, {"endpoint": bob.user.pk}, {}):
        assert bob.post("/alerts/choice/", {**named, "follows": "yes"}).status_code == 404


def test_a_choice_of_another_person_is_not_forgotten(endpoint, alice, bob):
    choice = AlertChoice.objects.create(person=alice.user, endpoint=endpoint, follows=False)
    for forget in (choice.pk, "x", "9" * 30):
        bob.post("/alerts/settings/", {"forget": forget})
    assert AlertChoice.objects.exists()


def test_a_channel_is_added_tested_changed_and_deleted(bob, settings, mailoutbox):
    settings.MAIL = True
    answer = bob.post("/alerts/channels/new/", NEW)
    channel = AlertChannel.objects.get()
    assert answer.url == f"/alerts/channels/{channel.pk}/"
    assert channel.address.open() == "me@example.com"
    assert channel.rules == []
    assert "me@example.com" not in text(bob, answer.url)
    for _pressed in range(2):
        bob.post(f"{answer.url}test/")
    tasks.deliver(str(AlertDelivery.objects.get().pk))
    (sent,) = mailoutbox
    assert sent.to == ["me@example.com"]
    assert "This is a test." in sent.body
    assert "Delivered" in text(bob, answer.url)
    changed = {**NEW, "name": "Ours", "address": "", "rules": ["failed"], "rhythm": "daily"}
    bob.post(answer.url, changed)
    channel.refresh_from_db()
    assert (channel.name, channel.rules, channel.rhythm) == ("Ours", ["failed"], "daily")
    assert channel.address.open() == "me@example.com"
    bob.post(f"{answer.url}delete/")
    assert not AlertChannel.objects.exists()
    verbs = list(Event.objects.filter(verb__startswith="account-channel").order_by("pk").values_list("verb", flat=True))
    assert verbs == [Verb.CHANNEL_ADDED, Verb.CHANNEL_CHANGED, Verb.CHANNEL_DELETED]
    assert "me@example.com" not in str(list(Event.objects.values_list("facts", "detail")))


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"address": "nobody"}, "Enter an e-mail address."),
        ({"address": ""}, "Your account doesn&#x27;t have an e-mail address."),
        ({"kind_of": "web-hook", "address": "http://example.com/"}, "The address must start with https://."),
        ({"kind_of": "web-hook", "address": "https://10.1.2.3/"}, "in a private network"),
        ({"kind_of": "web-hook", "address": "https://me:pw@example.com/"}, "Remove the user name"),
        ({"kind_of": "service", "address": "file:///etc/passwd"}, "one of the supported services"),
        ({"kind_of": "service", "address": "json://example.com"}, "one of the supported services"),
        ({"kind_of": "service", "address": "https://example.com/"}, "one of the supported services"),
        ({"kind_of": "service", "address": "https://[::1"}, "one of the supported services"),
        ({"kind_of": "service", "address": "slack://A/B/C/?Template=/etc/hostname"}, "one of the supported services"),
        ({"kind_of": "pigeon"}, "Select an option from the list."),
        ({"owner_of": "everyone"}, "Select an option from the list."),
        ({"quiet_from": "22:00"}, "Enter both times, or none."),
    ],
)
def test_what_cannot_be_a_channel_is_said_next_to_the_field(bob, sent, told):
    answer = bob.post("/alerts/channels/new/", NEW | sent)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not AlertChannel.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "slack://TokenA/TokenB/TokenC/",
        "https://hooks.slack.com/services/T0/B0/x",
        "https://contoso.webhook.office.com/webhookb2/x",
        "https://prod-1.westus.logic.azure.com:443/workflows/x",
    ],
)
def test_addresses_of_chat_services_are_taken_as_they_show_them(bob, address):
    assert bob.post("/alerts/channels/new/", NEW | {"kind_of": "service", "address": address}).status_code == 302


def test_the_secret_of_a_web_hook_is_shown_once_and_can_be_replaced(bob):
    sent = {**NEW, "kind_of": "web-hook", "address": "https://example.com/hook"}
    first = re.search(r"whsec_[^<]+", bob.post("/alerts/channels/new/", sent).content.decode()).group()
    channel = AlertChannel.objects.get()
    assert channel.secret.open() == first
    address = f"/alerts/channels/{channel.pk}/"
    assert "whsec_" not in text(bob, address)
    second = re.search(r"whsec_[^<]+", bob.post(f"{address}secret/").content.decode()).group()
    channel.refresh_from_db()
    assert channel.secret.open() == second != first


def test_channels_of_groups_and_of_everyone_are_for_owners(alice, bob, lena):
    group = lena.user.groups.get()
    for owner in ("everyone", str(group.pk)):
        assert alice.post("/alerts/channels/new/", NEW | {"owner_of": owner, "name": owner}).status_code == 302
    everyone, of_group = AlertChannel.objects.get(name="everyone"), AlertChannel.objects.get(name=str(group.pk))
    assert (everyone.person, everyone.group, of_group.group) == (None, None, group)
    address = f"/alerts/channels/{of_group.pk}/"
    assert [client.get(address).status_code for client in (alice, lena, bob)] == [200, 404, 404]
    assert lena.post(f"{address}delete/").status_code == 404
    assert [f"/alerts/channels/{of_group.pk}/" in text(client, "/alerts/settings/") for client in (alice, lena)] == [
        True,
        False,
    ]
    assert "everyone" not in text(lena, "/alerts/settings/")


def test_a_failure_to_deliver_is_seen_by_the_members_of_the_group_and_by_owners(endpoint, alice, bob, lena, settings):
    settings.MAIL = False
    group = lena.user.groups.get()
    channels.add("mail", actor=alice.user, person=None, group=group, address="t@example.com", chosen={"name": "Team"})
    fail(endpoint)
    deliver_all()
    for client in (alice, lena):
        assert "No mail server is set up." in text(client, "/alerts/settings/")
    assert "Team" not in text(bob, "/alerts/settings/")
    look(timezone.now() + timedelta(minutes=11))
    for client, told in ((alice, True), (lena, True), (bob, False)):
        assert ("delivered to the channel Team" in text(client, "/alerts/")) == told


def test_nobody_has_more_channels_than_ten(bob):
    for number in range(channels.MOST):
        bob.post("/alerts/channels/new/", NEW | {"name": f"{number}"})
    answer = bob.post("/alerts/channels/new/", NEW)
    assert answer.status_code == 422
    assert "There are already 10 channels. Delete one first." in answer.content.decode()


def test_addresses_and_secrets_are_encrypted_and_rotated(bob):
    channels.add(
        "web-hook", actor=bob.user, person=bob.user, group=None, address="https://a/b", chosen={"name": "Hook"}
    )
    assert {"endpoints.AlertChannel.address", "endpoints.AlertChannel.secret"} <= {str(one) for one in columns()}
    done = rotate()
    assert done.complete
    assert done.current >= 2


def test_the_choice_of_everything_is_kept_with_the_other_preferences(bob):
    bob.post("/settings/", {"time_zone": "UTC", "language": ""})
    bob.post("/alerts/settings/", {"rest": "followed"})
    stored = Preferences.objects.get(user=bob.user)
    assert (stored.time_zone, stored.alerts_of_all) == ("UTC", False)
