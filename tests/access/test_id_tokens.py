"""ID tokens: only one that the provider made for this program and this sign-in is accepted."""

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from endpoints.access.company.tokens import (
    CLOCKS_DIFFER,
    InvalidToken,
    TooManyGroups,
    groups_in,
    has_second_factor,
    verified,
)

ISSUER, CLIENT, NONCE = "https://login.example.com/v2.0", "studio", "of this sign-in"
OURS, THEIRS = (rsa.generate_private_key(65537, 2048) for _ in range(2))


def jwk(key, **more):
    found = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {**found, "kid": "one", "use": "sig", "alg": "RS256", **more}


KEYS = {"keys": [jwk(OURS)]}


def claims(**changed):
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": CLIENT, "sub": "7", "nonce": NONCE, "iat": now, "exp": now + 300}
    return {name: value for name, value in {**usual, **changed}.items() if value is not None}


def token(key=OURS, algorithm="RS256", kid="one", **changed):
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers={"kid": kid})


def read(text, **more):
    return verified(text, KEYS, issuer=ISSUER, client_id=CLIENT, nonce=NONCE, **more)


def test_the_provider_s_token_is_accepted():
    assert read(token())["sub"] == "7"
    assert read(token(aud=[CLIENT]))["sub"] == "7"
    assert read(token(aud=[CLIENT, "other"], azp=CLIENT))["sub"] == "7"


FORGED = {
    "no signature": lambda: jwt.encode(claims(), None, algorithm="none", headers={"kid": "one"}),
    "signed with a shared secret": lambda: jwt.encode(claims(), "x" * 32, algorithm="HS256", headers={"kid": "one"}),
    "signed by another key": lambda: token(THEIRS),
    "of a key that the provider doesn't have": lambda: token(kid="two"),
    "with another algorithm than the key's": lambda: token(algorithm="PS256"),
    "of another issuer": lambda: token(iss="https://login.example.org"),
    "of the issuer with another path": lambda: token(iss=ISSUER + "/"),
    "for another program": lambda: token(aud="other"),
    "for several programs, not saying for which": lambda: token(aud=[CLIENT, "other"]),
    "for several programs, another one first": lambda: token(aud=[CLIENT, "other"], azp="other"),
    "with another nonce": lambda: token(nonce="of another sign-in"),
    "without a nonce": lambda: token(nonce=None),
    "expired": lambda: token(exp=int(time.time()) - 120),
    "from the future": lambda: token(nbf=int(time.time()) + 600),
    "without an end": lambda: token(exp=None),
    "without a person": lambda: token(sub=None),
    "without a time": lambda: token(iat=None),
    "cut": lambda: token()[:-10],
    "empty": lambda: "",
    "of words": lambda: "a.b.c",
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_token_is_refused_that_is(kind):
    with pytest.raises(InvalidToken):
        read(FORGED[kind]())


NOT_CONFIRMED = {
    "doesn't say when the person signed in": lambda _sent: token(),
    "says that it was before": lambda sent: token(auth_time=sent - 3600),
    "says that it was a moment too early": lambda sent: token(auth_time=sent - CLOCKS_DIFFER - 1),
    "says that it will be": lambda sent: token(auth_time=sent + 3600),
    "says it by a word": lambda _sent: token(auth_time="now"),
    "says it by a yes": lambda _sent: token(auth_time=True),
    "isn't even signed": lambda sent: jwt.encode(
        claims(auth_time=sent), None, algorithm="none", headers={"kid": "one"}
    ),
}


@pytest.mark.parametrize("kind", NOT_CONFIRMED)
def test_a_sign_in_is_not_confirmed_by_a_token_that(kind):
    sent = int(time.time())
    with pytest.raises(InvalidToken):
        read(NOT_CONFIRMED[kind](sent), confirmed_since=sent)


@pytest.mark.parametrize("clocks_differ", [0, 50, -50])
def test_a_sign_in_is_confirmed_by_a_token_that_says_that_the_person_has_signed_in_since(clocks_differ):
    sent = int(time.time())
    assert read(token(auth_time=sent + clocks_differ), confirmed_since=sent)["sub"] == "7"


def test_a_second_factor_is_what_the_setting_names():
    assert has_second_factor({"amr": ["pwd", "mfa"]}, {"amr": "mfa"})
    assert has_second_factor({"acr": "phr"}, {"amr": "mfa", "acr": "phr"})
    assert has_second_factor({}, {})
    for claims_of_one in ({}, {"amr": ["pwd"]}, {"amr": "not mfa"}, {"acr": "mfa"}, {"amr": None}):
        assert not has_second_factor(claims_of_one, {"amr": "mfa"}), claims_of_one


def test_groups_are_read_from_the_claim_that_is_named():
    assert groups_in({"groups": ["a", "b"]}, "groups") == ["a", "b"]
    assert groups_in({"roles": ["admin"]}, "roles") == ["admin"]
    assert groups_in({"groups": "a b"}, "groups") == ["a", "b"]
    assert groups_in({}, "groups") == []


@pytest.mark.parametrize("more", [{"_claim_names": {"groups": "src1"}}, {"hasgroups": True}])
def test_groups_that_a_token_leaves_out_are_not_no_groups(more):
    with pytest.raises(TooManyGroups):
        groups_in({"sub": "7", **more}, "groups")
    assert groups_in({"roles": ["admin"], **more}, "roles") == ["admin"]
