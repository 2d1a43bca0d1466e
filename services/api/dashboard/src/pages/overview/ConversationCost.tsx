import { Link } from "@tanstack/react-router";

import { useGet } from "~/api/hooks";
import { measure, show, showExact } from "~/format/measures";
import { money, moneyColumn } from "~/format/money";
import { clockLabel } from "~/format/time";
import { Histogram } from "~/marks/Histogram";
import { useAddress } from "~/state/useAddress";
import { useAsOf } from "~/ui/asOf";
import { Card } from "~/ui/Card";
import { NothingHere } from "~/ui/NothingHere";
import ui from "~/ui/ui.module.css";

import { typedPath, unapplied } from "./spend";

export interface Costs {
  as_of: string | null;
  mean: string | null;
  p50: string | null;
  p95: string | null;
  p99: string | null;
  count: number;
  histogram: { low: string; high: string; count: number }[];
  outliers: { conversation_id: string; org: string; cost: string; calls: number; half_priced?: boolean }[];
}

const COST = measure("cost");
const OBSERVATIONS_MIN = 20;
const SHOWN_MAX = 4;
/** Where conversations are many the server counts them seldom: what it says is asked for again. */
const REFRESH_MS = 30_000;
const LAG_MS = 10_000;
const MARKS = [["mean", "Mean"], ["p50", "P50"], ["p95", "P95"]] as const;

/** What a conversation costs: the spread, and the dearest beyond P99. */
export function ConversationCost({ waits }: { waits: boolean }) {
  const { address, carried } = useAddress();
  const page = useAsOf();
  const result = useGet<Costs>(typedPath("/v1/conversation-costs", address), REFRESH_MS, waits);
  const costs = result.answer;
  const isOlder = costs?.as_of && page.asOf && Date.parse(page.asOf) - Date.parse(costs.as_of) > LAG_MS;
  const unit = ["conversations with a priced call", ...unapplied(address).map((one) => `without the filter ${one}`), ...(isOlder ? [`as of ${clockLabel(new Date(costs.as_of ?? ""), address.tz)}`] : [])].join(", ");
  const currency = address.currency;
  const isEnough = (costs?.count ?? 0) >= OBSERVATIONS_MIN;
  const marks = MARKS.flatMap(([name, label]) => {
    const value = costs?.[name] ?? null;
    return value === null || !isEnough ? [] : [{ label, value: Number(value), text: money(value, currency) }];
  });
  const outliers = costs?.outliers.slice(0, SHOWN_MAX) ?? [];
  const texts = moneyColumn(outliers.map((one) => one.cost), currency);
  return (
    <Card id="conversation" title="Cost per conversation" unit={unit} {...result}
      figure={costs && (
        <>
          <span data-figure="mean" data-value={showExact(costs.mean, COST, currency)} title={showExact(costs.mean, COST, currency)}><b>{show(costs.mean, COST, currency)}</b> mean</span>
          {isEnough && <span data-figure="p95"><b>{show(costs.p95, COST, currency)}</b> P95</span>}
          <span>{costs.count.toLocaleString("en-US")} conversations{isEnough ? "" : ": too few for percentiles"}</span>
        </>
      )}>
      {costs?.count === 0 && <NothingHere />}
      {costs && costs.count > 0 && (
        <>
          <Histogram marks={marks} sentence={`${costs.count} conversations, mean ${money(costs.mean, currency)}, P95 ${money(costs.p95, currency)}`}
            bins={costs.histogram.map((bin) => ({ low: Number(bin.low), high: Number(bin.high), count: bin.count, label: money(bin.low, currency) }))} />
          {outliers.length > 0 && (
            <div className={ui.scroll} tabIndex={0} role="region" aria-label="Dearest conversations">
            <table className={ui.table}>
              <caption className="hidden">Conversations dearer than P99</caption>
              <tbody>
                {outliers.map((one, index) => (
                  <tr key={one.conversation_id}>
                    <th scope="row"><Link className={ui.quietLink} to="/conversations/$id" params={{ id: one.conversation_id }} search={carried()}>{one.conversation_id}</Link></th>
                    <td data-text="">{one.org}</td>
                    <td>{one.calls.toLocaleString("en-US")} calls{one.half_priced ? ", some unpriced" : ""}</td>
                    <td title={showExact(one.cost, COST, currency)}>{texts[index]}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            </div>
          )}
        </>
      )}
    </Card>
  );
}

