import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useRef, useState } from "react";

import type { Result } from "~/api/hooks";
import type { Answer } from "~/api/types";
import { Lines } from "~/marks/Lines";
import { StackedBars } from "~/marks/StackedBars";
import { type Chart, type Series, prepare, prepareMeasures } from "~/marks/prepare";
import type { Search } from "~/state/address";
import { drilled, useAddress, within } from "~/state/useAddress";

import { Card, type CardProps } from "./Card";
import { CardMenu } from "./CardMenu";
import { Icon } from "./Icon";
import { Legend } from "./Legend";
import { NothingHere } from "./NothingHere";
import { Pending } from "./Pending";
import { TableView } from "./TableView";
import { chartRows, savePng } from "./download";
import style from "./ui.module.css";

export interface ChartCardProps extends Omit<CardProps, "children" | "problem" | "isLoading" | "isStale" | "actions" | "figure"> {
  result: Result;
  mark: "bars" | "lines";
  /** The measure, cut by `dim`; or several measures of the total. */
  measures: [string, ...string[]];
  dim?: string;
  height?: number;
  /** The legend as a list beside the chart. */
  isWide?: boolean;
  controls?: ReactNode;
  figure?: (answer: Answer) => ReactNode;
}

function chartOf(answer: Answer, measures: ChartCardProps["measures"], dim: string | undefined): Chart {
  return measures.length > 1 ? prepareMeasures(answer, measures) : prepare(answer, { measure: measures[0], ...(dim ? { dim } : {}) });
}

/** Whether the range holds nothing at all. */
export function isEmpty(chart: Chart): boolean {
  return chart.series.concat(chart.total).every((one) => !Number(one.total) && one.exact.every((value) => !Number(value)));
}

/** A question's answer as a chart, with everything a chart owes its reader. */
export function ChartCard({ result, mark, measures, dim, height, isWide = false, controls, figure, ...card }: ChartCardProps) {
  const { address: shown, carried } = useAddress();
  const address = within(shown, result.answer?.query);
  const navigate = useNavigate();
  const [isTable, setIsTable] = useState(false);
  const [strong, setStrong] = useState<string | null>(null);
  const body = useRef<HTMLDivElement>(null);
  const chart = result.answer && chartOf(result.answer, measures, dim);
  const explore: Search = { m: measures[0], ...(dim ? { by: dim } : {}) };
  const linkOf = (one: Series) => ({ to: "/explore", search: carried(drilled(address, { where: one.where }), explore) });
  const pick = (index: number) => {
    const bucket = chart?.buckets[index];
    if (bucket) void navigate({ to: "/explore", search: carried(drilled(address, { bucket }), explore) });
  };
  const png = { key: "png", label: "Download PNG", isDisabled: !chart || isTable, onSelect: () => {
    const svg = body.current?.querySelector<SVGSVGElement>("svg[role=img]");
    if (svg) void savePng(svg, card.id);
  } };
  const isBlank = chart && isEmpty(chart) && !result.answer?.completeness.pending_calls;
  const Mark = mark === "bars" ? StackedBars : Lines;
  return (
    <Card {...card} problem={result.problem} isLoading={result.isLoading} isStale={result.isStale}
      figure={result.answer && figure?.(result.answer)}
      actions={
        <>
          {controls}
          <button className={style.iconButton} aria-label={isTable ? "Show as chart" : "Show as table"} data-table-toggle="" onClick={() => setIsTable(!isTable)}>
            <Icon name={isTable ? "chart" : "table"} />
          </button>
          <CardMenu id={card.id} answer={result.answer} dim={dim} measures={measures} rows={chart && (() => chartRows(chart))} more={[png]} />
        </>
      }>
      {isBlank && <NothingHere />}
      {chart && !isBlank && (
        <div className={isWide ? style.wide : undefined} ref={body}>
          {isTable ? <TableView chart={chart} /> : <Mark chart={chart} strong={strong} onPick={pick} {...(height ? { height } : {})} />}
          <div>
            {(chart.series.length > 0) && <Legend chart={chart} isList={isWide} onStrong={setStrong} linkOf={dim ? linkOf : undefined} />}
            {result.answer && chart.measure.kind === "money" && <Pending completeness={result.answer.completeness} currency={chart.currency} />}
          </div>
        </div>
      )}
    </Card>
  );
}
