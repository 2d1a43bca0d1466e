/** A customer's own colours and logo, checked: the page is theirs, its rules stay ours. Pure. */
import type { CSSProperties } from "react";

const HEX = /^#[0-9a-f]{6}$/i;
const LOGO = /^data:image\/png;base64,[A-Za-z0-9+/]+=*$/;
const LOGO_CHARACTERS_MAX = 100_000;
const CONTRAST_MIN = 4.5;
const SURFACES = { light: "#ffffff", dark: "#15181e" };

function luminance(hex: string): number {
  const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(one: string, other: string): number {
  const [a = 0, b = 0] = [luminance(one), luminance(other)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}

/** Why a colour cannot be used on the light or the dark ground; null where it can. */
export function colourFlaw(value: string, ground: keyof typeof SURFACES): string | null {
  if (!HEX.test(value)) return "Six hexadecimal digits such as #0a4d2c are needed.";
  const found = contrast(value, SURFACES[ground]);
  return found >= CONTRAST_MIN ? null : `Cannot be read on the ${ground} ground: its contrast is ${(Math.floor(found * 10) / 10).toFixed(1)}, ${CONTRAST_MIN} is needed.`;
}

/** Why a logo cannot be used; null where it can. */
export function logoFlaw(value: string): string | null {
  if (!LOGO.test(value)) return "A PNG is needed.";
  return value.length <= LOGO_CHARACTERS_MAX ? null : "At most 75 kB are allowed.";
}

function colour(value: string | undefined, ground: keyof typeof SURFACES): string | null {
  return value && colourFlaw(value, ground) === null ? value : null;
}

export interface Brand {
  style: CSSProperties;
  logo: string | null;
}

/** From `metadata` of the org's record: brand_light, brand_dark, brand_logo; what cannot be read on its ground is left out. */
export function brandOf(metadata: Record<string, string>): Brand {
  const [light, dark] = [colour(metadata.brand_light, "light"), colour(metadata.brand_dark, "dark")];
  const logo = metadata.brand_logo;
  const style = light && dark ? ({ "--accent": `light-dark(${light}, ${dark})` } as CSSProperties) : {};
  return { style, logo: logo !== undefined && logoFlaw(logo) === null ? logo : null };
}
