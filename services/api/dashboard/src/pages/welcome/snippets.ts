/** A first event in every way there is, ready to paste. Ids are made once: pasting twice counts once. Pure. */

export type Way = "curl" | "python" | "typescript" | "otlp" | "kafka";

export const WAYS: readonly (readonly [Way, string])[] = [
  ["curl", "curl"], ["python", "Python"], ["typescript", "TypeScript"], ["otlp", "OTLP"], ["kafka", "Kafka"],
];

export interface Made {
  /** Hexadecimal digits, 32. */
  id: string;
  at: string;
}

export interface Where {
  ingest: string;
  key: string;
  bootstrap: string;
  topic: string;
}

/** Not `crypto.randomUUID`: plain http on another host than loopback lacks it. */
export function newId(): string {
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 12)}4${hex.slice(13, 16)}8${hex.slice(17)}`;
}

function uuid(id: string): string {
  return [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join("-");
}

/** Each way sends a call of its own: the last digit tells them apart. */
function call({ id, at }: Made, way: Way): string {
  const own = id.slice(0, -1) + String(WAYS.findIndex(([name]) => name === way));
  return `{
  "event_id": "${uuid(own)}", "occurred_at": "${at}",
  "org_id": "acme", "trace_id": "${own}", "conversation_id": "c-1",
  "provider": "openai", "request_model": "gpt-4o", "response_id": "chatcmpl-${own.slice(-12)}",
  "usage": {"input": 1200, "cache_read": 300, "output": 250}}`;
}

function span({ id, at }: Made): string {
  const nanoseconds = `${Date.parse(at)}000000`;
  const text = (key: string, value: string) => `{"key": "${key}", "value": {"stringValue": "${value}"}}`;
  const count = (key: string, value: number) => `{"key": "${key}", "value": {"intValue": "${value}"}}`;
  return `{"resourceSpans": [{"resource": {"attributes": [${text("org.id", "acme")}]}, "scopeSpans": [{"spans": [{
  "traceId": "${id}", "spanId": "${id.slice(0, 16)}", "name": "chat gpt-4o", "kind": 3,
  "startTimeUnixNano": "${nanoseconds}", "endTimeUnixNano": "${nanoseconds}", "attributes": [
    ${text("gen_ai.operation.name", "chat")}, ${text("gen_ai.provider.name", "openai")},
    ${text("gen_ai.request.model", "gpt-4o")}, ${text("gen_ai.response.id", `chatcmpl-otlp-${id.slice(-12)}`)},
    ${count("gen_ai.usage.input_tokens", 1500)}, ${count("gen_ai.usage.cache_read.input_tokens", 300)},
    ${count("gen_ai.usage.output_tokens", 250)}]}]}]}]}`;
}

const WRITTEN: Record<Way, (made: Made, where: Where) => string> = {
  curl: (made, { ingest, key }) => `curl -s ${ingest}/v1/calls -H "authorization: Bearer ${key}" -d '${call(made, "curl")}'`,
  python: (made, { ingest, key }) => `import urllib.request

call = """${call(made, "python")}"""
headers = {"authorization": "Bearer ${key}", "content-type": "application/json"}
request = urllib.request.Request("${ingest}/v1/calls", call.encode(), headers)
print(urllib.request.urlopen(request).read().decode())`,
  typescript: (made, { ingest, key }) => `const call = ${call(made, "typescript")};
const answer = await fetch("${ingest}/v1/calls", {
  method: "POST",
  headers: { authorization: "Bearer ${key}", "content-type": "application/json" },
  body: JSON.stringify(call),
});
console.log(answer.status, await answer.text());`,
  otlp: (made, { ingest, key }) => `# Any OpenTelemetry exporter:
export OTEL_EXPORTER_OTLP_ENDPOINT=${ingest}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20${key}"
export OTEL_RESOURCE_ATTRIBUTES=org.id=acme
# One span, to see it work:
curl -s $OTEL_EXPORTER_OTLP_ENDPOINT/v1/traces -H "content-type: application/json" -H "authorization: Bearer ${key}" -d '${span(made)}'`,
  kafka: (made, { bootstrap, topic }) => `kafka-console-producer.sh --bootstrap-server ${bootstrap} --topic ${topic} <<'EOF'
${call(made, "kafka").replace(/\n\s*/g, " ")}
EOF`,
};

export function snippet(way: Way, made: Made, where: Where): string {
  return WRITTEN[way](made, where);
}
