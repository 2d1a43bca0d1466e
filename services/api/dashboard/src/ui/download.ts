import { fetched, queryString } from "~/api/client";
import { EMBED } from "~/api/embed";
import type { Query } from "~/api/types";
import { isExported } from "~/format/measures";
import type { Chart } from "~/marks/prepare";

/** Text that a spreadsheet would take for a formula is defused. */
export function cell(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? "" : String(value);
  const isNumber = /^-?\d+(\.\d+)?$/.test(text);
  const safe = !isNumber && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export function csv(rows: readonly (readonly (string | number | null | undefined)[])[]): string {
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** Exact values, one row for each bucket and a column for each series; totals last. */
export function chartRows(chart: Chart): (string | number | null)[][] {
  const all = chart.series.includes(chart.total) || !chart.series.length ? [chart.total] : [...chart.series, chart.total];
  const columns = chart.series.length && chart.series.includes(chart.total) ? chart.series : all;
  const head = ["start", "end", ...columns.map((one) => one.label), "pending calls"];
  const rows = chart.buckets.map((bucket, index) => [
    bucket.start, bucket.end, ...columns.map((one) => one.exact[index] ?? null), chart.total.pending[index] ?? 0,
  ]);
  return [head, ...rows, ["total", "", ...columns.map((one) => one.total), chart.total.pending.reduce((sum, count) => sum + count, 0)]];
}

function saved(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function saveCsv(rows: readonly (readonly (string | number | null | undefined)[])[], name: string): void {
  saved(new Blob([csv(rows)], { type: "text/csv" }), `${name}.csv`);
}

export function saveJson(value: unknown, name: string): void {
  saved(new Blob([JSON.stringify(value, null, 2)], { type: "application/json" }), `${name}.json`);
}

function base64url(text: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Where all rows of a question are told, not the shown alone; null where none of its measures is exported. */
export function exportPath(query: Query): string | null {
  const { from, to, tz, currency, interval, by = [], where = [] } = query;
  const measures = query.measures.filter(isExported);
  const asked = { measures, by: by.map(({ dim }) => ({ dim })), where, from, to, tz, currency, interval: interval ?? null };
  return measures.length ? `/v1/export${queryString({ format: "csv", q: base64url(JSON.stringify(asked)) })}` : null;
}

/** The calls of the range and filters themselves. */
export function callsPath(query: Query): string {
  const { from, to, tz, currency, where = [] } = query;
  const asked = { measures: ["calls"], where: where.filter(({ dim }) => dim !== "token_category"), from, to, tz, currency };
  return `/v1/export${queryString({ what: "calls", format: "csv", q: base64url(JSON.stringify(asked)) })}`;
}

/** The browser writes it as it comes; inside a customer's site, where there is no cookie, it is fetched first. */
export async function saveFrom(path: string, name: string): Promise<void> {
  if (EMBED === null) Object.assign(document.createElement("a"), { href: path, download: name }).click();
  else saved(await fetched(path), name);
}

const PAINT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "opacity", "font-size", "font-family"];

function painted(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [from, to] = [svg.querySelectorAll("*"), copy.querySelectorAll("*")];
  from.forEach((node, index) => {
    const computed = getComputedStyle(node);
    for (const name of PAINT) to[index]?.setAttribute(name, computed.getPropertyValue(name));
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(copy);
}

/** The chart as it stands on the page, at twice its size, on the card's ground. */
export async function savePng(svg: SVGSVGElement, name: string): Promise<void> {
  const { width, height } = svg.getBoundingClientRect();
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([painted(svg)], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: width * 2, height: height * 2 });
  const context = canvas.getContext("2d");
  if (!context) return;
  context.fillStyle = getComputedStyle(svg.closest("section") ?? document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (blob) saved(blob, `${name}.png`);
}
