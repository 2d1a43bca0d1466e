/** An org's record in a form: read into fields, checked, merged back into what the registry holds. Pure. */
import { colourFlaw, logoFlaw } from "~/pages/org/brand";
import { isZone } from "~/state/address";

export interface OrgRecord {
  org_id: string;
  name?: string;
  plan?: string;
  currency?: string;
  timezone?: string;
  monthly_revenue?: Record<string, string>;
  monthly_budget?: string | null;
  metadata?: Record<string, string>;
  [name: string]: unknown;
}

export interface Fields {
  id: string;
  name: string;
  plan: string;
  currency: string;
  timezone: string;
  budget: string;
  light: string;
  dark: string;
  logo: string;
  /** By month, e.g. 2026-11; every month that the record has and those that were typed. */
  revenue: Record<string, string>;
}

export type FieldName = keyof Fields;
export type TextName = Exclude<FieldName, "revenue">;
export type Flaws = Partial<Record<FieldName, string>>;

const TEXT_MAX = 256;
const MONEY = /^(0|[1-9]\d{0,19})(\.\d{1,18})?$/;
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;
/** Where a field stands in the record, and in its metadata. */
const AT = { name: "name", plan: "plan", currency: "currency", timezone: "timezone", budget: "monthly_budget" } as const;
const BRAND = { light: "brand_light", dark: "brand_dark", logo: "brand_logo" } as const;
const NEW: OrgRecord = { org_id: "", currency: "USD", timezone: "UTC" };

export function isMonth(text: string): boolean {
  return MONTH.test(text);
}

/** The zones that may be chosen: those of the browser, and the one it leaves out. */
export function zones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}

type Places = Partial<Record<TextName, string>>;

function texts<Name extends TextName>(values: Record<string, unknown>, at: Record<Name, string>): Record<Name, string> {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return Object.fromEntries(Object.entries<string>(at).map(([name, place]) => [name, text(values[place])])) as Record<Name, string>;
}

export function fieldsOf(record: OrgRecord | null): Fields {
  const told = { ...NEW, ...record };
  return { id: told.org_id, ...texts(told, AT), ...texts(told.metadata ?? {}, BRAND), revenue: { ...told.monthly_revenue } };
}

/** Without the blanks around, currency and zone as they are spelt. */
export function tidied(form: Fields, known: readonly string[]): Fields {
  const trimmed = Object.fromEntries(Object.entries(form).map(([name, value]) => [name, typeof value === "string" ? value.trim() : value])) as unknown as Fields;
  const zone = trimmed.timezone.toLowerCase();
  return {
    ...trimmed,
    currency: trimmed.currency.toUpperCase(),
    timezone: known.find((one) => one.toLowerCase() === zone) ?? trimmed.timezone,
    revenue: Object.fromEntries(Object.entries(form.revenue).map(([month, amount]) => [month, amount.trim()])),
  };
}

function months(opened: Fields, form: Fields): string[] {
  const all = new Set([...Object.keys(opened.revenue), ...Object.keys(form.revenue)]);
  return [...all].filter((month) => (opened.revenue[month] ?? "") !== (form.revenue[month] ?? "")).sort();
}

function idFlaw(id: string): string {
  if (!id) return "An id is needed, as your events tell it: org_id.";
  if (id.includes("/")) return "An id with / cannot be addressed.";
  return id.length > TEXT_MAX ? `At most ${TEXT_MAX} characters.` : "";
}

function moneyFlaw(text: string): string {
  return text === "" || MONEY.test(text) ? "" : `${text} is not a decimal such as 490.00.`;
}

function revenueFlaw(opened: Fields, form: Fields): string {
  const wrong = months(opened, form).find((month) => !isMonth(month) || moneyFlaw(form.revenue[month] ?? ""));
  return wrong === undefined ? "" : `${wrong}: ${moneyFlaw(form.revenue[wrong] ?? "") || "not a month such as 2026-11."}`;
}

function brandFlaw(name: "light" | "dark", form: Fields): string {
  const other = name === "light" ? form.dark : form.light;
  if (!form[name]) return other ? "Needed, too: a brand has a colour for each ground." : "";
  return colourFlaw(form[name], name) ?? "";
}

function longFlaw(text: string): string {
  return text.length > TEXT_MAX ? `At most ${TEXT_MAX} characters.` : "";
}

