"""A customer's own site for tests: a page with our frame, and the address its tokens come from."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Host:
    """What it serves can be changed while it runs. `localhost`: another site than 127.0.0.1."""

    origin: str
    page: str = ""
    token: Callable[[], str] = lambda: ""
    given: list[str] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[Host]:
    """On a port of its own for the length of a block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = host.page
            if self.path == "/tracetally-token":
                body = host.token()
                host.given.append(body)
            elif self.path != "/":
                body = ""
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host = Host(f"http://localhost:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
