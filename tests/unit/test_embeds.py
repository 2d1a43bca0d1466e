"""Which embeds a setting may name: ids that stand in a path, origins that can be trusted."""

import pytest
from pydantic import ValidationError

from services.api.session.origins import parse_embeds
from services.api.settings import Settings

SECRET = "s" * 32


def test_embeds_are_ids_with_origins() -> None:
    told = parse_embeds('{"portal": ["https://a.example", "http://localhost:3000"]}')
    assert told == {"portal": ("https://a.example", "http://localhost:3000")}
    assert parse_embeds("") == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "not JSON of the form"),
        ('{"a": "https://a.example"}', "not JSON of the form"),
        ('{"a": []}', "names no origin"),
        ('{"Upper": ["https://a.example"]}', "embed id"),
        ('{"a/b": ["https://a.example"]}', "embed id"),
        ('{"preview": ["https://a.example"]}', "embed id"),
        ('{"a": ["*"]}', "must be https://host"),
        ('{"a": ["https://*.example"]}', "must be https://host"),
        ('{"a": ["https://a.example/"]}', "must be https://host"),
        ('{"a": ["https://a.example; script-src *"]}', "must be https://host"),
        ('{"a": ["https://user@a.example"]}', "must be https://host"),
        ('{"a": ["https://a.example:port"]}', "not an origin"),
        ('{"a": ["http://a.example"]}', "use https"),
        ('{"a": ["null"]}', "must be https://host"),
    ],
)
def test_a_wrong_embed_is_named(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_embeds(text)


def test_the_start_says_what_is_wrong() -> None:
    with pytest.raises(ValidationError, match="API_EMBEDS cannot be used: embed 'a' names no"):
        Settings(embeds='{"a": []}', jwt_secret=SECRET)
    with pytest.raises(ValidationError, match="API_EMBEDS needs customers' tokens"):
        Settings(embeds='{"a": ["https://a.example"]}')
