/** What the Conversations page asks, from the address. Pure. */
import { queryString } from "~/api/client";
import { type Address, type Filter, type Search, whereOf } from "~/state/address";
import { resolve, wallNow } from "~/state/range";

export const SUBJECTS = [["conversations", "Conversations"], ["traces", "Traces"]] as const;
export const ORDERS = [["cost", "Dearest"], ["recent", "Newest"], ["duration", "Longest"]] as const;
export const STATUSES = [["", "Any status"], ["error", "With an error"], ["pending", "With a pending call"], ["ok", "Without an error"]] as const;
export const LIMIT = 50;

export interface Asked {
  subject: string;
  order: string;
  status: string;
  text: string;
  least: string;
}

function one(search: Search, name: string): string {
  const value = search[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

function among(value: string, options: readonly (readonly [string, string])[]): string {
  return options.some(([key]) => key === value) ? value : (options[0]?.[0] ?? "");
}

export function readAsked(search: Search): Asked {
  const least = one(search, "min");
  return {
    subject: among(one(search, "show"), SUBJECTS),
    order: among(one(search, "order"), ORDERS),
    status: among(one(search, "status"), STATUSES),
    text: one(search, "q").slice(0, 200),
    least: /^\d{1,20}(\.\d{1,18})?$/.test(least) ? least : "",
  };
}

/** What a step has several of cannot be searched by; it is named rather than dropped in silence. */
export function unusable(address: Address): string[] {
  return address.filters.filter((filter) => filter.dim === "token_category").map((filter) => `${filter.not ? "not " : ""}${filter.dim}`);
}

export function searchPath(address: Address, asked: Asked, now: Date, cursor = ""): string {
  const at = wallNow(now, address.tz);
  const isStatus = (filter: Filter) => filter.dim === "status" && !filter.not;
  const filters = address.filters.filter((filter) => filter.dim !== "token_category" && !isStatus(filter));
  const named = address.filters.find(isStatus)?.values[0];
  return `/v1/${asked.subject}` + queryString({
    from: resolve(address.from, at), to: resolve(address.to, at), tz: address.tz, currency: address.currency,
    where: whereOf(filters).map((one) => JSON.stringify(one)),
    status: asked.status === "" ? named : asked.status,
    text: asked.text || undefined,
    min_cost: asked.least || undefined,
    order: asked.order, cursor: cursor || undefined, limit: String(LIMIT),
  });
}
