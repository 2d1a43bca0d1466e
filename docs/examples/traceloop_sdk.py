"""Traceloop's SDK (OpenLLMetry): `customer_id` is the org.

pip install openai traceloop-sdk
"""

import os

from openai import OpenAI
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import workflow

Traceloop.init(
    app_name="support",
    api_endpoint=os.environ["TRACETALLY_URL"],
    headers={"authorization": f"Bearer {os.environ['TRACETALLY_KEY']}"},
    disable_batch=True,
    telemetry_enabled=False,
)
Traceloop.set_association_properties({"customer_id": os.environ["ORG_ID"], "user_id": "u-7"})


@workflow(name="answer")
def answer(question: str) -> str | None:
    told = OpenAI().chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": question}]
    )
    return told.choices[0].message.content


answer("Where is my invoice?")
