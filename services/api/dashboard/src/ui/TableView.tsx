import { showColumn, showExact } from "~/format/measures";
import type { Chart } from "~/marks/prepare";

import style from "./ui.module.css";

/** The same chart as a real table: a row for each bucket, a column for each series. */
export function TableView({ chart }: { chart: Chart }) {
  const isOwn = chart.series.includes(chart.total);
  const columns = isOwn ? chart.series : [...chart.series, chart.total];
  const texts = columns.map((one) => showColumn(one.exact, one.measure, chart.currency));
  const pending = chart.total.pending.some(Boolean);
  return (
    <div className={style.scroll} tabIndex={0} role="region" aria-label="Table of the chart">
      <table className={style.table}>
        <thead>
          <tr>
            <th scope="col">{chart.step === "day" ? "Day" : "From"}</th>
            {columns.map((one) => <th scope="col" key={one.key}>{one.label}</th>)}
            {pending && <th scope="col">Pending calls</th>}
          </tr>
        </thead>
        <tbody>
          {chart.buckets.map((bucket, index) => (
            <tr key={bucket.start}>
              <th scope="row">{bucket.label}</th>
              {columns.map((one, column) => (
                <td key={one.key} title={showExact(one.exact[index], one.measure, chart.currency)}>{texts[column]?.[index]}</td>
              ))}
              {pending && <td>{(chart.total.pending[index] ?? 0).toLocaleString("en-US")}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
