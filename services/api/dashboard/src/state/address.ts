/** The address is the whole state of a page: read, checked, written. Pure. */
import type { Where } from "~/api/types";

import { isTime } from "./range";

export interface Filter {
  dim: string;
  not: boolean;
  /** Empty: the value is missing (`f=user:`). */
  values: string[];
}

export interface Address {
  from: string;
  to: string;
  tz: string;
  cmp: string;
  by: string;
  currency: string;
  filters: Filter[];
}

export type Search = Record<string, string | string[]>;

const NAMES = ["from", "to", "tz", "cmp", "by", "currency"] as const;
const SHARED: string[] = [...NAMES, "f"];
export const COMPARES = ["previous", "week", "year"];
export const DIMENSIONS = [
  "org", "user", "provider", "model", "operation", "feature", "assistant", "assistant_version", "environment", "status",
];
/** What a chart may be cut by; some of it cannot be a filter of every measure. */
export const CUTS = [...DIMENSIONS, "token_category"];

export function defaults(tz: string): Address {
  return { from: "now-29d/d", to: "now", tz, cmp: "previous", by: "model", currency: "USD", filters: [] };
}

function escape(value: string): string {
  return value.replace(/[%,]/g, (mark) => (mark === "%" ? "%25" : "%2C"));
}

function unescape(value: string): string {
  return value.replace(/%2C/g, ",").replace(/%25/g, "%");
}

export function filterText({ dim, not, values }: Filter): string {
  return `${not ? "!" : ""}${dim}:${values.map(escape).join(",")}`;
}

export function parseFilter(text: string): Filter | null {
  const match = /^(!?)([a-z_]+):(.*)$/s.exec(text);
  if (!match) return null;
  const [, not, dim = "", rest = ""] = match;
  return { dim, not: not === "!", values: rest === "" ? [] : rest.split(",").map(unescape) };
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function list(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** State and, in words, what of the address could not be used; it is named, never replaced silently. */
export function readAddress(search: Search, base: Address): { address: Address; problems: string[] } {
  const problems: string[] = [];
  const take = (name: string, fallback: string, isGood: (text: string) => boolean, hint: string) => {
    const given = list(search[name])[0];
    if (given === undefined || isGood(given)) return given ?? fallback;
    problems.push(`${name}=${given} cannot be used (${hint}); ${fallback || "none"} is shown`);
    return fallback;
  };
  const address = {
    from: take("from", base.from, isTime, "e.g. now-7d/d or 2026-11-15T00:00"),
    to: take("to", base.to, isTime, "e.g. now or 2026-11-22T00:00"),
    tz: take("tz", base.tz, isZone, "an IANA zone such as Europe/Berlin"),
    cmp: take("cmp", base.cmp, (text) => text === "none" || COMPARES.includes(text), `one of none, ${COMPARES.join(", ")}`),
    by: take("by", base.by, (text) => CUTS.includes(text), `one of ${CUTS.join(", ")}`),
    currency: take("currency", base.currency, (text) => /^[A-Z]{3}$/.test(text), "e.g. USD"),
    filters: list(search.f).flatMap((text) => {
      const filter = parseFilter(text);
      if (!filter) problems.push(`f=${text} cannot be used (e.g. f=org:acme or f=!environment:test)`);
      return filter ? [filter] : [];
    }),
  };
  return { address, problems };
}

/** What differs from the defaults; the rest of the search (a page's own parameters) is kept. */
export function writeAddress(address: Address, base: Address, rest: Search = {}): Search {
  const own = Object.entries(rest).filter(([name]) => !SHARED.includes(name));
  const changed = NAMES.filter((name) => address[name] !== base[name]).map((name) => [name, address[name]]);
  const filters = address.filters.length ? [["f", address.filters.map(filterText)]] : [];
  return Object.fromEntries([...own, ...changed, ...filters]) as Search;
}

export function whereOf(filters: readonly Filter[]): Where[] {
  return filters.map(({ dim, not, values }) => {
    if (!values.length) return { dim, is_null: !not };
    return not ? { dim, not_in: values } : { dim, in: values };
  });
}

/** With one more condition; an equal dimension's inclusive filter is narrowed to it. */
export function withFilter(filters: readonly Filter[], added: Filter): Filter[] {
  const kept = filters.filter((one) => one.dim !== added.dim || (added.not && filterText(one) !== filterText(added)));
  return [...kept, added];
}

export function parseSearch(text: string): Search {
  const search: Search = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const known = search[name];
    if (name === "f") search.f = [...list(known), value];
    else search[name] = value;
  }
  return search;
}

/** Readable: `:`, `,`, `/` and `!` stay as they are. */
export function writeSearch(search: Search): string {
  const parts = Object.entries(search).flatMap(([name, value]) =>
    list(value).map((one) => `${name}=${encodeURIComponent(one).replace(/%(3A|2C|2F|21)/g, (mark) => decodeURIComponent(mark))}`),
  );
  return parts.length ? `?${parts.join("&")}` : "";
}
