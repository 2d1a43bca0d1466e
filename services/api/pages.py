"""The dashboard's files, built by `make dashboard`, served as they lie under one strict policy."""

import gzip
from functools import lru_cache
from mimetypes import guess_type
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from services.api.session.embeds import origins_of
from services.runtime.problems import ProblemError

router = APIRouter(include_in_schema=False)
DIST = Path(__file__).with_name("dashboard") / "dist"
MISSING = "the dashboard is not built: run `make dashboard`"
PAGES = (
    "overview", "explore", "explain", "conversations", "traces", "compare", "prices", "pending",
    "health", "settings", "orgs", "login", "welcome",
)  # fmt: skip
"""First parts of the addresses that the dashboard itself understands."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors "
)
NOBODY = "'none'"
HEADERS = {
    "content-security-policy": POLICY + NOBODY,
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
HASHED = "public, max-age=31536000, immutable"
"""The name changes with the content."""
CHECKED = "no-cache"
"""Kept, but asked for again: the name stays, the content changes with a release."""


def _file(request: Request, name: str, cache: str) -> Response:
    root: Path = request.app.state.dashboard
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        if not (root / "index.html").is_file():
            raise ProblemError(503, MISSING)
        raise ProblemError(404, f"no such file: /{name}")
    headers = HEADERS | {"cache-control": cache, "vary": "accept-encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(path, headers=headers)
    packed = _packed(path, path.stat().st_mtime_ns)
    media = guess_type(name)[0]
    return Response(packed, media_type=media, headers=headers | {"content-encoding": "gzip"})


@lru_cache(maxsize=256)
def _packed(path: Path, _: int) -> bytes:
    """A file as it is sent, packed once and not for each visitor; anew once it is written anew."""
    return gzip.compress(path.read_bytes(), mtime=0)


@router.get("/assets/{name}")
async def asset(request: Request, name: str) -> Response:
    """A script or style; its name holds its hash."""
    return _file(request, f"assets/{name}", HASHED)


@router.get("/theme.js")
@router.get("/icon.svg")
async def fixed(request: Request) -> Response:
    """What must have a plain name."""
    return _file(request, request.url.path.lstrip("/"), CHECKED)


async def page(request: Request) -> Response:
    """Every page is one document: its script reads the address."""
    return _file(request, "index.html", CHECKED)


async def embedded(request: Request, embed_id: str) -> Response:
    """The same document for a frame of the embed's own sites. The browser refuses all others."""
    ancestors = " ".join(origins_of(request.app.state.embeds, embed_id)) or NOBODY
    answer = await page(request)
    answer.headers["content-security-policy"] = POLICY + ancestors
    return answer


router.add_api_route("/embed/{embed_id}", embedded, methods=["GET"])
router.add_api_route("/embed/{embed_id}/{rest:path}", embedded, methods=["GET"])
router.add_api_route("/", page, methods=["GET"])
for _name in PAGES:
    router.add_api_route(f"/{_name}", page, methods=["GET"])
    router.add_api_route(f"/{_name}/{{rest:path}}", page, methods=["GET"])
