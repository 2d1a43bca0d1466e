import { Link } from "@tanstack/react-router";

import { useGet } from "~/api/hooks";
import { UNKNOWN, compactMoney, exactMoney, money, moneyColumn } from "~/format/money";
import { percent } from "~/format/measures";
import { Scatter } from "~/marks/Scatter";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Empty } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import { typedPath } from "./spend";
import style from "./overview.module.css";

export interface Margin {
  key: string;
  name?: string;
  cost: string;
  revenue: string | null;
  margin: string | null;
  cost_share_of_revenue: number | null;
  cost_per_resolved?: string | null;
}

export interface MarginsAnswer {
  by: string;
  margins: Margin[];
  total?: Omit<Margin, "key" | "name">;
}

const SHOWN_MAX = 10;
const COLUMNS = ["cost", "revenue", "margin", "cost_per_resolved"] as const;

function share(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : percent(value);
}

function Table({ answer, currency }: { answer: MarginsAnswer; currency: string }) {
  const { carried } = useAddress();
  const rows = answer.margins.slice(0, SHOWN_MAX);
  const texts = COLUMNS.map((name) => moneyColumn(rows.map((row) => row[name] ?? null), currency));
  return (
    <div className={ui.scroll} tabIndex={0} role="region" aria-label="Margins">
      <table className={ui.table}>
        <thead><tr><th scope="col">Organisation</th><th scope="col">Cost</th><th scope="col">Revenue</th><th scope="col">Margin</th><th scope="col">Per resolved</th><th scope="col">Cost ÷ revenue</th></tr></thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={row.key} data-row={row.key}>
              <th scope="row"><Link className={ui.quietLink} to="/orgs/$org" params={{ org: row.key }} search={carried()}>{row.name ?? row.key}</Link></th>
              {COLUMNS.map((name, column) => <td key={name} title={exactMoney(row[name] ?? null, currency)}>{texts[column]?.[index]}</td>)}
              <td>{share(row.cost_share_of_revenue)}</td>
            </tr>
          ))}
        </tbody>
        {answer.total && (
          <tfoot><tr data-row="total"><th scope="row">All</th>{COLUMNS.map((name) => <td key={name} title={exactMoney(answer.total?.[name] ?? null, currency)}>{money(answer.total?.[name] ?? null, currency)}</td>)}<td>{share(answer.total.cost_share_of_revenue)}</td></tr></tfoot>
        )}
      </table>
    </div>
  );
}

/** Is it worth it: cost against revenue of each organisation; no revenue told is "—", not zero. */
export function Margins() {
  const { address } = useAddress();
  const result = useGet<MarginsAnswer>(typedPath("/v1/margins", address, { by: "org" }));
  const { answer } = result;
  const currency = address.currency;
  const points = (answer?.margins ?? []).flatMap((one) => one.revenue === null ? [] : [{
    key: one.key, label: one.name ?? one.key, x: Number(one.revenue), y: Number(one.cost),
    text: `${money(one.cost, currency)} cost, ${money(one.revenue, currency)} revenue`,
  }]);
  return (
    <Card id="margins" title="Cost against revenue" unit="by organisation" span={12} {...result}>
      {answer && !answer.margins.length && <Empty title="Nothing in this range." />}
      {answer && answer.margins.length > 0 && (
        <div className={style.split}>
          <Table answer={answer} currency={currency} />
          {points.length > 0
            ? <Scatter points={points} xTitle="revenue →" yTitle="cost ↑ (dashed: cost = revenue)" tick={(value) => compactMoney(String(value), currency, 1_000).replace(/\.00$/, "")} sentence={`Cost against revenue of ${points.length} organisations`} />
            : <Empty title="No revenue is known.">It is <code>monthly_revenue</code> of <code>PUT /v1/orgs/…</code></Empty>}
        </div>
      )}
    </Card>
  );
}
