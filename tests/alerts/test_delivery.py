"""What leaves the product: mail, services and signed web hooks, each message at least once and no more than needed."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from endpoints import audit
from endpoints.alerts import channels, delivery
from endpoints.azure.network import Network
from endpoints.changes.failpoints import KILLED, OF_ALERTS
from endpoints.messages.alerts import outgoing, signature, text
from endpoints.messages.alerts.addresses import is_service
from endpoints.models import Alert, AlertChannel, AlertChoice, AlertDelivery, AlertNotice, Endpoint, Grant
from endpoints.models.alert import AlertRule
from endpoints.models.alert_delivery import DeliveryState
from endpoints.models.secret import Secret
from endpoints.models.verbs import Verb
from tests.alerts.looking import SITE, deliver_all, look
from tests.demo import ROOT
from tests.processes import certificates
from tests.receiver import receiving


@pytest.fixture(autouse=True)
def _mail_server(settings):
    settings.MAIL = True


@pytest.fixture
def alice(alice):
    alice.user.email = "alice@example.com"
    alice.user.save()
    return alice


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return certificates.made_in(tmp_path_factory.mktemp("authority"), ["hooks.example.com"])


@pytest.fixture
def receiver(files, settings):
    """With TLS, by an authority of CA_FILE."""
    settings.NETWORK = settings.NETWORK | {"ca_file": files.authority}
    with receiving(tls=files) as one:
        yield one


def by_mail(person, **more):
    return AlertChannel.objects.create(kind="mail", name="Mail", person=person, **more)


def hook(receiver, *, actor, person=None, **chosen):
    usual = {"name": "Hook", "time_zone": "UTC"}
    address = f"https://localhost:{receiver.server_port}/alerts"
    return channels.add("web-hook", actor=actor, person=person, group=None, address=address, chosen=usual | chosen)


def fail(endpoint):
    audit.record(Verb.FAILED, endpoint=endpoint)
    look()


def states():
    return list(AlertDelivery.objects.order_by("created_at").values_list("state", flat=True))


def test_a_mail_names_the_endpoint_and_leads_to_it_once(endpoint, alice):
    by_mail(alice.user)
    fail(endpoint)
    for _round in range(3):
        look()
        deliver_all()
    (sent,) = mail.outbox
    assert sent.to == ["alice@example.com"]
    assert sent.subject == f"Speech Studio: The deployment or change of {endpoint.display_name} failed."
    assert f"{SITE}{endpoint.get_absolute_url()}" in sent.body
    assert f"{SITE}/alerts/" in sent.body
    assert states() == [DeliveryState.SENT]


def test_a_mail_is_in_the_language_of_its_reader(endpoint, alice, settings):
    by_mail(alice.user)
    Endpoint.objects.update(expires_at=datetime(2030, 6, 5, 12, tzinfo=UTC))
    alice.post("/settings/", {"time_zone": "", "language": "de"})
    look(datetime(2030, 6, 1, tzinfo=UTC))
    deliver_all()
    (sent,) = mail.outbox
    assert re.search(r"\b0?5\.( \w+ |0?6\.)2030", str(sent.body))


def test_the_same_about_many_endpoints_is_one_line(resource, alice):
    by_mail(alice.user)
    at = datetime(2030, 6, 5, 12, tzinfo=UTC)
    Endpoint.objects.bulk_create(
        Endpoint(
            resource=resource,
            remote_id=f"{number:036d}",
            display_name=f"Endpoint {number}",
            model_name="Voicemail",
            locale="en-US",
            expires_at=at,
        )
        for number in range(9)
    )
    look(at - timedelta(days=5))
    deliver_all()
    (sent,) = mail.outbox
    assert sent.body.count("expires in 7 days or less") == 1
    assert "The same for:" in sent.body
    assert "3 more" in sent.body


def test_recovery_is_told_on_the_channels_that_were_told_of_the_alert(endpoint, alice):
    by_mail(alice.user)
    began = timezone.now() - timedelta(minutes=10)
    endpoint.resource.__class__.objects.update(failing_since=began)
    look()
    deliver_all()
    later = AlertChannel.objects.create(kind="mail", name="Later", person=alice.user)
    endpoint.resource.__class__.objects.update(failing_since=None)
    look()
    deliver_all()
    assert [one.subject for one in mail.outbox] == [
        "Speech Studio: Speech resource Contoso can't be reached, or refuses its key.",
        "Speech Studio: Speech resource Contoso is connected again.",
    ]
    assert not AlertNotice.objects.filter(channel=later).exists()


def test_what_a_person_may_not_see_is_not_sent_to_them(endpoint, alice, bob, nemo, lena):
    for client in (bob, nemo):
        client.user.email = f"{client.user}@example.com"
        client.user.save()
        by_mail(client.user)
    group = lena.user.groups.get()
    channels.add(
        "mail", actor=alice.user, person=None, group=group, address="team@example.com", chosen={"name": "Team"}
    )
    Alert.objects.create(rule=AlertRule.DISK, fact="disk", facts={"percent": 3})
    Alert.objects.create(
        rule=AlertRule.LOGS_LOST,
        fact="lost",
        facts={"endpoint": "Hotline", "number": 3, "day": "2026-01-02"},
        endpoint=endpoint,
        resource=endpoint.resource,
        ended_at=timezone.now(),
    )
    fail(endpoint)
    deliver_all()
    told = {one.to[0]: one.body for one in mail.outbox}
    assert set(told) == {"bob@example.com", "team@example.com"}
    assert "failed" in told["bob@example.com"]
    assert "Hotline" not in told["bob@example.com"]
    assert "Hotline" in told["team@example.com"]
    assert not any("disk" in body for body in told.values())


def test_a_grant_that_was_taken_meanwhile_counts_when_the_message_is_sent(endpoint, bob):
    bob.user.email = "bob@example.com"
    bob.user.save()
    by_mail(bob.user)
    fail(endpoint)
    bob.user.groups.clear()
    deliver_all()
    assert mail.outbox == []
    assert states() == [DeliveryState.DROPPED]


def test_nothing_is_told_to_an_account_that_is_turned_off(endpoint, alice):
    by_mail(alice.user)
    broken = by_mail(alice.user)
    AlertChannel.objects.filter(pk=broken.pk).update(failing_since=timezone.now() - timedelta(hours=1))
    alice.user.is_active = False
    alice.user.save()
    fail(endpoint)
    deliver_all()
    assert Alert.objects.filter(rule=AlertRule.CHANNEL).exists()
    assert mail.outbox == []
    assert not AlertNotice.objects.exists()


def test_a_role_for_one_resource_brings_alerts_of_this_resource_alone(endpoint, nemo, world):
    from endpoints.mirror import resources

    other = resources.register(name="Fabrikam", region="westus", url=f"{world.url}/x", key="k", api_version="v3.2")
    nemo.user.email = "nemo@example.com"
    nemo.user.save()
    Grant.objects.create(role="viewer", person=nemo.user, resource=other)
    by_mail(nemo.user)
    fail(endpoint)
    theirs = Endpoint.objects.create(resource=other, remote_id="a" * 36, display_name="Theirs", locale="en-US")
    fail(theirs)
    deliver_all()
    (sent,) = mail.outbox
    assert "Theirs" in sent.body
    assert endpoint.display_name not in sent.body


@pytest.mark.parametrize("about", ["endpoint", "resource"])
def test_what_is_muted_is_not_sent_and_an_endpoint_goes_before_its_resource(endpoint, alice, about):
    by_mail(alice.user)
    named = {"endpoint": endpoint} if about == "endpoint" else {"resource": endpoint.resource}
    AlertChoice.objects.create(person=alice.user, follows=False, **named)
    fail(endpoint)
    deliver_all()
    assert mail.outbox == []
    AlertChoice.objects.update_or_create(person=alice.user, endpoint=endpoint, defaults={"follows": True})
    fail(endpoint)
    deliver_all()
    assert len(mail.outbox) == 1


def test_a_channel_gets_the_rules_and_the_resource_that_were_chosen(endpoint, alice):
    by_mail(alice.user, rules=[AlertRule.OUTSIDE])
    fail(endpoint)
    audit.record(Verb.VANISHED, endpoint=endpoint)
    look()
    deliver_all()
    (sent,) = mail.outbox
    assert "deleted outside" in sent.body
    assert "failed" not in sent.body


def test_a_digest_gathers_what_happens_until_the_morning(endpoint, alice):
    channel = by_mail(alice.user, rhythm="daily", time_zone="Europe/Berlin")
    fail(endpoint)
    fail(endpoint)
    (waiting,) = AlertDelivery.objects.all()
    local = waiting.due_at.astimezone(channel.zone)
    assert (local.hour, local.minute) == (8, 0)
    assert timedelta() < waiting.due_at - timezone.now() <= timedelta(days=1)
    deliver_all()
    assert len(mail.outbox) == 1
    fail(endpoint)
    assert AlertDelivery.objects.waiting().count() == 1


@pytest.mark.parametrize(
    ("rhythm", "now", "due"),
    [
        ("daily", "2026-11-29T06:00", "2026-11-29T08:00"),
        ("daily", "2026-11-29T08:00", "2026-11-30T08:00"),
        ("daily", "2026-03-28T12:00", "2026-03-29T08:00"),  # the night in which clocks go forward
        ("weekly", "2026-11-29T12:00", "2026-11-30T08:00"),
        ("weekly", "2026-11-30T09:00", "2026-12-07T08:00"),
        ("", "2026-11-29T12:00", "2026-11-29T12:00"),
    ],
)
def test_a_digest_comes_at_eight_in_the_channels_own_zone(rhythm, now, due):
    channel = AlertChannel(rhythm=rhythm, time_zone="Europe/Berlin")
    here = [datetime.fromisoformat(text).replace(tzinfo=channel.zone) for text in (now, due)]
    assert channel.next_delivery(here[0]).astimezone(UTC) == here[1].astimezone(UTC)


@pytest.mark.parametrize(
    ("begin", "end", "now", "hours"),
    [
        (22, 7, "2026-11-29T23:00", 8),
        (22, 7, "2026-11-29T06:30", 0.5),
        (22, 7, "2026-11-29T07:00", 0),
        (22, 7, "2026-11-29T12:00", 0),
        (12, 14, "2026-11-29T13:00", 1),
        (12, 14, "2026-11-29T14:00", 0),
        (22, 7, "2026-03-28T23:00", 7),  # clocks go forward
        (22, 7, "2026-10-24T23:00", 9),  # clocks go back
    ],
)
def test_quiet_hours_end_by_the_clock_of_their_zone(begin, end, now, hours):
    channel = AlertChannel(quiet_from=clock(begin), quiet_until=clock(end), time_zone="Europe/Berlin")
    at = datetime.fromisoformat(now).replace(tzinfo=channel.zone)
    assert channel.quiet_for(at) == hours * 3600


@pytest.mark.parametrize(
    ("now", "minutes"),
    [
        ("2026-10-25T00:15+00:00", 15),  # 2:15, and at 2:30 the quiet hours end
        ("2026-10-25T00:45+00:00", 0),  # 2:45
        ("2026-10-25T01:15+00:00", 15),  # 2:15 for the second time
        ("2026-10-25T01:30+00:00", 0),
    ],
)
def test_quiet_hours_that_end_in_the_hour_that_comes_twice_end_twice(now, minutes):
    channel = AlertChannel(quiet_from=clock(22), quiet_until=clock(2, 30), time_zone="Europe/Berlin")
    assert channel.quiet_for(datetime.fromisoformat(now)) == minutes * 60


def test_a_channel_that_is_told_at_once_from_now_on_does_not_wait_for_its_digest(endpoint, alice):
    channel = by_mail(alice.user, rhythm="weekly", time_zone="Europe/Berlin")
    fail(endpoint)
    assert AlertDelivery.objects.get().due_at > timezone.now()
    chosen = {name: getattr(channel, name) for name in channels.SETTINGS}
    channels.change(channel, actor=alice.user, address="", chosen=chosen | {"rhythm": ""})
    (waiting,) = AlertDelivery.objects.all()
    assert waiting.due_at <= timezone.now()
    channels.change(channel, actor=alice.user, address="", chosen=chosen | {"rhythm": "daily"})
    waiting.refresh_from_db()
    assert waiting.due_at.astimezone(channel.zone).hour == 8


def test_in_quiet_hours_nothing_is_sent_and_later_one_message_has_it_all(endpoint, alice, monkeypatch):
    channel = by_mail(alice.user)
    monkeypatch.setattr(AlertChannel, "quiet_for", lambda *_: 3600.0)
    fail(endpoint)
    deliver_all()
    fail(endpoint)
    (waiting,) = AlertDelivery.objects.all()
    assert (mail.outbox, waiting.attempts) == ([], 0)
    assert waiting.due_at > timezone.now() + timedelta(minutes=50)
    monkeypatch.undo()
    deliver_all()
    assert len(mail.outbox) == 1
    assert AlertNotice.objects.filter(channel=channel, delivery=waiting).count() == 2


def test_a_web_hook_is_signed_by_its_secret_and_says_what_happened(endpoint, alice, receiver):
    _channel, secret = hook(receiver, actor=alice.user)
    fail(endpoint)
    deliver_all()
    ((_method, path, headers, body),) = receiver.got
    (sent,) = AlertDelivery.objects.all()
    assert path == "/alerts"
    assert headers["webhook-id"] == str(sent.pk)
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 300
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    told = json.loads(body)
    (alert,) = told["alerts"]
    assert (told["version"], alert["rule"], alert["state"]) == (1, "failed", "raised")
    assert alert["endpoint"] == str(endpoint.pk)
    assert alert["url"] == f"{SITE}{endpoint.get_absolute_url()}"
    assert b"alice" not in body


def test_the_signature_is_that_of_the_specification():
    """The example of Standard Webhooks."""
    found = signature.headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_that_refuses_gets_the_same_message_again_later(endpoint, alice, receiver):
    channel, _secret = hook(receiver, actor=alice.user)
    receiver.say(500, 429, 200, Retry_After="600")
    fail(endpoint)
    waits = []
    for _attempt in range(4):
        deliver_all()
        (one,) = AlertDelivery.objects.all()
        waits.append((one.due_at - timezone.now()).total_seconds() if one.due_at else None)
    assert waits[:2] == [pytest.approx(600, abs=30)] * 2
    assert waits[2:] == [None, None]
    assert len({one.headers["webhook-id"] for one in receiver.got}) == 1
    assert [entry["status"] for entry in one.log] == [500, 429, 200]
    channel.refresh_from_db()
    assert channel.failing_since is None


def test_a_receiver_that_refuses_for_long_is_given_up_and_its_owner_sees_it(endpoint, alice, receiver):
    channel, _secret = hook(receiver, actor=alice.user, person=alice.user)
    receiver.say(503)
    fail(endpoint)
    for _attempt in range(len(delivery.PAUSES) + 3):
        deliver_all()
    assert states() == [DeliveryState.FAILED]
    assert len(receiver.got) == len(delivery.PAUSES) + 1
    page = alice.get(f"/alerts/channels/{channel.pk}/").content.decode()
    assert "The address refused the message. Check the address and its token. (HTTP 503)" in page
    look(timezone.now() + timedelta(hours=1))
    assert "Alerts can&#x27;t be delivered to the channel <bdi>Hook</bdi>." in alice.get("/alerts/").content.decode()


def test_a_redirect_is_not_followed(endpoint, alice, receiver):
    hook(receiver, actor=alice.user)
    receiver.say(302, Location=f"https://localhost:{receiver.server_port}/elsewhere")
    fail(endpoint)
    deliver_all()
    assert [one.target for one in receiver.got] == ["/alerts"]
    assert AlertDelivery.objects.get().last["problem"] == "redirect"


def test_a_receiver_that_does_not_answer_is_left_at_the_deadline(endpoint, alice, receiver, monkeypatch):
    monkeypatch.setattr(outgoing, "DEADLINE", 3.0)
    hook(receiver, actor=alice.user)
    receiver.answer = receiver.keep_back
    fail(endpoint)
    deliver_all()
    assert AlertDelivery.objects.get().last["problem"] == "timeout"


def test_a_private_network_that_is_not_listed_is_not_reached(endpoint, alice, receiver, settings):
    hook(receiver, actor=alice.user)
    settings.NETWORK = settings.NETWORK | {"private_networks": ()}
    fail(endpoint)
    deliver_all()
    assert receiver.got == []
    assert AlertDelivery.objects.get().last["problem"] == "closed"


def test_a_web_hook_is_reached_through_the_proxy(endpoint, alice, receiver, settings):
    with receiving() as proxy:
        proxy.leads_to = receiver
        settings.NETWORK = settings.NETWORK | {"proxy": proxy.url}
        chosen = {"name": "Hook", "time_zone": "UTC"}
        address = "https://hooks.example.com/alerts"
        channels.add("web-hook", actor=alice.user, person=None, group=None, address=address, chosen=chosen)
        fail(endpoint)
        deliver_all()
    assert [(one.method, one.target) for one in proxy.got] == [("CONNECT", "hooks.example.com:443")]
    assert [(one.target, one.headers["Host"]) for one in receiver.got] == [("/alerts", "hooks.example.com")]
    assert states() == [DeliveryState.SENT]


def test_another_authority_is_not_trusted(endpoint, alice, receiver, settings):
    hook(receiver, actor=alice.user)
    settings.NETWORK = settings.NETWORK | {"ca_file": ""}
    fail(endpoint)
    deliver_all()
    assert receiver.got == []
    assert AlertDelivery.objects.get().last["problem"] == "certificate"


@pytest.mark.parametrize("options", ["", "?verify=no&redirect=yes"])
def test_a_service_of_apprise_is_reached_by_the_same_rules(endpoint, alice, receiver, settings, options):
    address = f"mmosts://localhost:{receiver.server_port}/{'a' * 26}{options}"
    channels.add("service", actor=alice.user, person=None, group=None, address=address, chosen={"name": "Chat"})
    fail(endpoint)
    deliver_all()
    ((_method, _path, _headers, body),) = receiver.got
    assert endpoint.display_name in json.loads(body)["text"]
    assert states() == [DeliveryState.SENT]
    receiver.say(302, Location=f"https://localhost:{receiver.server_port}/elsewhere")
    fail(endpoint)
    deliver_all()
    assert len(receiver.got) == 2
    settings.NETWORK = settings.NETWORK | {"private_networks": (), "ca_file": ""}
    fail(endpoint)
    deliver_all()
    assert len(receiver.got) == 2
    failed = AlertDelivery.objects.exclude(state=DeliveryState.SENT)
    assert {entry["problem"] for one in failed for entry in one.log} == {"redirect", "closed"}


@pytest.mark.parametrize(
    "address", ["json://localhost/x", "file:///tmp/x", "syslog://", "https://example.com/x", "mmost://localhost/a"]
)
def test_what_is_not_on_the_list_is_not_sent_to(address, db):
    message = text.message("1", [], SITE)
    assert outgoing.service(message, address, Network()).problem == "invalid"


@pytest.mark.parametrize("way", ["?template=", "?TEMPLATE=", "?t%65mplate=", "?verify=no&+template=", "#x?template="])
def test_no_file_of_this_machine_is_sent_to_a_service(receiver, tmp_path, settings, way, db):
    """A template of Apprise is a file; a person who may view endpoints would read it with a channel of their own."""
    file = tmp_path / "secrets.json"
    file.write_text('{"type": "message", "attachments": [{"contentType": "x", "content": "the key"}]}')
    host = f"localhost:{receiver.server_port}"
    address = f"workflows://{host}/{'a' * 32}/{'b' * 40}/{way}{file}"
    assert not is_service(address)
    message = text.message("1", [], SITE)
    assert outgoing.service(message, address, Network(**settings.NETWORK)).problem == "invalid"
    assert receiver.got == []
    # Its words aren't all that keeps it: what Apprise has read as a template isn't sent, however it was written.
    code = "import endpoints.messages.alerts.child as child; child.is_service = lambda _address: True; child.main()"
    given = {"kind": "service", "address": address, "title": "Test", "text": "Test", "level": "info"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(given | {"network": settings.NETWORK}),
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert "the key" not in str([body for *_facts, body in receiver.got]), done


@pytest.mark.parametrize("name", ["address", "secret"])
@pytest.mark.parametrize("stored", [Secret("gAAAAAnothing"), None])
def test_what_cannot_be_decrypted_is_said_and_nothing_is_sent_unsigned(endpoint, alice, receiver, name, stored):
    channel, _secret = hook(receiver, actor=alice.user)
    setattr(channel, name, stored)
    channel.save()
    fail(endpoint)
    deliver_all()
    assert AlertDelivery.objects.get().last["problem"] == "secret"
    assert receiver.got == []


def test_without_a_mail_server_the_channel_says_so(endpoint, alice, settings):
    settings.MAIL = False
    by_mail(alice.user)
    fail(endpoint)
    deliver_all()
    assert AlertDelivery.objects.get().last["problem"] == "no-mail"


KILLED_WORKER = """
import json, sys, django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from endpoints.alerts import delivery
from endpoints.azure.network import Network
network = json.loads(sys.argv[3])
network["private_networks"], network["no_proxy"] = tuple(network["private_networks"]), tuple(network["no_proxy"])
delivery.deliver(sys.argv[2], network=Network(**network), site="", language="en")
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("point", "got"), [("before-alert", 0), ("after-alert", 1)])
def test_a_worker_killed_around_sending_leaves_a_message_that_another_sends(
    endpoint, alice, receiver, settings, point, got
):
    """At least once: after the second point the receiver gets it twice, with one id."""
    assert point in OF_ALERTS
    hook(receiver, actor=alice.user)
    fail(endpoint)
    pk = str(AlertDelivery.objects.get().pk)
    name = connection.settings_dict["NAME"]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WORKER, str(name), pk, json.dumps(settings.NETWORK)],
        cwd=ROOT,
        env={**os.environ, "FAILPOINT": point, "ENCRYPTION_KEYS": settings.ENCRYPTION_KEYS[0]},
    )
    assert killed.returncode == KILLED
    assert len(receiver.got) == got
    deliver_all()
    assert len(receiver.got) == got  # the lease of the killed worker holds
    AlertDelivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    delivery.deliver(pk, network=Network(**settings.NETWORK), site=SITE, language="en")
    assert len({one.headers["webhook-id"] for one in receiver.got}) == 1
    assert len(receiver.got) == got + 1
    assert states() == [DeliveryState.SENT]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_deliver_once(endpoint, alice, receiver):
    hook(receiver, actor=alice.user)
    audit.record(Verb.FAILED, endpoint=endpoint)
    look()
    pk = str(AlertDelivery.objects.get().pk)
    barrier = threading.Barrier(4)

    def work():
        barrier.wait()
        with contextlib.suppress(Exception):  # SQLite may be busy; then this worker has not got the row
            from django.conf import settings

            delivery.deliver(pk, network=Network(**settings.NETWORK), site=SITE, language="en")
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.got) == 1
