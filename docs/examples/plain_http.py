"""No library at all: one POST. The provider's own usage object is read by Tracetally."""

import json
import os
import urllib.request
import uuid
from datetime import UTC, datetime

event = {
    "event_id": str(uuid.uuid4()),  # made once, resent unchanged: a resend is recognised
    "occurred_at": datetime.now(UTC).isoformat(),
    "org_id": os.environ["ORG_ID"],
    "trace_id": uuid.uuid4().hex,
    "conversation_id": "c-42",
    "provider": "openai",
    "request_model": "gpt-4o",
    "flavour": "openai.chat",
    "usage_payload": {
        "prompt_tokens": 1000,
        "completion_tokens": 50,
        "total_tokens": 1050,
        "prompt_tokens_details": {"cached_tokens": 400},
    },
}
request = urllib.request.Request(
    f"{os.environ['TRACETALLY_URL']}/v1/calls",
    data=json.dumps(event).encode(),
    headers={"authorization": f"Bearer {os.environ['TRACETALLY_KEY']}"},
)
with urllib.request.urlopen(request, timeout=10) as answer:
    print(answer.read().decode())
