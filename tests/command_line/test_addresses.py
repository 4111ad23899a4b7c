"""Addresses at the command line, against the product itself."""

import pytest

from tests.command_line.conftest import interrupt, line_with
from tests.command_line.test_commands import later


@pytest.fixture
def address(deployed, address_for, name):
    """The name of an address that leads to `deployed`."""
    return address_for(f"line-{name.rpartition(' ')[2]}", deployed)["name"]


def test_an_address_is_shown_moved_and_moved_back(cli, deployed, address):
    assert any(line.split()[0] == address for line in cli("addresses").out.splitlines())
    second = f"{deployed} 2"
    assert cli("deploy", second, "20260915", "--locale", "en-US", "--wait", "10m").code == 0
    done = cli("move-address", address, second, "--reason", "Release 7")
    assert (done.code, done.out) == (0, f"{address}: move to {second} done\n"), done
    shown = cli("address", address)
    assert f"Endpoint:      {second}\n" in shown.out
    assert f"move to {second} done, by admin" in shown.out
    moved = cli("move-address", address, second, "--json")
    assert (moved.code, moved.json["error"]["detail"]) == (1, "The address leads to this endpoint already.")
    assert cli("move-address", address, deployed).code == 0


def test_a_share_is_given_and_taken_back(cli, deployed, address):
    second = f"{deployed} 2"
    assert cli("deploy", second, "20260915", "--locale", "en-US", "--wait", "10m").code == 0
    done = cli("share-address", address, second, "20", "--reason", "Canary")
    assert (done.code, done.out) == (0, f"{address}: 20% to {second}\n"), done
    assert cli("address", address, "--json").json["share"] == 20
    done = cli("share-address", address, second, "0")
    assert (done.code, done.out) == (0, f"{address}: all new sessions go to {deployed}\n"), done


def test_a_move_that_waits_ends_with_its_code(cli, deployed, address):
    second = f"{deployed} 2"
    assert cli("deploy", second, "20260915", "--locale", "en-US", "--wait", "10m").code == 0
    going = cli("move-address", address, second, "--at", later(3600), "--wait", "1s")
    assert going.code == 3
    assert "requested, starts on" in going.out
    assert "Scheduled:" in cli("address", address).out
    change = cli("change-model", second, "20250915", "--json").json["id"]
    busy = cli("move-address", address, second, "--wait-for-deployment", change)
    assert (busy.code, busy.err) == (1, "A move of this address is scheduled. Cancel it first.\n")


def test_ctrl_c_leaves_a_move_and_says_where_it_is_seen(cli, deployed, address):
    second = f"{deployed} 2"
    assert cli("deploy", second, "20260915", "--locale", "en-US", "--wait", "10m").code == 0
    with cli.start("move-address", address, second, "--at", later(3600), "--wait", "1h") as process:
        line_with(process.stderr, "requested, starts on")
        interrupt(process)
        rest = process.stderr.read()
    assert process.returncode == 3
    assert rest == f"The move goes on without this command. To see it: speechstudio address {address}\n"


def test_a_move_waits_for_a_deployment(cli, deployed, address):
    second = f"{deployed} 2"
    change = cli("deploy", second, "20260915", "--locale", "en-US", "--json").json["id"]
    done = cli("move-address", address, second, "--wait-for-deployment", change, "--wait", "10m", "--json")
    assert (done.code, done.json["state"], done.json["after"]) == (0, "done", change), done
    assert cli("address", address, "--json").json["endpoint"]["name"] == second


def test_an_address_moves_to_its_standby_only_while_that_is_proposed(cli, deployed, address, database):
    second = f"{deployed} 2"
    assert cli("deploy", second, "20260915", "--locale", "en-US", "--wait", "10m").code == 0
    ((standby,),) = database.execute("SELECT id FROM endpoints_endpoint WHERE display_name = ?", [second])
    database.execute("UPDATE endpoints_address SET standby_id = ? WHERE name = ?", [standby, address])
    database.commit()
    refused = cli("move-to-standby", address)
    assert (refused.code, refused.err.partition(" isn't")[0]) == (1, "The move to the standby"), refused
    assert "Move it to:" not in cli("address", address).out
    database.execute("UPDATE endpoints_address SET endpoint_id = NULL WHERE name = ?", [address])  # it was removed
    database.commit()
    assert f"Move it to:    {second}\n" in cli("address", address).out
    done = cli("move-to-standby", address, "--reason", "Outage", "--key", "at-night")
    assert (done.code, done.out) == (0, f"{address}: move to {second} done\n"), done
    assert cli("move-to-standby", address, "--reason", "Outage", "--key", "at-night").out == done.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("address", "Voicemail 1"),
        ("share-address", "hotline", "Voicemail", "101"),
        ("share-address", "hotline", "Voicemail", "many"),
        ("move-address", "hotline", "Voicemail", "--at", "soon"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(alone, arguments):
    done = alone(*arguments)
    assert (done.code, done.out) == (2, ""), done


def test_an_address_that_is_not_there_is_named(cli, demo):
    done = cli("address", "nowhere")
    assert (done.code, done.err) == (1, "There is no address named nowhere that the token may see.\n")
