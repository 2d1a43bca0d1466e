import { queryString } from "~/api/client";
import { type Address } from "~/state/address";
import { queryOf } from "~/state/useAddress";

export interface Spend {
  projection: { value: string; low: string; high: string } | null;
  projection_reason?: string | null;
}

/** A typed endpoint over the page's range; filters that only include become parameters. */
export function typedPath(path: string, address: Address, more: Record<string, string | undefined> = {}): string {
  const { from, to, tz, currency, where = [] } = queryOf(address, { measures: [] });
  const included = where.flatMap((one) => (one.in ? [[one.dim, one.in] as const] : []));
  return path + queryString({ from, to, tz, currency, ...Object.fromEntries(included), ...more });
}

export function spendPath(address: Address): string {
  return typedPath("/v1/spend", address);
}
