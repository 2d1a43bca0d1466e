"""The running product's price book, over the read API."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
import orjson

from schemas.price import BOOK_RECORD
from services.prices.diff import encoded

RECORDS_AT_ONCE = 200
BODY_BYTES_MAX = 1_500_000


class ApiError(RuntimeError):
    """The API refused or does not answer; the text says what to do."""


class Api:
    """A client with one key."""

    def __init__(self, url: str, key: str) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=60)

    def get(self, path: str, **params: Any) -> Any:
        """A JSON answer."""
        return self._asked("GET", path, params=params)

    def _asked(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = self._http.request(method, path, **more)
        except httpx.HTTPError as wrong:
            url = self._http.base_url
            raise ApiError(
                f"{url} does not answer ({wrong!r}): set --api or TRACETALLY_API"
            ) from None
        if answer.status_code == 401:
            raise ApiError("the API wants a key: set --key or TRACETALLY_KEY")
        if answer.is_error:
            raise ApiError(f"{method} {path}: {answer.status_code} {answer.text[:1000]}")
        return answer.json()

    def book(self) -> dict[str, Any]:
        """Every record that stands, by key."""
        found: dict[str, Any] = {}
        after: str | None = ""
        while after is not None:
            page = self.get("/v1/prices", after=after, limit=1_000)
            for entry in page["prices"]:
                found[entry["key"]] = BOOK_RECORD.validate_json(orjson.dumps(entry["record"]))
            after = page["next"]
        return found

    def publish(self, records: Sequence[Any]) -> Iterator[int]:
        """In parts the API takes; yields how many are published so far."""
        done, part, size = 0, list[bytes](), 0
        for record in [*map(encoded, records), b""]:
            if part and (not record or len(part) == RECORDS_AT_ONCE or size > BODY_BYTES_MAX):
                self._asked("PUT", "/v1/prices", content=b"[" + b",".join(part) + b"]")
                done += len(part)
                yield done
                part, size = [], 0
            part.append(record)
            size += len(record)

    def what_if(self, body: Mapping[str, Any]) -> Any:
        """What calls would have cost."""
        return self._asked("POST", "/v1/what-if", json=body)
