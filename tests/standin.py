"""A provider's API for tests: OpenAI's chat and Anthropic's messages, always the same usage."""

import itertools
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OPENAI_USAGE = {
    "prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050,
    "prompt_tokens_details": {"cached_tokens": 400, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}  # fmt: skip
ANTHROPIC_USAGE = {
    "input_tokens": 600, "output_tokens": 50, "cache_read_input_tokens": 400,
    "cache_creation_input_tokens": 0,
}  # fmt: skip
_numbers = itertools.count()
_run = uuid.uuid4().hex[:8]


def chat(asked: dict[str, Any], is_chunk: bool = False) -> dict[str, Any]:
    message = {"role": "assistant", "content": "On its way."}
    choice = {"index": 0, "finish_reason": "stop", "delta" if is_chunk else "message": message}
    return {
        "id": f"chatcmpl-{_run}-{next(_numbers)}", "created": 1795378300, "choices": [choice],
        "object": "chat.completion.chunk" if is_chunk else "chat.completion",
        "model": f"{asked['model']}-2024-08-06", "service_tier": "default", "usage": OPENAI_USAGE,
    }  # fmt: skip


def messages(asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"msg_{_run}_{next(_numbers)}", "type": "message", "role": "assistant",
        "model": f"{asked['model']}-20250929", "stop_reason": "end_turn", "stop_sequence": None,
        "content": [{"type": "text", "text": "On its way."}], "usage": ANTHROPIC_USAGE,
    }  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.endswith("/messages"):
            self._send(json.dumps(messages(asked)).encode(), "application/json")
        elif asked.get("stream"):
            told = chat(asked, is_chunk=True)
            first = told | {"usage": None}
            last = told | {"choices": []}
            lines = [json.dumps(first), json.dumps(last), "[DONE]"]
            body = "".join(f"data: {line}\n\n" for line in lines).encode()
            self._send(body, "text/event-stream")
        else:
            self._send(json.dumps(chat(asked)).encode(), "application/json")

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def provider() -> Iterator[str]:
    """Its base address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
