// Vercel's AI SDK (Node).
// npm install ai @ai-sdk/openai @opentelemetry/sdk-trace-node \
//   @opentelemetry/exporter-trace-otlp-proto
import { createOpenAI } from "@ai-sdk/openai";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { generateText } from "ai";

const provider = new NodeTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();

const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL });
await generateText({
  model: openai.chat("gpt-4o"),
  prompt: "Where is my invoice?",
  experimental_telemetry: {
    isEnabled: true,
    functionId: "answer",
    metadata: { orgId: process.env.ORG_ID, userId: "u-7", sessionId: "c-42" },
  },
});

await provider.shutdown();
