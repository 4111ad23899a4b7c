"""ID tokens of the company's identity provider, verified as OpenID Connect Core 1.0, section 3.1.3.7, says.

django-allauth reads them without checking the signature, because they came by TLS; a proxy may have been in between.
"""

from hmac import compare_digest
from typing import Any

import jwt
from allauth.socialaccount.providers.oauth2.client import OAuth2Error

# Signatures by a private key that only the provider has; never "none", and none by a secret that we share with it.
ALGORITHMS = frozenset(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)) | {"EdDSA"}
CLOCKS_DIFFER = 60  # seconds
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]


class InvalidToken(OAuth2Error):  # type: ignore[misc]  # django-allauth has no types
    """The ID token isn't one that the provider made for this sign-in."""


class NotConfirmed(InvalidToken):
    """The person came back without having signed in again, or the provider doesn't say when they did."""


class TooManyGroups(OAuth2Error):  # type: ignore[misc]  # django-allauth has no types
    """The person is in more groups than a token holds, so the token leaves them out (Microsoft Entra: 200)."""


def verified(
    token: str, keys: dict[str, Any], *, issuer: str, client_id: str, nonce: str, confirmed_since: float | None = None
) -> dict[str, Any]:
    """The claims of an ID token. Raises InvalidToken unless signature, issuer, audience, times and nonce are right.

    `keys` is the provider's set of keys (RFC 7517). `confirmed_since`: in seconds since 1970, when the person was sent
    to confirm the sign-in; the token must say that the person has signed in at the provider since then.
    """
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise InvalidToken(f"The algorithm {header.get('alg')!r} isn't allowed.")
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(keys, header.get("kid")),
            algorithms=[header["alg"]],
            issuer=issuer,
            audience=client_id,
            leeway=CLOCKS_DIFFER,
            options={"require": REQUIRED},
        )
    except jwt.PyJWTError as error:
        raise InvalidToken(f"{type(error).__name__}: {error}") from error
    if not compare_digest(str(claims.get("nonce", "")), nonce):
        raise InvalidToken("The nonce is that of another sign-in.")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise InvalidToken("The token was made for another program.")
    if confirmed_since is not None and signed_in_at(claims) < confirmed_since - CLOCKS_DIFFER:
        raise NotConfirmed("By auth_time, the person has not signed in again.")
    return claims


def signed_in_at(claims: dict[str, Any]) -> float:
    """When the person signed in at the provider (`auth_time`), in seconds since 1970; 0 when the token doesn't say."""
    time = claims.get("auth_time")
    return (
        time
        if isinstance(time, int | float) and not isinstance(time, bool) and time <= claims["iat"] + CLOCKS_DIFFER
        else 0
    )


def has_second_factor(claims: dict[str, Any], wanted: dict[str, str]) -> bool:
    """Whether the token has one of the claims of OIDC_SECOND_FACTOR, such as `mfa` in `amr`; True if it names none."""
    return not wanted or any(value in _several(claims.get(claim)) for claim, value in wanted.items())


def _several(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _key(keys: dict[str, Any], name: str | None) -> jwt.PyJWK:
    found = [key for key in jwt.PyJWKSet.from_dict(keys).keys if key.public_key_use in (None, "sig")]
    for key in found:
        if key.key_id == name:
            return key
    if name is None and len(found) == 1:
        return found[0]
    raise InvalidToken("The provider has no key of this name.")


def groups_in(claims: dict[str, Any], claim: str) -> list[str]:
    """The groups or app roles of a person. Raises TooManyGroups when the token leaves them out."""
    if claim in claims.get("_claim_names", {}) or (claim == "groups" and claims.get("hasgroups")):
        raise TooManyGroups(claim)
    found = claims.get(claim, [])
    return [str(one) for one in found] if isinstance(found, list) else str(found).split()
