"""Langfuse's SDK: Tracetally takes its spans and its scores at Langfuse's own addresses.

pip install langfuse openai
"""

import os

from langfuse import Langfuse, propagate_attributes
from langfuse.openai import OpenAI

langfuse = Langfuse(
    public_key="any",
    secret_key=os.environ["TRACETALLY_KEY"],
    base_url=os.environ["TRACETALLY_URL"],
)

with (
    langfuse.start_as_current_observation(name="answer", as_type="span"),
    propagate_attributes(
        user_id="u-7", session_id="c-42", metadata={"org_id": os.environ["ORG_ID"]}
    ),
):
    OpenAI().chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Where is my invoice?"}]
    )
    langfuse.score_current_trace(name="helpful", value=1.0)  # becomes feedback of the trace

langfuse.flush()
langfuse.shutdown()
