import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";

import type { Query, Where } from "~/api/types";

import { type Address, type Filter, type Search, defaults, filterText, readAddress, whereOf, withFilter, writeAddress } from "./address";
import { resolve, wallNow } from "./range";

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The state that every page shares, from the address, and how it changes. */
export function useAddress() {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  return useMemo(() => {
    const base = defaults(HERE);
    const { address, problems } = readAddress(search, base);
    const merged = (part: Partial<Address>, own: Search = {}) => writeAddress({ ...address, ...part }, base, { ...search, ...own });
    return {
      address,
      problems,
      search,
      /** The search of a link that keeps everything and changes this. */
      linked: merged,
      /** For links to another page: the shared state without this page's own parameters. */
      carried: (part: Partial<Address> = {}, own: Search = {}) => writeAddress({ ...address, ...part }, base, own),
      change: (part: Partial<Address>, own: Search = {}) => {
        void navigate({ to: ".", search: merged(part, own) });
      },
    };
  }, [search, navigate]);
}

/** The address with absolute times and its zone: what "Copy link" writes. */
export function absolute(address: Address, now: Date): Address {
  const at = wallNow(now, address.tz);
  return { ...address, from: resolve(address.from, at), to: resolve(address.to, at) };
}

/** A question over the page's range, zone, currency and filters. */
export function queryOf(address: Address, more: Omit<Query, "from" | "to" | "tz">): Query {
  return {
    ...more,
    where: [...whereOf(address.filters), ...(more.where ?? [])],
    from: address.from,
    to: address.to,
    tz: address.tz,
    currency: address.currency,
  };
}

export function compareOf(address: Address): string | null {
  return address.cmp === "none" ? null : address.cmp;
}

/** Conditions as the API echoes them; a null among the values is "no value". */
function filterOf(where: Where): Filter {
  const values: (string | null)[] = where.in ?? where.not_in ?? [];
  if (values.length === 1 && values[0] === null) return { dim: where.dim, not: where.in === undefined, values: [] };
  if (where.is_null !== undefined) return { dim: where.dim, not: !where.is_null, values: [] };
  return { dim: where.dim, not: where.in === undefined, values: where.in ?? where.not_in ?? [] };
}

/** The state of a card whose question has conditions of its own, as an org's page has: links keep them. */
export function within(address: Address, query: Query | undefined): Address {
  const known = new Set(address.filters.map(filterText));
  const added = (query?.where ?? []).map(filterOf).filter((one) => !known.has(filterText(one)));
  return added.length ? { ...address, filters: added.reduce(withFilter, address.filters) } : address;
}

export interface Drill {
  where?: Where[];
  bucket?: { start: string; end: string };
}

/** What a mark stands for, as state: every filter, and the whole bucket `[start, end)`. */
export function drilled(address: Address, { where = [], bucket }: Drill): Partial<Address> {
  const filters = where.map(filterOf).reduce(withFilter, address.filters);
  return bucket ? { filters, from: bucket.start.slice(0, 16), to: bucket.end.slice(0, 16) } : { filters };
}
