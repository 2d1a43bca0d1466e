/** Price records as a person writes and reads them. Pure. */
export interface Rate {
  price: string;
  per: number;
}

export interface BookRecord {
  kind: string;
  scope?: string;
  provider?: string;
  model?: string;
  effective_from?: string;
  effective_to?: string | null;
  currency?: string;
  status?: string;
  rates?: Record<string, Rate>;
  variants?: { id: string; when: unknown; rates: Record<string, Rate> }[];
  audit?: { published_by?: string; reason?: string };
  source?: { confidence?: string; url?: string };
  reference?: string;
  [name: string]: unknown;
}

export interface Version {
  key: string;
  position: number;
  published_at: string;
  record: BookRecord | null;
  is_deleted?: boolean;
}

export interface Fields {
  provider: string;
  model: string;
  scope: string;
  from: string;
  input: string;
  cacheRead: string;
  output: string;
  reason: string;
  isRetroactive: boolean;
}

const MILLION = 1_000_000;
const PRICE = /^(0|[1-9]\d{0,19})(\.\d{1,18})?$/;

/** The record, or in words what is missing. A price left empty is unknown, never zero. */
export function recordOf(fields: Fields): BookRecord | string {
  const given = ([["input", fields.input], ["cache_read", fields.cacheRead], ["output", fields.output]] as const).filter(([, price]) => price.trim() !== "");
  if (!fields.provider.trim() || !fields.model.trim()) return "Provider and model are needed.";
  if (!given.length) return "At least one price is needed; what is left empty stays unknown.";
  const wrong = given.find(([, price]) => !PRICE.test(price.trim()));
  if (wrong) return `${wrong[0]}: ${wrong[1]} is not a decimal such as 2.50`;
  const from = Date.parse(`${fields.from}Z`); // the form says UTC; a browser would take its own zone
  if (Number.isNaN(from)) return "The instant from which it is in force is needed.";
  return {
    kind: "price",
    scope: fields.scope.trim() ? `org:${fields.scope.trim()}` : "*",
    provider: fields.provider.trim(),
    model: fields.model.trim(),
    effective_from: new Date(from).toISOString().replace(/\.000Z$/, "Z"),
    rates: Object.fromEntries(given.map(([name, price]) => [name, { price: price.trim(), per: MILLION }])),
    ...(fields.isRetroactive ? { reprice: "retroactive" } : {}),
    ...(fields.reason.trim() ? { audit: { reason: fields.reason.trim() } } : {}),
  };
}

const UNITS: Record<number, string> = { 1: "each", 1000: "per 1K", [MILLION]: "per 1M", 60: "per minute", 3600: "per hour" };

/** "2.50 per 1M". */
export function rateText(rate: Rate): string {
  return `${rate.price} ${UNITS[rate.per] ?? `per ${rate.per.toLocaleString("en-US")}`}`;
}

export function rateOf(record: BookRecord | null, name: string): string {
  const rate = record?.rates?.[name];
  return rate ? rateText(rate) : "—";
}

export interface Difference {
  name: string;
  before: string;
  after: string;
}

/** What a version changed of the one before it. */
export function differences(before: BookRecord | null, after: BookRecord | null): Difference[] {
  const names = new Set([...Object.keys(before?.rates ?? {}), ...Object.keys(after?.rates ?? {})]);
  return [...names].sort().flatMap((name) => {
    const [old, next] = [rateOf(before, name), rateOf(after, name)];
    return old === next ? [] : [{ name, before: old, after: next }];
  });
}
