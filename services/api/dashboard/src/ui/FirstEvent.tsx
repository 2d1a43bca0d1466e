import { useState } from "react";

import style from "./ui.module.css";

/** Not `crypto.randomUUID`: plain http on another host than loopback lacks it. */
function uuid(): string {
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const MADE = { id: uuid(), at: new Date().toISOString() };

/** A call that works as pasted; ids are made once, so that pasting twice counts once. */
export function snippet(kind: "curl" | "otlp", ingest: string): string {
  if (kind === "otlp") {
    return `export OTEL_EXPORTER_OTLP_ENDPOINT=${ingest}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20$INGEST_KEY"
export OTEL_RESOURCE_ATTRIBUTES=org.id=acme`;
  }
  return `curl -s ${ingest}/v1/calls -H "authorization: Bearer $INGEST_KEY" -d '{
  "event_id": "${MADE.id}", "occurred_at": "${MADE.at}",
  "org_id": "acme", "trace_id": "${MADE.id.replace(/-/g, "")}", "conversation_id": "c-1",
  "provider": "openai", "request_model": "gpt-4o", "response_id": "chatcmpl-${MADE.id.slice(0, 8)}",
  "usage": {"input": 1200, "cache_read": 300, "output": 250}}'`;
}

/** How to send the first event, ready to paste. */
export function FirstEvent() {
  const [kind, setKind] = useState<"curl" | "otlp">("curl");
  const text = snippet(kind, `${location.protocol}//${location.hostname}:8080`);
  return (
    <div className={style.snippet}>
      <div className={style.segments} role="group" aria-label="How to send">
        {(["curl", "otlp"] as const).map((one) => (
          <button key={one} aria-pressed={kind === one} onClick={() => setKind(one)}>{one === "curl" ? "curl" : "OpenTelemetry"}</button>
        ))}
        <button onClick={() => void navigator.clipboard.writeText(text)}>Copy</button>
      </div>
      <pre tabIndex={0}>{text}</pre>
    </div>
  );
}
