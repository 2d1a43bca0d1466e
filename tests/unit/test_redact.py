"""What is kept of content: nothing of what the rules name, and never more than allowed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.access import ApiKey, ContentRules
from schemas.redaction import flaw, path
from services.ingest import pii
from services.ingest.keeping import WITHHELD, check, keeper
from services.ingest.redact import REDACTED, keep, rules

SECRET = "hunter2"  # noqa: S105 - of nobody
KEYS = st.sampled_from(["a", "b", "email", "content"])
JSON = st.recursive(
    st.sampled_from([SECRET, "x", 1, None, True]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def kept(said: Any, *paths: str, **more: Any) -> Any:
    return json.loads(keep(said, rules(1_000_000, paths, **more)).content)


def test_paths_name_values_at_any_place() -> None:
    said = {"messages": [{"role": "user", "content": SECRET, "email": SECRET}], "n": 1}
    assert kept(said, "$.messages[*].content")["messages"][0] == {
        "role": "user", "content": REDACTED, "email": SECRET,
    }  # fmt: skip
    assert kept(said, "$['messages'][0]")["messages"] == [REDACTED]
    assert kept(json.dumps(said), "$..email")["messages"][0]["email"] == REDACTED
    assert kept(said, "$.messages[7]") == said
    inside = {"args": json.dumps({"email": SECRET})}
    assert json.loads(kept(inside, "$.args.email")["args"]) == {"email": REDACTED}


@given(said=JSON, deep=st.sampled_from(["email", "*"]))
def test_a_deep_path_leaves_nothing_of_its_name(said: Any, deep: str) -> None:
    if not isinstance(said, dict | list):
        return
    told = kept(said, f"$..{deep}")

    def check(value: Any, is_below: bool) -> None:
        if isinstance(value, dict | list):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for key, inner in items:
                check(inner, is_below or deep in ("*", key))
        elif is_below:
            assert value == REDACTED

    check(told, is_below=False)


@given(before=st.text(max_size=40), after=st.text(max_size=40), size=st.integers(1, 60))
def test_a_pattern_is_applied_before_the_cut(before: str, after: str, size: int) -> None:
    how = rules(size, patterns=[r"hunter\d"])
    told = keep(before + SECRET + after, how)
    assert SECRET not in told.content
    assert len(told.content) <= size + len(" …[123 characters cut]")
    assert (" characters cut]" in told.content) == (told.cut_chars > 0)


def test_what_is_cut_is_said() -> None:
    told = keep("x" * 100, rules(60))
    assert told == ("x" * 60 + " …[40 characters cut]", "text/plain", 40)
    huge = keep("y" * 1_000_000, rules(1_000))
    assert huge.content.startswith("y" * 1000)
    assert huge.cut_chars == 999_000
    assert keep('{"a": 1}', rules(60)).mime_type == "application/json"
    assert keep("no json {", rules(60)).mime_type == "text/plain"


def test_half_a_secret_does_not_survive_a_cut_before_redaction() -> None:
    text = "a" * 1_990 + " bob@example.com " + "b" * 5_000
    told = keep(text, rules(1_000, patterns=[r"a{900}"]))
    assert "bob" not in told.content


@pytest.mark.parametrize("wrong", ["", "messages", "$", "$.", "$[", "$.a[x]", "$..."])
def test_a_wrong_path_is_named(wrong: str) -> None:
    with pytest.raises(ValueError, match="JSON path"):
        path(wrong)


def test_a_wrong_pattern_is_named() -> None:
    with pytest.raises(ValueError, match="not an RE2 expression"):
        rules(10, patterns=["(?<=x)y"])


def test_personal_data_is_replaced_by_its_kind() -> None:
    def detect(text: str) -> list[tuple[int, int, str]]:
        at = text.index("bob")
        return [(at, at + 3, "PERSON"), (at + 1, at + 5, "OTHER")]

    assert keep("to bob it", rules(99, detect=detect)).content == "to [PERSON]t"


def test_the_detector_says_which_extra_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "presidio_analyzer", None)
    with pytest.raises(ValueError, match=r"tracetally\[pii\]"):
        pii.detector()


@pytest.mark.parametrize("broken", [{"redact_patterns": ("(",)}, {"redact_paths": ("email",)}])
def test_rules_that_cannot_be_used_hold_content_back_and_nothing_else(
    broken: dict[str, tuple[str, ...]],
) -> None:
    """A key made while ingest runs must not stop its sender, nor store what it was to redact."""
    key = ApiKey(key_id="k", sha256="0" * 64, scopes=frozenset({"ingest"}),
                 content=ContentRules(**broken))  # fmt: skip
    keep = keeper(key)
    assert keep is not None
    assert keep("secret").content == WITHHELD
    with pytest.raises(ValueError, match=r"path|pattern|expression|missing"):
        check(key)


@given(
    st.lists(st.sampled_from(["$.a", "$..a[*]", "$", "a.b", "$.", "$['x']"]), max_size=2),
    st.lists(st.sampled_from([r"\d+", "(", "(?=x)", "a{9999}", "\ud800"]) | st.text(), max_size=2),
)
def test_what_is_refused_where_a_key_is_made_is_what_ingest_cannot_use(
    paths: list[str], patterns: list[str]
) -> None:
    content = ContentRules(redact_paths=tuple(paths), redact_patterns=tuple(patterns))
    key = ApiKey(key_id="k", sha256="0" * 64, scopes=frozenset({"ingest"}), content=content)
    found = flaw(content)
    if found is None:
        check(key)
        return
    name, _, number = found.field.partition(".")
    assert getattr(content, name)[int(number)] is not None
    assert found.hint
    with pytest.raises(ValueError, match=r"path|RE2|encode"):
        check(key)
