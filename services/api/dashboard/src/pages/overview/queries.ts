import type { Query } from "~/api/types";
import type { Address } from "~/state/address";
import { compareOf, queryOf } from "~/state/useAddress";

export type Name =
  | "spend" | "month" | "time" | "orgs" | "movers" | "categories" | "cache" | "volume" | "errors" | "latency" | "ttft"
  | "perCall" | "speed" | "tools" | "feedback";

export const TOOL_OPERATIONS = ["execute_tool", "retrieval", "rerank", "embeddings", "guardrail"];

/** Every question of the page in one batch, so that all widgets are as of one instant. */
export function overviewQueries(address: Address, errorsBy: string): Record<Name, Query> {
  const ask = (more: Omit<Query, "from" | "to" | "tz">) => queryOf(address, more);
  const compare = compareOf(address);
  const over = (...measures: string[]) => ask({ measures, interval: "auto" });
  return {
    spend: ask({ measures: ["cost", "calls"], interval: "auto", compare: compare ?? "previous" }),
    month: queryOf({ ...address, from: "now/M", to: "now" }, { measures: ["cost"], interval: "day" }),
    time: ask({ measures: ["cost"], by: [{ dim: address.by, top: 7, order: "cost" }], interval: "auto" }),
    orgs: ask({ measures: ["cost", "calls"], by: [{ dim: "org", top: 7, order: "cost" }], compare: compare ?? "previous" }),
    movers: ask({ measures: ["cost"], by: [{ dim: "org", top: 7, order: "change" }], compare: compare ?? "previous" }),
    categories: ask({ measures: ["cost", "tokens"], by: [{ dim: "token_category", top: 7, order: "cost" }] }),
    cache: over("cache_hit_share", "cache_saved", "tokens.cache_read"),
    volume: over("calls", "conversations", "errors"),
    errors: ask({ measures: ["error_share", "errors", "steps"], by: [{ dim: errorsBy, top: 7, order: "steps" }], interval: "auto" }),
    latency: over("latency_ms.p50", "latency_ms.p95", "latency_ms.p99"),
    ttft: over("ttft_ms.p50", "ttft_ms.p95", "ttft_ms.p99"),
    perCall: over("tokens_per_call", "calls"),
    speed: over("output_tokens_per_second"),
    tools: ask({
      measures: ["steps", "errors", "error_share", "latency_ms.p95", "cost"],
      by: [{ dim: "operation", top: 12, order: "cost" }],
      where: [{ dim: "operation", in: TOOL_OPERATIONS }],
    }),
    feedback: over("feedback_positive", "feedback_negative", "feedback", "negative_share"),
  };
}
