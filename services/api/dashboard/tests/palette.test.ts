/** The palette's promise is this test, not its hexes. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { contrast } from "~/pages/org/brand";

import { SEEN, distance, lab } from "./colour";

const css = readFileSync(fileURLToPath(new URL("../src/styles/base.css", import.meta.url)), "utf8");

function token(name: string): [string, string] {
  const found = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css);
  if (!found?.[1] || !found[2]) throw new Error(`no token ${name}`);
  return [found[1], found[2]];
}

const HUES = Array.from({ length: 7 }, (_, index) => token(`s${index}`));
const THEMES = [["light", 0], ["dark", 1]] as const;

describe.each(THEMES)("%s", (_, theme) => {
  const surface = token("surface")[theme];

  it("marks stand out from the card by 3:1", () => {
    for (const hue of [...HUES, token("other")]) expect(contrast(hue[theme], surface)).toBeGreaterThanOrEqual(3);
  });

  it.each(["ink", "ink-2", "ink-3", "accent", "good", "warn", "bad"])("text in %s is read by 4.5:1 on every ground", (name) => {
    for (const ground of ["surface", "page", "raised", "sunken"]) {
      expect(contrast(token(name)[theme], token(ground)[theme]), ground).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(["good", "warn", "bad"])("%s is read on its own soft ground", (name) => {
    expect(contrast(token(name)[theme], token(`${name}-soft`)[theme])).toBeGreaterThanOrEqual(4.5);
  });

  it.each([["normal", 20], ["deutan", 14], ["protan", 14], ["tritan", 9]] as const)("hues are told apart with %s sight", (sight, least) => {
    const seen = SEEN[sight] ?? [];
    const points = HUES.map((hue) => lab(hue[theme], seen));
    for (const [index, one] of points.entries()) {
      for (const other of points.slice(index + 1)) expect(distance(one, other)).toBeGreaterThanOrEqual(least);
    }
  });
});

describe("the distance itself", () => {
  it("is that of the published test data", () => {
    expect(distance([50, 2.6772, -79.7751], [50, 0, -82.7485])).toBeCloseTo(2.0425, 3);
    expect(distance([22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619])).toBeCloseTo(2.0373, 3);
  });
});
