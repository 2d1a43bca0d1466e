import type { ReactNode } from "react";

import { Swatch, hueClass } from "./Patterns";
import style from "./marks.module.css";
import type { Colour } from "./prepare";

export interface BarRow {
  key: string;
  label: ReactNode;
  colour?: Colour;
  /** For the bar's length; negative ones grow to the left of a common zero. */
  size: number | null;
  text: string;
  exact: string;
  /** Further cells, one for each extra column. */
  cells?: ReactNode[];
  pending?: number;
}

export interface BarTableProps {
  caption: string;
  rows: BarRow[];
  total?: BarRow | undefined;
  columns?: string[];
  /** Of the amounts; with it all columns have their name above, and a narrow page scrolls them. */
  heading?: string | undefined;
  isPlain?: boolean;
}

/** Other is no member: its length would dwarf theirs, so it has figures only. */
function edges(rows: readonly BarRow[]): [number, number] {
  const sizes = rows.filter((row) => row.colour?.slot !== "other").map((row) => row.size ?? 0);
  return [Math.min(0, ...sizes), Math.max(0, ...sizes)];
}

function Bar({ row, low, high }: { row: BarRow; low: number; high: number }) {
  const span = high - low || 1;
  const size = row.size ?? 0;
  const from = ((Math.min(0, size) - low) / span) * 100;
  const colour = row.colour ? hueClass(row.colour) : size < 0 ? style.down : low < 0 ? style.up : style.hue0;
  return (
    <span className={`${style.track} ${colour ?? ""}`}>
      <span className={style.fill} style={{ left: `${from}%`, width: `${(Math.abs(size) / span) * 100}%` }} />
    </span>
  );
}

function Pending({ calls }: { calls: number | undefined }) {
  if (!calls) return null;
  return <span className={style.pending}>+{calls.toLocaleString("en-US")} pending </span>;
}

/** A real table whose middle column is a bar: ranks at a glance, figures beside. */
export function BarTable({ caption, rows, total, columns = [], heading, isPlain = false }: BarTableProps) {
  const [low, high] = edges(rows);
  const cells = (row: BarRow) => row.cells?.map((cell, index) => <td key={columns[index] ?? index} className={index === 0 ? style.share : undefined}>{cell}</td>);
  return (
    <div className={style.barsBox} {...(heading ? { tabIndex: 0, role: "region", "aria-label": caption, "data-headed": "" } : {})}>
    <table className={style.bars}>
      <caption className="hidden">{caption}</caption>
      {heading && <thead><tr><td /><td className={style.cell} /><th scope="col">{heading}</th>{columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>}
      <tbody>
        {rows.map((row) => (
          <tr key={row.key} data-row={row.key}>
            <th scope="row">{row.colour && !isPlain ? <><Swatch colour={row.colour} />{" "}</> : null}{row.label}</th>
            <td className={style.cell}>{row.colour?.slot !== "other" && <Bar row={row} low={low} high={high} />}</td>
            <td title={row.exact} data-value={row.exact}><Pending calls={row.pending} />{row.text}</td>
            {cells(row)}
          </tr>
        ))}
      </tbody>
      {total && (
        <tfoot>
          <tr data-row="total">
            <th scope="row">{total.label}</th>
            <td />
            <td title={total.exact} data-value={total.exact}><Pending calls={total.pending} />{total.text}</td>
            {cells(total)}
          </tr>
        </tfoot>
      )}
    </table>
    </div>
  );
}
