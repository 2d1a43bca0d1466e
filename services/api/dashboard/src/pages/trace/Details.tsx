import { type ReactNode } from "react";

import { useGet } from "~/api/hooks";
import { duration, whole } from "~/format/measures";
import { reason } from "~/format/reasons";
import { exactMoney, money } from "~/format/money";
import { dateTimeLabel } from "~/format/time";
import { useAddress } from "~/state/useAddress";
import { Notice } from "~/ui/Notice";
import { Segments } from "~/ui/Segments";
import { queryString } from "~/api/client";
import ui from "~/ui/ui.module.css";

import { Explain } from "./Explain";
import { whyCounted } from "./layout";
import style from "./trace.module.css";
import type { Piece, Step, Trace } from "./types";

function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return <dl className={style.facts}>{facts.filter(([, value]) => value !== "" && value !== null).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

/** One call told by several spans: which one counts, why, and what the others say. */
function Tellings({ step, steps, onSelect }: { step: Step; steps: Step[]; onSelect: (id: string) => void }) {
  const call = step.call;
  if (!call || call.tellings.length < 2) return null;
  const known = new Map(steps.map((one) => [one.event_id, one]));
  return (
    <section className={style.part}>
      <h3>One call, told {call.tellings.length} times</h3>
      {!call.is_usage_equal && <Notice tone="warn">They do not agree about the usage.</Notice>}
      <table className={ui.table}>
        <thead><tr><th scope="col">Told by</th><th scope="col">Input</th><th scope="col">Cached</th><th scope="col">Output</th><th scope="col" data-text="">Counts</th></tr></thead>
        <tbody>
          {call.tellings.map((id) => {
            const told = known.get(id);
            return (
              <tr key={id}>
                <th scope="row"><button className={ui.quietLink} onClick={() => onSelect(id)}>{[told?.emitter, told?.name, id].find(Boolean)}</button></th>
                <td>{told ? whole(told.tokens.input ?? 0) : "—"}</td><td>{told ? whole(told.tokens.cache_read ?? 0) : "—"}</td><td>{told ? whole(told.tokens.output ?? 0) : "—"}</td>
                <td data-text="">{id === call.counted ? `✓ ${whyCounted(call.why)}` : ""}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Contents({ trace, step }: { trace: Trace; step: Step }) {
  const result = useGet<{ contents: Piece[] }>(step.contents ? `/v1/traces/${encodeURIComponent(trace.trace_id)}/contents${queryString({ project: trace.project })}` : null, 0);
  const mine = result.answer?.contents.filter((piece) => piece.event_id === step.event_id || (piece.event_id === "" && piece.span_id !== "" && step.event_id.includes(piece.span_id))) ?? [];
  if (!step.contents) return <p className={style.faint}>No content is kept of this step. A key stores content only where it opts in.</p>;
  return (
    <div className={style.pieces}>
      {mine.map((piece) => (
        <section key={piece.content_id}>
          <h4>{[piece.kind, piece.role, piece.name].filter(Boolean).join(" · ")}</h4>
          <pre tabIndex={0}>{piece.content}</pre>
          {piece.cut_chars > 0 && <p className={style.faint}>{whole(piece.cut_chars)} characters were cut when it was stored.</p>}
          {piece.is_preview && <p className={style.faint}>The first part of {whole(piece.chars)} characters.</p>}
        </section>
      ))}
      {result.answer && !mine.length && <p className={style.faint}>Its content is told by another step of the trace.</p>}
    </div>
  );
}

const TABS = [["facts", "Step"], ["price", "Explain this price"], ["content", "Content"]] as const;

export interface DetailsProps {
  trace: Trace;
  step: Step;
  amount: string | null;
  isTeam: boolean;
  onSelect: (id: string) => void;
  /** One of `TABS`; in the address, so that a link can open it. */
  tab: string;
  onTab: (tab: string) => void;
}

/** Everything known of the selected step. */
export function Details({ trace, step, amount, isTeam, onSelect, tab: asked, onTab }: DetailsProps) {
  const { address } = useAddress();
  const tab = TABS.some(([key]) => key === asked) ? asked : "facts";
  const currency = step.currency || address.currency;
  const tokens = Object.entries(step.tokens).filter(([, count]) => count > 0);
  const facts: [string, ReactNode][] = [
    ["Operation", step.operation], ["Model", [step.provider, step.model].filter(Boolean).join(" · ")],
    ["Started", dateTimeLabel(step.started_at, address.tz)], ["Duration", step.duration_ms === null ? "" : duration(step.duration_ms)],
    ["First token after", step.ttft_ms === null ? "" : duration(step.ttft_ms)],
    ["Status", step.status === "error" ? <span className={style.bad}>failed{step.error_type && `: ${step.error_type}`}</span> : step.status],
    [isTeam ? "Cost" : "Charge", step.pending ? <span className={style.pending}>pending: {reason(step.pending)} {step.pending_detail}</span> : amount === null ? "" : <span title={exactMoney(amount, currency)} data-value={exactMoney(amount, currency)}>{money(amount, currency)}{step.is_counted ? "" : " (not counted here)"}</span>],
    ["Tokens", tokens.map(([name, count]) => `${name.replace("_", " ")} ${whole(count)}`).join(", ")],
    ["Organisation", step.org_id], ["User", step.user_id], ["Assistant", step.assistant_id], ["Feature", step.feature],
    ["Told by", step.emitter], ["Event", <code key="id">{step.event_id}</code>],
  ];
  return (
    <aside className={style.details} aria-label="Selected step">
      <h2>{step.name || step.model || step.operation}</h2>
      <Segments label="Details" value={tab} options={TABS} onChoose={onTab} />
      {tab === "facts" && <><Facts facts={facts} /><Tellings step={step} steps={trace.steps} onSelect={onSelect} /></>}
      {tab === "price" && (step.model || step.pending ? <Explain key={step.event_id} eventId={step.event_id} project={trace.project} isTeam={isTeam} /> : <p className={style.faint}>Nothing is billed for this step.</p>)}
      {tab === "content" && <Contents trace={trace} step={step} />}
    </aside>
  );
}
