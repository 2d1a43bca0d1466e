/** Sizes of what `make dashboard` built, as gzip -9: a page must not grow without anyone noticing. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { describe, expect, it } from "vitest";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const KB = 1_000;
const FIRST_PAGE_MAX = 230 * KB;
const CHUNK_MAX = 40 * KB;
const CSS_MAX = 15 * KB;

interface Chunk {
  file: string;
  isEntry?: boolean;
  imports?: string[];
}

function size(file: string): number {
  return gzipSync(readFileSync(DIST + file), { level: 9 }).length;
}

describe.runIf(existsSync(`${DIST}.vite/manifest.json`))("the build", () => {
  const manifest = existsSync(DIST) ? (JSON.parse(readFileSync(`${DIST}.vite/manifest.json`, "utf8")) as Record<string, Chunk>) : {};
  const closure = (name: string, seen = new Set<string>()): Set<string> => {
    const chunk = manifest[name];
    if (!chunk || seen.has(chunk.file)) return seen;
    seen.add(chunk.file);
    for (const next of chunk.imports ?? []) closure(next, seen);
    return seen;
  };
  const entry = Object.keys(manifest).find((name) => manifest[name]?.isEntry) ?? "";
  const first = closure("src/pages/overview/Overview.tsx", closure(entry));

  it("loads the first page with at most 230 kB of script", () => {
    expect(first.size).toBeGreaterThan(1);
    const total = [...first].reduce((sum, file) => sum + size(file), 0);
    expect(total).toBeLessThanOrEqual(FIRST_PAGE_MAX);
  });

  it("has no other chunk above 40 kB", () => {
    const others = readdirSync(`${DIST}assets`).map((name) => `assets/${name}`).filter((file) => file.endsWith(".js") && !first.has(file));
    expect(others.length).toBeGreaterThan(0);
    for (const file of others) expect(size(file), file).toBeLessThanOrEqual(CHUNK_MAX);
  });

  it("has at most 15 kB of styles", () => {
    const styles = readdirSync(`${DIST}assets`).filter((name) => name.endsWith(".css"));
    expect(styles.reduce((sum, name) => sum + size(`assets/${name}`), 0)).toBeLessThanOrEqual(CSS_MAX);
  });

  it("takes nothing from elsewhere", () => {
    const html = readFileSync(`${DIST}index.html`, "utf8");
    expect([...html.matchAll(/(?:src|href)="([^"]+)"/g)].every((found) => found[1]?.startsWith("/"))).toBe(true);
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)/);
  });
});

describe("the lock", () => {
  it("carries no registry's address and pins every version", () => {
    const root = fileURLToPath(new URL("../", import.meta.url));
    expect(readFileSync(`${root}package-lock.json`, "utf8")).not.toContain('"resolved"');
    const { dependencies, devDependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as Record<string, Record<string, string>>;
    for (const version of Object.values({ ...dependencies, ...devDependencies })) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
