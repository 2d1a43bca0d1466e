"""Session cookies and customers' tokens: what is taken, what is refused, and why."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from schemas.access import ApiKey, PublishedKey, SignOut, access_key
from services.api.session.customers import Customers
from services.api.session.tokens import Limits, Session, forged, seal, unseal
from services.runtime.keys import KeyRing, digest
from services.runtime.problems import ProblemError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LIMITS = Limits(timedelta(minutes=15), timedelta(hours=12))
SECRET, OTHER = b"s" * 32, b"o" * 32
TEAM = Session("ops", "ops", True, "*", "token", NOW, NOW)


def test_a_session_comes_back_as_it_was() -> None:
    assert unseal(seal(TEAM, LIMITS, SECRET), LIMITS, SECRET, NOW) == TEAM


@given(st.integers(0, 60 * 24), st.integers(1, 60 * 24))
def test_a_session_ends_when_idle_and_at_the_latest(age: int, idle: int) -> None:
    renewed = TEAM.renew(NOW + timedelta(minutes=age))
    at = NOW + timedelta(minutes=age + idle)
    alive = unseal(seal(renewed, LIMITS, SECRET), LIMITS, SECRET, at)
    assert (alive is not None) == (idle < 15 and age + idle < 12 * 60)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_is_taken(place: int, change: int) -> None:
    value = bytearray(seal(TEAM, LIMITS, SECRET).encode())
    value[place % len(value)] ^= change
    found = unseal(value.decode("latin-1"), LIMITS, SECRET, NOW)
    assert found in (None, TEAM)  # the last character of base64 has unused bits


def test_neither_another_secret_nor_another_kind_of_token_is_taken() -> None:
    assert unseal(seal(TEAM, LIMITS, OTHER), LIMITS, SECRET, NOW) is None
    ours = jwt.encode({"alg": "HS256"}, {"aud": "tracetally"}, OctKey.import_key(SECRET))
    assert unseal(ours, LIMITS, SECRET, NOW) is None
    assert unseal("eyJhbGciOiJub25lIn0.e30.", LIMITS, SECRET, NOW) is None


@pytest.mark.parametrize(
    ("method", "headers", "is_forged"),
    [
        ("GET", {}, False),
        ("POST", {}, True),
        ("POST", {"x-csrf-token": "token"}, False),
        ("POST", {"x-csrf-token": "tokeN"}, True),
        ("DELETE", {"x-csrf-token": "token", "sec-fetch-site": "same-origin"}, False),
        ("DELETE", {"x-csrf-token": "token", "sec-fetch-site": "cross-site"}, True),
        ("PUT", {"x-csrf-token": "token", "sec-fetch-site": "same-site"}, True),
        ("PUT", {"x-csrf-token": "tökén"}, True),
    ],
)
def test_other_sites_change_nothing(method: str, headers: dict[str, str], is_forged: bool) -> None:
    assert bool(forged(TEAM, method, headers)) == is_forged


def claims(**changed: Any) -> dict[str, Any]:
    seconds = int(NOW.timestamp())
    made = {"sub": "u1", "org": "acme", "aud": "tracetally", "iat": seconds, "exp": seconds + 600}
    return {name: value for name, value in (made | changed).items() if value is not None}


async def told(customers: Customers, token: str) -> ApiKey | str:
    try:
        return await customers.key(token, NOW)
    except ProblemError as wrong:
        return f"{wrong.status} {wrong.detail}"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"aud": "other"}, "aud"),
        ({"aud": None}, "aud"),
        ({"org": None}, "org"),
        ({"org": "*"}, "org"),
        ({"org": ["acme"]}, "org"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"exp": int(NOW.timestamp()) - 60}, "expired"),
        ({"exp": int(NOW.timestamp()) + 86_400}, "longer"),
        ({"iat": int(NOW.timestamp()) + 600, "exp": int(NOW.timestamp()) + 900}, "not valid yet"),
        ({"nbf": int(NOW.timestamp()) + 600}, "not valid yet"),
    ],
)
async def test_a_customers_token_is_refused_with_the_reason(
    changed: dict[str, Any], why: str
) -> None:
    customers = Customers("tracetally", secret=SECRET)
    token = jwt.encode({"alg": "HS256"}, claims(**changed), OctKey.import_key(SECRET))
    refused = await told(customers, token)
    assert isinstance(refused, str)
    assert refused.startswith("401 ")
    assert why in refused


async def test_a_customers_token_reads_one_org() -> None:
    customers = Customers("tracetally", secret=SECRET, project="p")
    token = jwt.encode({"alg": "HS256"}, claims(aud=["x", "tracetally"]), OctKey.import_key(SECRET))
    key = await told(customers, token)
    assert isinstance(key, ApiKey)
    assert (key.org_id, key.scopes, key.project) == ("acme", frozenset({"read"}), "p")
    stranger = jwt.encode({"alg": "HS256"}, claims(), OctKey.import_key(OTHER))
    assert isinstance(await told(customers, stranger), str)


async def test_one_subject_of_two_orgs_is_two() -> None:
    """They share neither a budget nor a name in the audit, whatever the names hold."""
    customers = Customers("tracetally", secret=SECRET)
    found = set()
    people = [("acme", None), ("globex", None), ("a/b", "c"), ("a", "b/c"),
              ("o" * 80, "x"), ("o" * 80, "y"), ("p" * 80, "x")]  # fmt: skip
    for org, subject in people:
        told_by = jwt.encode(
            {"alg": "HS256"}, claims(org=org, sub=subject), OctKey.import_key(SECRET)
        )
        key = await told(customers, told_by)
        assert isinstance(key, ApiKey)
        found.add(key.key_id)
    assert len(found) == len(people)


async def test_the_settings_choose_the_algorithm() -> None:
    """A public key must not become a shared secret."""
    pair = RSAKey.generate_key(2048, private=True)
    public = pair.as_pem(private=False)
    customers = Customers("tracetally", jwks_url="http://127.0.0.1:9/none")
    customers._keys, customers._asked = _set_of(pair), float("inf")
    good = jwt.encode({"alg": "RS256", "kid": "1"}, claims(), pair)
    assert isinstance(await told(customers, good), ApiKey)
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "1"}, claims())]
    signed = b".".join(_base64(part) for part in parts)
    signature = hmac.digest(public, signed, "sha256")
    made = (signed + b"." + _base64(signature)).decode()
    assert isinstance(await told(customers, made), str)


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _set_of(pair: RSAKey) -> KeySet:
    return KeySet.import_key_set({"keys": [pair.as_dict(private=False) | {"kid": "1"}]})


def test_a_ring_follows_what_is_published() -> None:
    ring = KeyRing((ApiKey(key_id="root", sha256=digest("r"), scopes=frozenset({"admin"})),))
    key = ApiKey(key_id="k", sha256=digest("secret"), scopes=frozenset({"read"}))
    made = PublishedKey(key=key, created_at=NOW)
    name = access_key(made).encode()
    assert ring.find("secret") is None
    assert ring.apply(name, made.model_dump_json().encode()) == ""
    assert (ring.find("secret"), ring.by_id("k"), ring.find("r").key_id) == (key, key, "root")  # type: ignore[union-attr]
    revoked = made.model_copy(update={"revoked_at": NOW})
    ring.apply(name, revoked.model_dump_json().encode())
    assert (ring.find("secret"), ring.by_id("k"), ring.is_known("k")) == (None, None, True)
    ring.apply(name, None)
    assert not ring.is_known("k")
    assert "kind" in ring.apply(b"x", b"{}")


def test_signing_out_ends_what_began_before() -> None:
    ring = KeyRing(())
    ended = SignOut(subject="ops", before=NOW)
    ring.apply(access_key(ended).encode(), ended.model_dump_json().encode())
    assert ring.ended("ops", NOW)
    assert not ring.ended("ops", NOW + timedelta(milliseconds=1))
    assert not ring.ended("other", NOW)
    everyone = SignOut(subject="*", before=NOW)
    ring.apply(access_key(everyone).encode(), everyone.model_dump_json().encode())
    assert ring.ended("other", NOW - timedelta(hours=1))
