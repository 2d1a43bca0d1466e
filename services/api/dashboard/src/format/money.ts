import { isZero, plain } from "./decimal";

/** `Intl` formats the text exactly to the last digit; a number would not be exact. */
type Text = Intl.StringNumericLiteral;

export const LOCALE = "en-US";
export const UNKNOWN = "—";
const DECIMALS_MAX = 6;

const made = new Map<string, Intl.NumberFormat>();

function formatter(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  const known = made.get(key) ?? new Intl.NumberFormat(LOCALE, options);
  made.set(key, known);
  return known;
}

function styled(currency: string, more: Intl.NumberFormatOptions): Intl.NumberFormat {
  return formatter({ style: "currency", currency, currencyDisplay: "narrowSymbol", ...more });
}

/** Every digit there is: for hover, focus and copy. */
export function exactMoney(value: string | null, currency: string): string {
  if (value === null) return "not known";
  const text = plain(value);
  const decimals = text.split(".")[1]?.length ?? 0;
  const digits = { minimumFractionDigits: Math.max(2, decimals), maximumFractionDigits: Math.max(2, decimals) };
  return styled(currency, digits).format(text as Text);
}

/** One amount: 2 decimals from 1 on, 3 significant digits below, never a zero that is none. */
export function money(value: string | null, currency: string): string {
  if (value === null) return UNKNOWN;
  if (isZero(value) || Math.abs(Number(value)) >= 0.995) {
    return styled(currency, { maximumFractionDigits: 2, minimumFractionDigits: 2 }).format(value as Text);
  }
  const decimals = 2 - Math.floor(Math.log10(Math.abs(Number(value))));
  return styled(currency, { minimumFractionDigits: 2, maximumFractionDigits: Math.min(100, decimals) }).format(value as Text);
}

/** For tiles and axes: compact from a million (tiles) or from ten thousand (axes) on. */
export function compactMoney(value: string | null, currency: string, from = 1e6): string {
  if (value === null || Math.abs(Number(value)) < from) return money(value, currency);
  return styled(currency, { notation: "compact", maximumSignificantDigits: 4 }).format(value as Text);
}

/** With its sign, for changes. */
export function signedMoney(value: string, currency: string): string {
  const sign = isZero(value) ? "±" : value.startsWith("-") ? "−" : "+";
  return sign + money(value.replace(/^-/, ""), currency);
}

function decimalsOf(value: string): number {
  const size = Math.abs(Number(value));
  return size === 0 || size >= 1 ? 2 : Math.min(DECIMALS_MAX, 2 - Math.floor(Math.log10(size)));
}

/** One precision for a column: that of its smallest amount, at most 6 decimals, then "<". */
export function moneyColumn(values: readonly (string | null)[], currency: string): string[] {
  const known = values.filter((value) => value !== null);
  const large = known.some((value) => Math.abs(Number(value)) >= 1);
  const decimals = large ? 2 : Math.max(2, ...known.map(decimalsOf));
  const least = 10 ** -decimals;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return values.map((value) => {
    if (value === null) return UNKNOWN;
    const size = Math.abs(Number(value));
    if (size > 0 && size < least) return `<${styled(currency, digits).format(least)}`;
    return styled(currency, digits).format(value as Text);
  });
}
