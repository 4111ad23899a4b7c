"""Settings are read as people write them."""

from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured

from speechstudio.environment import NAMES, Environment
from tests.demo import ROOT

RAW = "p@ss:w/rd?100%#"
ENCODED = "p%40ss%3Aw%2Frd%3F100%25%23"


def setting(name, text):
    return Environment({name: text})


@pytest.mark.parametrize("around", ["{}", "{}\n", "{}\r\n", " \t{} \n\n", "\ufeff{}\r\n"])
def test_blank_space_and_a_byte_order_mark_are_no_part_of_a_value_from_a_file(tmp_path, around):
    (tmp_path / "key").write_bytes(around.format("0123456789abcdef").encode())
    assert setting("SPEECH_KEY_FILE", str(tmp_path / "key")).str("SPEECH_KEY") == "0123456789abcdef"


def test_a_file_comes_before_a_variable(tmp_path):
    (tmp_path / "key").write_text("from the file")
    env = Environment({"SPEECH_KEY": "from the variable", "SPEECH_KEY_FILE": str(tmp_path / "key")})
    assert env.str("SPEECH_KEY") == "from the file"


@pytest.mark.parametrize("text", ["$ecret", "$SPEECH_KEY", "$$", "a$b", "${HOME}"])
def test_a_dollar_is_a_character(text):
    assert Environment({"SECRET_KEY": text, "SPEECH_KEY": "another"}).str("SECRET_KEY") == text


@pytest.mark.parametrize("text", ["a,b", "a, b", " a ,b ", "a,,b,", "a,\n b"])
def test_the_items_of_a_list_are_trimmed(text):
    assert setting("ALLOWED_HOSTS", text).list("ALLOWED_HOSTS") == ["a", "b"]


@pytest.mark.parametrize("text", ["", " ", "\t"])
def test_an_empty_variable_is_as_good_as_none(text):
    assert setting("ALLOWED_HOSTS", text).list("ALLOWED_HOSTS", default=["localhost"]) == ["localhost"]
    assert setting("HTTPS", text).bool("HTTPS", default=True) is True
    assert setting("LOOK_SECONDS", text).int("LOOK_SECONDS", default=60) == 60
    assert setting("TIME_ZONE", text).time_zone("TIME_ZONE", "UTC") == "UTC"
    assert setting("ENDPOINT_HOURLY_COST", text).amount("ENDPOINT_HOURLY_COST") is None
    assert setting("EMAIL_URL", text).email("EMAIL_URL") == {}


def test_words_for_true_and_false():
    for text, meant in {
        "true": True,
        "ON": True,
        "Yes": True,
        "1": True,
        "FALSE": False,
        "off": False,
        "0": False,
    }.items():
        assert setting("HTTPS", f" {text}").bool("HTTPS") is meant


def test_an_amount_is_exact():
    assert setting("ENDPOINT_HOURLY_COST", " 1.29").amount("ENDPOINT_HOURLY_COST") == Decimal("1.29")


@pytest.mark.parametrize("password", [RAW, ENCODED])
@pytest.mark.parametrize("after", ["db.example.com/studio", "db:6432/studio?sslmode=require", "[::1]:5432/studio"])
def test_a_password_in_database_url_is_raw_or_encoded(password, after):
    found = setting("DATABASE_URL", f"postgres://studio:{password}@{after}").database("DATABASE_URL", Path("unused"))
    host = after.split("/")[0].removesuffix(":6432").removesuffix(":5432").strip("[]")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["NAME"]) == ("studio", RAW, host, "studio")
    assert found.get("OPTIONS", {}) == ({"sslmode": "require"} if "?" in after else {})


def test_an_at_sign_in_the_options_of_a_database_is_no_end_of_the_password():
    env = setting("DATABASE_URL", "postgres://studio:secret@db/studio?application_name=a@b")
    found = env.database("DATABASE_URL", Path("unused"))
    assert (found["HOST"], found["OPTIONS"]) == ("db", {"application_name": "a@b"})


@pytest.mark.parametrize("password", [RAW, ENCODED])
@pytest.mark.parametrize(("scheme", "port"), [("smtp", 25), ("smtp+tls", 587), ("smtp+ssl", 465)])
def test_user_and_password_in_email_url_are_raw_or_encoded(password, scheme, port):
    found = setting("EMAIL_URL", f"{scheme}://studio@example.com:{password}@mail.example.com").email("EMAIL_URL")
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("studio@example.com", RAW)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.com", port)
    assert (found.get("EMAIL_USE_TLS"), found.get("EMAIL_USE_SSL")) == (
        (True, None) if "tls" in scheme else (None, True) if "ssl" in scheme else (None, None)
    )


@pytest.mark.parametrize("login", ["", f":{RAW}@", "studio@example.com:p@ss@"])
def test_an_at_sign_in_the_options_of_a_broker_or_mail_server_is_no_end_of_the_password(login):
    options = "ssl_cert_reqs=required&ssl_ca_certs=/etc/ca@home/ca.pem"
    url = setting("BROKER_URL", f"rediss://{login}redis:6379/0?{options}").broker("BROKER_URL")
    parts = urlsplit(url)
    assert (parts.hostname, parts.port, parts.path, parts.query) == ("redis", 6379, "/0", options)
    assert f"{unquote(parts.username or '')}:{unquote(parts.password or '')}@" == (login or ":@")
    text = f"smtp://{login}mail.example.com:25?default_from_email=speech@example.com"
    found = setting("EMAIL_URL", text).email("EMAIL_URL")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.com", 25)


def test_a_socket_of_postgresql_needs_no_host():
    env = setting("DATABASE_URL", "postgres:///studio?host=/var/run/postgresql")
    assert env.database("DATABASE_URL", Path("unused"))["OPTIONS"] == {"host": "/var/run/postgresql"}


def test_the_path_of_the_own_database_may_contain_anything():
    assert Environment({}).database("DATABASE_URL", Path("/data/a+b %20#?/db"))["NAME"] == "/data/a+b %20#?/db"


@pytest.mark.parametrize(("text", "prefix"), [("/speech", "/speech"), ("/a/b-c/", "/a/b-c"), ("/", ""), ("", "")])
def test_a_path_prefix_has_no_slash_at_its_end(text, prefix):
    assert setting("SCRIPT_NAME", text).path_prefix("SCRIPT_NAME") == prefix


@pytest.mark.parametrize("name", ["PATH", "HOME", "HTTPS_PROXY", "NO_PROXY", "LANG", "EMAIL", "PORT", "HOSTNAME", "TZ"])
def test_variables_of_other_programs_are_none_of_ours(name):
    assert Environment({name: "x"}).unknown() == {}


def test_each_setting_and_its_file_is_known():
    assert Environment({name: "x" for known in NAMES for name in (known, f"{known}_FILE")}).unknown() == {}


def test_a_name_that_is_not_in_the_table_cannot_be_read():
    with pytest.raises(LookupError, match="SPEECH_LANGUAGE"):
        Environment({}).str("SPEECH_LANGUAGE")


def test_no_message_shows_the_value():
    with pytest.raises(ImproperlyConfigured) as error:
        setting("DATABASE_URL", "postgres://studio:secret@:port/studio").database("DATABASE_URL", Path("unused"))
    assert "secret" not in str(error.value)


def test_the_readme_has_each_setting_in_its_table():
    table = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    assert [name for name in sorted(NAMES) if f"`{name}`" not in table] == []
