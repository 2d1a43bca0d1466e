import { Link } from "@tanstack/react-router";

import { percent, showColumn, showExact } from "~/format/measures";
import { UNKNOWN } from "~/format/money";
import { Swatch } from "~/marks/Patterns";
import type { Chart, Series } from "~/marks/prepare";
import type { Search } from "~/state/address";

import style from "./ui.module.css";

export interface LegendProps {
  chart: Chart;
  /** Where a click on a member leads. */
  linkOf?: ((series: Series) => { to: string; search: Search }) | undefined;
  onStrong: (key: string | null) => void;
  isList?: boolean;
}

function Name({ one, linkOf }: { one: Series; linkOf?: LegendProps["linkOf"] }) {
  const link = linkOf?.(one);
  if (!link) return <span className={style.legendName}>{one.label}</span>;
  return <Link className={style.legendName} to={link.to} search={link.search} title={one.label}>{one.label}</Link>;
}

/** Members with their totals; the total is the API's own, never a sum of what is shown. */
export function Legend({ chart, linkOf, onStrong, isList = false }: LegendProps) {
  const total = chart.series.includes(chart.total) ? null : chart.total;
  const all = total ? [...chart.series, total] : chart.series;
  const texts = showColumn(all.map((one) => one.total), chart.measure, chart.currency);
  const whole = Number(chart.total.total);
  const isShare = total !== null && chart.measure.additive && whole > 0;
  return (
    <ul className={isList ? style.legendList : style.legend}>
      {all.map((one, index) => (
        <li key={one.key} data-member={one.key} data-total={one === total ? "" : undefined} onPointerEnter={() => onStrong(one === total ? null : one.key)} onPointerLeave={() => onStrong(null)}>
          {one !== total && <Swatch colour={one.colour} />}
          <Name one={one} linkOf={linkOf} />
          <span className={style.legendValue} title={showExact(one.total, one.measure, chart.currency)} data-value={String(one.total)}>{texts[index]}</span>
          {isShare && <span className={style.legendShare}>{one.total === null ? UNKNOWN : percent(Number(one.total) / whole)}</span>}
        </li>
      ))}
    </ul>
  );
}
