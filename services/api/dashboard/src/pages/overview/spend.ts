import { queryString } from "~/api/client";
import { type Address, filterText } from "~/state/address";
import { queryOf } from "~/state/useAddress";

export interface Spend {
  /** What the month will end at, with a band of 80 %; without a value, why not. */
  projection: { value: string | null; low: string | null; high: string | null; reason: string | null };
}

const TYPED = ["org", "user", "provider", "model", "operation", "feature", "assistant", "assistant_version", "environment"];

/** Filters of the page that the typed endpoints cannot apply: their cards say so. */
export function unapplied(address: Address): string[] {
  return address.filters.filter((one) => one.not || !TYPED.includes(one.dim)).map(filterText);
}

/** A typed endpoint over the page's range; filters that only include become parameters. */
export function typedPath(path: string, address: Address, more: Record<string, string | undefined> = {}): string {
  const { from, to, tz, currency, where = [] } = queryOf(address, { measures: [] });
  const included = where.flatMap((one) => (TYPED.includes(one.dim) && (one.in || one.is_null) ? [[one.dim, one.in ?? [""]] as const] : []));
  return path + queryString({ from, to, tz, currency, ...Object.fromEntries(included), ...more });
}

export function spendPath(address: Address): string {
  return typedPath("/v1/spend", address);
}
