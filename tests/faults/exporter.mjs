// OpenTelemetry's exporter for Node as a client: batch after batch until the time is up; a line of
// JSON for each, with what the exporter said of it.
// node exporter.mjs PACKAGE_JSON URL KEY CLIENT SECONDS SPANS
import { createRequire } from "node:module";

const [packages, url, key, client, seconds, spans] = process.argv.slice(2);
const require = createRequire(packages);
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-proto");
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } =
  require("@opentelemetry/sdk-trace-base");
const { resourceFromAttributes } = require("@opentelemetry/resources");
const { context, trace } = require("@opentelemetry/api");

function batch(org) {
  const memory = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "org.id": org }),
    spanProcessors: [new SimpleSpanProcessor(memory)],
  });
  const tracer = provider.getTracer("opentelemetry.instrumentation.openai");
  const agent = tracer.startSpan("invoke_agent support", {
    attributes: { "gen_ai.operation.name": "invoke_agent" },
  });
  const inside = trace.setSpan(context.active(), agent);
  for (let number = 0; number < Number(spans); number += 1) {
    const attributes = {
      "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 10,
      "gen_ai.usage.output_tokens": 5,
    };
    tracer.startSpan("chat gpt-4o", { attributes }, inside).end();
  }
  agent.end();
  return memory.getFinishedSpans();
}

const exporter = new OTLPTraceExporter({
  url, headers: { authorization: `Bearer ${key}` }, compression: "gzip",
});
const end = performance.now() + Number(seconds) * 1000;
for (let number = 0; performance.now() < end; number += 1) {
  const org = `exporter-${client}-${number}`;
  const told = batch(org);
  const started = performance.now();
  const { code } = await new Promise((resolve) => exporter.export(told, resolve));
  const took = (performance.now() - started) / 1000;
  process.stdout.write(`${JSON.stringify({ org, sent: code === 0, seconds: took })}\n`);
}
await exporter.shutdown();
