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

function colour(value: string | undefined, surface: string): string | null {
  return value && HEX.test(value) && contrast(value, surface) >= CONTRAST_MIN ? value : null;
}

export interface Brand {
  style: CSSProperties;
  logo: string | null;
}

/** From `metadata` of the org's record: brand_light, brand_dark, brand_logo; what cannot be read on its ground is left out. */
export function brandOf(metadata: Record<string, string>): Brand {
  const [light, dark] = [colour(metadata.brand_light, SURFACES.light), colour(metadata.brand_dark, SURFACES.dark)];
  const logo = metadata.brand_logo;
  const isLogo = logo !== undefined && logo.length <= LOGO_CHARACTERS_MAX && LOGO.test(logo);
  const style = light && dark ? ({ "--accent": `light-dark(${light}, ${dark})` } as CSSProperties) : {};
  return { style, logo: isLogo ? logo : null };
}