const CHECKS: Record<TextName, (form: Fields) => string> = {
  id: (form) => idFlaw(form.id),
  name: (form) => longFlaw(form.name),
  plan: (form) => longFlaw(form.plan),
  currency: (form) => (/^[A-Z]{3}$/.test(form.currency) ? "" : "Three letters such as USD are needed."),
  timezone: (form) => (/^[A-Z]/i.test(form.timezone) && isZone(form.timezone) ? "" : "An IANA zone such as Europe/Berlin is needed."),
  budget: (form) => moneyFlaw(form.budget),
  light: (form) => brandFlaw("light", form),
  dark: (form) => brandFlaw("dark", form),
  logo: (form) => (form.logo ? logoFlaw(form.logo) ?? "" : ""),
};

/** What is wrong with what was typed; what stood there before is not judged. */
export function flawsOf(opened: Fields, form: Fields): Flaws {
  const isNew = opened.id === "";
  const changed = (Object.keys(CHECKS) as TextName[]).filter((name) => isNew || opened[name] !== form[name]);
  if (changed.includes("light") !== changed.includes("dark")) changed.push("light", "dark"); // a brand is both
  const found = changed.map((name) => [name, CHECKS[name](form)]);
  return Object.fromEntries([...found, ["revenue", revenueFlaw(opened, form)]].filter(([, flaw]) => flaw)) as Flaws;
}

/** `values` with what the form changed; an emptied field is left out. */
function changedIn(values: Record<string, unknown>, at: Places, changed: (name: TextName) => string | null): Record<string, unknown> {
  const all = { ...values };
  for (const [name, place] of Object.entries(at) as [TextName, string][]) {
    const value = changed(name);
    if (value) all[place] = value;
    else if (value !== null) Reflect.deleteProperty(all, place);
  }
  return all;
}

/** Leaves the field out where nothing is left in it. */
function part(name: "monthly_revenue" | "metadata", values: Record<string, unknown>): Partial<OrgRecord> {
  return Object.keys(values).length ? { [name]: values } : {};
}

/**
 * The whole record to publish: what was changed in the form, put into the record as it is read now. What the form does
 * not show, and what was left as it was, stays as somebody else may have published it meanwhile.
 */
export function merged(read: OrgRecord | null, opened: Fields, form: Fields): OrgRecord {
  const { monthly_revenue: revenue, metadata, ...rest } = read ?? { org_id: form.id };
  const changed = (name: TextName) => (read === null || opened[name] !== form[name] ? form[name] : null);
  const told = read === null ? Object.keys(form.revenue) : months(opened, form);
  const amounts = Object.fromEntries(told.map((month) => [month, form.revenue[month] ?? ""]));
  return {
    ...changedIn(rest, AT, changed),
    org_id: form.id,
    ...part("monthly_revenue", Object.fromEntries(Object.entries({ ...revenue, ...amounts }).filter(([, amount]) => amount !== ""))),
    ...part("metadata", changedIn(metadata ?? {}, BRAND, changed)),
  };
}

/** Which input a refused field of the API is; null for one that the form does not show. */
export function inputOf(field: string | undefined): FieldName | null {
  const [first = "", second = ""] = (field ?? "").split(".");
  if (first === "org_id") return "id";
  if (first === "monthly_revenue") return "revenue";
  const [among, name]: [Record<string, string>, string] = first === "metadata" ? [BRAND, second] : [AT, first];
  return (Object.keys(among).find((key) => among[key] === name) as FieldName | undefined) ?? null;
}

/** "2026-11": the month that it is in a zone; in UTC where the zone is unknown, as the API has it. */
export function monthIn(zone: string | undefined, now: Date): string {
  const timeZone = zone && isZone(zone) ? zone : "UTC";
  const parts = new Intl.DateTimeFormat("en-US", { timeZone, year: "numeric", month: "2-digit" }).formatToParts(now);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return `${of("year")}-${of("month")}`;
}

/** "12 more months are kept: 2025-11 to 2026-10." */
export function keptWords(revenue: Record<string, string>, month: string): string {
  const others = Object.keys(revenue).filter((one) => one !== month && revenue[one] !== "").sort();
  const [first, last] = [others[0], others[others.length - 1]];
  if (first === undefined || last === undefined) return "";
  return others.length === 1 ? `1 more month is kept: ${first}.` : `${others.length} more months are kept: ${first} to ${last}.`;
}
