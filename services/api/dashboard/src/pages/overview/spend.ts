import { queryString } from "~/api/client";
import { type Address, DIMENSIONS, filterText } from "~/state/address";
import { queryOf } from "~/state/useAddress";

export interface Spend {
  /** What the month will end at, with a band of 80 %; without a value, why not. */
  projection: { value: string | null; low: string | null; high: string | null; reason: string | null };
}

/** Filters of the page that an endpoint cannot apply: its card says so. */
export function unapplied(address: Address, dims: readonly string[] = DIMENSIONS): string[] {
  return address.filters.filter((one) => !dims.includes(one.dim)).map(filterText);
}

/** A typed endpoint over the page's range, with the filters it can apply. */
export function typedPath(path: string, address: Address, more: Record<string, string | undefined> = {}, dims: readonly string[] = DIMENSIONS): string {
  const { from, to, tz, currency, where = [] } = queryOf(address, { measures: [] });
  const applied = where.filter((one) => dims.includes(one.dim)).map((one) => JSON.stringify(one));
  return path + queryString({ from, to, tz, currency, where: applied, ...more });
}

export function spendPath(address: Address): string {
  return typedPath("/v1/spend", address);
}
