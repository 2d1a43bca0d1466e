"""The dashboard's files as they are served: packed once, whole, and anew after a release."""

import os
from pathlib import Path

import httpx
from fastapi import FastAPI

from services.api import pages

BIG = b"// a script of some length\n" * 500


def client(folder: Path, **headers: str) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(pages.router)
    app.state.dashboard = folder
    told = {"accept-encoding": "identity"} | {k.replace("_", "-"): v for k, v in headers.items()}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://api", headers=told
    )


async def test_a_file_is_the_same_packed_and_plain_and_new_after_a_release(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    script = tmp_path / "assets" / "index.js"
    for content in (BIG, b"// newer\n" + BIG):
        script.write_bytes(content)
        os.utime(script, ns=(len(content), len(content)))
        async with client(tmp_path) as plain, client(tmp_path, accept_encoding="gzip") as packed:
            whole = await plain.get("/assets/index.js")
            short = await packed.get("/assets/index.js")
        assert whole.content == short.content == content
        assert "content-encoding" not in whole.headers
        assert short.headers["content-encoding"] == "gzip"
        assert int(short.headers["content-length"]) < len(content) / 10
        for told in (whole, short):
            assert told.headers["content-type"].startswith("text/javascript")
            assert told.headers["vary"] == "accept-encoding"
            assert "immutable" in told.headers["cache-control"]
            assert "default-src 'none'" in told.headers["content-security-policy"]


async def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    async with client(tmp_path, accept_encoding="gzip") as asked:
        for _ in range(2):
            try:
                await asked.get("/assets/none.js")
            except pages.ProblemError as problem:
                found = problem.status
            assert found == (404 if (tmp_path / "index.html").exists() else 503)
            (tmp_path / "index.html").write_text("<!doctype html>")
