import { useQueryAnswer, useGet } from "~/api/hooks";
import { measure, percent, show, showExact, whole } from "~/format/measures";
import { exactMoney, money, signedMoney } from "~/format/money";
import { Interval } from "~/marks/Interval";
import { useAddress, queryOf } from "~/state/useAddress";
import { typedPath } from "~/pages/overview/spend";
import { Card } from "~/ui/Card";
import { NothingHere } from "~/ui/NothingHere";
import { Empty, Notice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import style from "./compare.module.css";
import { type Side, type Versus, configurations, preset } from "./sides";

const DURATION = measure("latency_ms.mean");
const TOKENS = measure("tokens_per_conversation");

function text(value: string | null, currency: string) {
  return <span title={exactMoney(value, currency)} data-value={exactMoney(value, currency)}>{money(value, currency)}</span>;
}

function shareText({ value, low, high, n }: Side["negative_share"]): string {
  if (value === null) return "no feedback";
  return `${percent(value)} (${percent(low ?? 0)} – ${percent(high ?? 0)}, n ${whole(n)})`;
}

function rowsOf(currency: string): [string, (side: Side) => React.ReactNode][] {
  return [
    ["Conversations", (side) => whole(side.n)],
    ["Cost per conversation, mean", (side) => text(side.mean, currency)],
    ["Median", (side) => text(side.p50, currency)],
    ["P95", (side) => text(side.p95, currency)],
    ["Cost per resolved conversation", (side) => text(side.cost_per_resolved, currency)],
    ["Tokens per conversation", (side) => show(side.tokens, TOKENS, currency)],
    ["Mean duration of a call", (side) => <span title={showExact(side.latency_ms, DURATION, currency)}>{show(side.latency_ms, DURATION, currency)}</span>],
    ["Negative feedback, 95 % interval", (side) => shareText(side.negative_share)],
    ["Still partly unpriced", (side) => whole(side.half_priced)],
  ];
}

/** B − A of the mean cost, with its bootstrap interval: a verdict only where that excludes zero. */
function Difference({ versus }: { versus: Versus }) {
  const { value, low, high } = versus.difference;
  const { currency } = versus;
  if (value === null || low === null || high === null) return <Notice>One side has no priced conversation in this range.</Notice>;
  const edge = Math.max(Math.abs(Number(low)), Math.abs(Number(high))) * 1.15 || 1;
  return (
    <div className={style.difference}>
      <p data-figure="difference" data-value={exactMoney(value, currency)}><b>{signedMoney(value, currency)}</b> per conversation, B against A <span className={ui.faint}>95 % interval {signedMoney(low, currency)} to {signedMoney(high, currency)}</span></p>
      <Interval low={Number(low)} high={Number(high)} middle={Number(value)} domain={[-edge, edge]} label={`Difference ${value}, between ${low} and ${high}`} />
      <Notice tone={versus.verdict ? "good" : "plain"}>{versus.verdict ?? "No verdict: the interval holds zero, or a side has fewer than 30 conversations."}</Notice>
    </div>
  );
}

function Pick({ label, value, options, onPick }: { label: string; value: string; options: string[]; onPick: (name: string) => void }) {
  const known = options.includes(value) || !value ? options : [value, ...options];
  return <label className={style.pick}>{label}<select className={ui.input} value={value} onChange={(event) => onPick(event.target.value)}>{known.map((one) => <option key={one}>{one}</option>)}</select></label>;
}

/** Two assistant configurations, by conversation; the two newest of the dearest by default. */
export default function Compare() {
  const { address, search, change } = useAddress();
  const found = useQueryAnswer(queryOf(address, { measures: ["cost"], by: [{ dim: "assistant", top: 20, order: "cost" }, { dim: "assistant_version", top: 10, order: "cost" }] }));
  const options = found.answer ? configurations(found.answer) : [];
  const chosen = preset(options, search);
  const result = useGet<Versus>(chosen ? typedPath("/v1/compare", address, { a: chosen.a, b: chosen.b }) : null);
  const versus = result.answer;
  return (
    <>
      <h1>Compare assistants</h1>
      <div className={ui.grid}>
        <Card id="choose" title="Configurations" unit="assistant@version" span={12} isLoading={found.isLoading} problem={found.problem}>
          {found.answer && !options.length && <NothingHere />}
          {options.length === 1 && <Empty title="Only one configuration had calls in this range." />}
          {chosen && (
            <div className={style.picks}>
              <Pick label="A" value={chosen.a} options={options} onPick={(a) => change({}, { a, b: chosen.b })} />
              <Pick label="B" value={chosen.b} options={options} onPick={(b) => change({}, { a: chosen.a, b })} />
            </div>
          )}
        </Card>
        {chosen && (
          <Card id="versus" title="Side by side" unit="the unit is the conversation" span={12} {...result}>
            {versus && (
              <>
                <Difference versus={versus} />
                {versus.warnings.map((words) => <Notice key={words} tone="warn">{words}</Notice>)}
                <div className={style.wide} tabIndex={0} role="region" aria-label="Side by side">
                  <table className={ui.table}>
                    <thead><tr><th scope="col"><span className="hidden">Measure</span></th><th scope="col">A · {versus.a.name}</th><th scope="col">B · {versus.b.name}</th></tr></thead>
                    <tbody>{rowsOf(versus.currency).map(([name, cell]) => <tr key={name} data-row={name}><th scope="row">{name}</th><td>{cell(versus.a)}</td><td>{cell(versus.b)}</td></tr>)}</tbody>
                  </table>
                </div>
              </>
            )}
          </Card>
        )}
      </div>
    </>
  );
}
