import { Link } from "@tanstack/react-router";

import type { Answer, Value } from "~/api/types";
import { measure, percent, showColumn, showExact } from "~/format/measures";
import { UNKNOWN } from "~/format/money";
import type { Search } from "~/state/address";

import type { BarRow } from "./BarTable";
import { type Series, prepare } from "./prepare";

export interface Asked {
  dim: string;
  measure: string;
  linkOf?: (one: Series) => { to: string; search: Search };
  /** Further measures as columns. */
  extra?: string[];
  isColoured?: boolean;
}

function pendingOf(one: Series): number {
  return one.pending.reduce((sum, count) => sum + count, 0);
}

/** The members of an answer as rows with their share of the API's own total; Other and total last. */
export function barRows(answer: Answer, { dim, measure: name, linkOf, extra = [], isColoured = false }: Asked): { rows: BarRow[]; total: BarRow } {
  const chart = prepare(answer, { dim, measure: name });
  const all = [...chart.series, chart.total];
  const sums = [...answer.groups, ...(answer.other ? [answer.other] : []), answer.total];
  const texts = showColumn(all.map((one) => one.total), chart.measure, chart.currency);
  const whole = Number(chart.total.total);
  const cells = extra.map((other) => showColumn(sums.map((one): Value => one.total[other] ?? null), measure(other), chart.currency));
  const rows = all.map((one, index): BarRow => {
    const link = one === chart.total ? undefined : linkOf?.(one);
    const share = chart.measure.additive && whole > 0 ? [one.total === null ? UNKNOWN : percent(Number(one.total) / whole)] : [];
    return {
      key: one.key,
      label: link ? <Link to={link.to} search={link.search} title={one.label}>{one.label}</Link> : one.label,
      ...(isColoured || one.colour.slot === "other" ? { colour: one.colour } : {}),
      size: one.total === null ? null : Number(one.total),
      text: texts[index] ?? "",
      exact: showExact(one.total, one.measure, chart.currency),
      cells: [...share, ...cells.map((column) => column[index])],
      pending: pendingOf(one),
    };
  });
  const total = rows.pop();
  if (!total) throw new Error("an answer has a total");
  return { rows, total };
}
