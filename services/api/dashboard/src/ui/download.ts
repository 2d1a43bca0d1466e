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
