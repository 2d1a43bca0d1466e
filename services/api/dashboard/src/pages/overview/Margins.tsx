import { Link } from "@tanstack/react-router";

import { useGet } from "~/api/hooks";
import type { Answer, Sums, Value } from "~/api/types";
import { measure, show } from "~/format/measures";
import { compactMoney, exactMoney, money, moneyColumn } from "~/format/money";
import { labelOf } from "~/marks/prepare";
import { Scatter } from "~/marks/Scatter";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Empty } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import { ToldIn } from "./ToldIn";
import { typedPath, unapplied } from "./spend";
import style from "./overview.module.css";

const SHOWN_MAX = 10;
const SHARE = measure("cost_share_of_revenue");
const COLUMNS = ["cost", "revenue", "margin", "cost_per_resolved"] as const;

function text(value: Value | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function Table({ answer, currency }: { answer: Answer; currency: string }) {
  const { carried } = useAddress();
  const shown = answer.groups.slice(0, SHOWN_MAX);
  const sums = [...shown, answer.total];
  const texts = COLUMNS.map((name) => moneyColumn(sums.map((one) => text(one.total[name])), currency));
  const cells = (one: Sums, row: number) => (
    <>
      {COLUMNS.map((name, column) => {
        const exact = exactMoney(text(one.total[name]), currency);
        return <td key={name} title={exact} data-value={exact}>{texts[column]?.[row]}</td>;
      })}
      <td>{show(one.total.cost_share_of_revenue, SHARE, currency)}</td>
    </>
  );
  return (
    <div className={ui.scroll} tabIndex={0} role="region" aria-label="Margins">
      <table className={ui.table}>
        <thead><tr><th scope="col">Organisation</th><th scope="col">Cost</th><th scope="col">Revenue</th><th scope="col">Margin</th><th scope="col">Per resolved</th><th scope="col">Cost ÷ revenue</th></tr></thead>
        <tbody>
          {shown.map((one, row) => {
            const org = one.key.org ?? "";
            return (
              <tr key={org} data-row={org}>
                <th scope="row"><Link className={ui.quietLink} to="/orgs/$org" params={{ org }} search={carried()}>{labelOf(org)}</Link></th>
                {cells(one, row)}
              </tr>
            );
          })}
        </tbody>
        <tfoot><tr data-row="total"><th scope="row">All organisations</th>{cells(answer.total, shown.length)}</tr></tfoot>
      </table>
    </div>
  );
}

/** Revenue is told of organisations, and of nothing inside them. */
const KNOWN = ["org"];

/** Is it worth it: cost against revenue of each organisation; no revenue told is "—", not zero. */
export function Margins({ waits }: { waits: boolean }) {
  const { address } = useAddress();
  const result = useGet<Answer>(typedPath("/v1/margins", address, { by: "org" }, KNOWN), undefined, waits);
  const { answer } = result;
  const currency = address.currency;
  const points = (answer?.groups ?? []).flatMap((one) => {
    const [cost, revenue, org] = [text(one.total.cost), text(one.total.revenue), labelOf(one.key.org)];
    if (cost === null || revenue === null) return [];
    return [{ key: org, label: org, x: Number(revenue), y: Number(cost), text: `${money(cost, currency)} cost, ${money(revenue, currency)} revenue` }];
  });
  return (
    <Card id="margins" title="Cost against revenue" unit={["by organisation", ...unapplied(address, KNOWN).map((one) => `without the filter ${one}`)].join(", ")} span={12} {...result}>
      {answer && !answer.groups.length && <Empty title="Nothing in this range." />}
      {answer && answer.groups.length > 0 && (
        <div className={style.split}>
          <Table answer={answer} currency={currency} />
          {points.length > 0
            ? <Scatter points={points} xTitle="revenue →" yTitle="cost ↑ (dashed: cost = revenue)" tick={(value) => compactMoney(String(value), currency, 1_000).replace(/\.00$/, "")} sentence={`Cost against revenue of ${points.length} organisations`} />
            : <Empty title="No revenue is known."><ToldIn field="monthly_revenue" /></Empty>}
        </div>
      )}
    </Card>
  );
}
