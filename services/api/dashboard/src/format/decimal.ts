/** Exact sums of decimal texts: numbers of JavaScript would lose the last digits of money. */

interface Scaled {
  digits: bigint;
  scale: number;
}

function parse(text: string): Scaled {
  const [mantissa = "0", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

function print({ digits, scale }: Scaled): string {
  const sign = digits < 0n ? "-" : "";
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  const whole = text.slice(0, text.length - scale);
  const fraction = text.slice(text.length - scale).replace(/0+$/, "");
  return sign + whole + (fraction && `.${fraction}`);
}

export function sum(values: readonly string[]): string {
  const parts = values.map(parse);
  const scale = Math.max(0, ...parts.map((part) => part.scale));
  const digits = parts.reduce((all, part) => all + part.digits * 10n ** BigInt(scale - part.scale), 0n);
  return print({ digits, scale });
}

export function negate(value: string): string {
  const { digits, scale } = parse(value);
  return print({ digits: -digits, scale });
}

export function subtract(a: string, b: string): string {
  return sum([a, negate(b)]);
}

export function isZero(value: string): boolean {
  return parse(value).digits === 0n;
}

/** Without exponent and trailing zeros. */
export function plain(value: string): string {
  return print(parse(value));
}
