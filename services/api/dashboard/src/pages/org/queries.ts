import type { Query } from "~/api/types";
import type { Address } from "~/state/address";
import { compareOf, queryOf } from "~/state/useAddress";

export type Name = "used" | "month" | "time" | "configurations" | "users" | "conversations" | "per" | "latency" | "errors" | "days";

/** Everything of a customer's page: its own org alone, the charge, one as-of. */
export function orgQueries(address: Address, org: string, split: { measure: string; dim: string }): Record<Name, Query> {
  const own = { ...address, filters: [...address.filters.filter((one) => one.dim !== "org"), { dim: "org", not: false, values: [org] }] };
  const ask = (more: Omit<Query, "from" | "to" | "tz">) => queryOf(own, more);
  const over = (...measures: string[]) => ask({ measures, interval: "auto" });
  return {
    used: ask({ measures: ["charge", "calls"], interval: "auto", compare: compareOf(address) ?? "previous" }),
    month: queryOf({ ...own, from: "now/M", to: "now" }, { measures: ["charge"], interval: "day" }),
    time: ask({ measures: [split.measure], by: [{ dim: split.dim, top: 7, order: split.measure }], interval: "auto" }),
    configurations: ask({ measures: ["charge", "calls", "charge_per_conversation"], by: [{ dim: "assistant", top: 5, order: "charge" }, { dim: "assistant_version", top: 3, order: "charge" }] }),
    users: ask({ measures: ["charge", "calls"], by: [{ dim: "user", top: 20, order: "charge" }] }),
    conversations: over("conversations", "resolved", "outcomes", "feedback", "feedback_negative", "negative_share"),
    per: over("charge_per_conversation", "tokens_per_conversation"),
    latency: over("latency_ms.p50", "latency_ms.p95"),
    errors: over("error_share", "errors", "steps"),
    days: ask({ measures: ["charge", "calls", "tokens", "pending_calls"], interval: "day" }),
  };
}
