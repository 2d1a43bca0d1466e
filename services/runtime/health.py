"""/livez, /readyz and /metrics, the same in every service."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

Check = Callable[[], str]
"""Empty when all is well, else one sentence that says what is not."""


@dataclass
class Health:
    """What a service says of itself. `beat` by whoever makes progress; checks are cheap."""

    ready_checks: dict[str, Check] = field(default_factory=dict)
    live_checks: dict[str, Check] = field(default_factory=dict)

    def problems(self, checks: dict[str, Check]) -> dict[str, str]:
        """The failing checks with their sentence."""
        return {name: why for name, check in checks.items() if (why := check())}


@dataclass
class Heartbeat:
    """Fails once `limit_seconds` pass without a beat while `busy`."""

    limit_seconds: float
    busy: bool = False
    last: float = field(default_factory=time.monotonic)

    def beat(self, *, busy: bool = False) -> None:
        """Progress was made (or there is nothing to do)."""
        self.last, self.busy = time.monotonic(), busy

    def check(self) -> str:
        """A `Check`."""
        age = time.monotonic() - self.last
        if self.busy and age > self.limit_seconds:
            return f"no progress for {age:.0f} s (limit {self.limit_seconds:.0f} s)"
        return ""


def routes(health: Health) -> list[Route]:
    """Starlette routes; FastAPI services append them to theirs."""

    def probe(checks: dict[str, Check]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(_: Request) -> Response:
            wrong = health.problems(checks)
            text = "".join(f"{name}: {why}\n" for name, why in wrong.items()) or "ok\n"
            return PlainTextResponse(text, status_code=503 if wrong else 200)

        return answer

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/livez", probe(health.live_checks)),
        Route("/readyz", probe(health.ready_checks)),
        Route("/metrics", metrics),
    ]
