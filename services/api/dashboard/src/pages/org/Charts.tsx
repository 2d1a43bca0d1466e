import { Link } from "@tanstack/react-router";

import type { Result } from "~/api/hooks";
import type { Answer } from "~/api/types";
import { measure, percent, show, showExact } from "~/format/measures";
import { useAddress, within } from "~/state/useAddress";
import { ChartCard } from "~/ui/ChartCard";
import { Segments } from "~/ui/Segments";
import ui from "~/ui/ui.module.css";

interface Split {
  measure: string;
  dim: string;
}

function Figure({ answer, name, label }: { answer: Answer; name: string; label: string }) {
  const { address } = useAddress();
  const exact = showExact(answer.total.total[name], measure(name), address.currency);
  return <span data-figure={name} data-value={exact} title={exact}><b>{show(answer.total.total[name], measure(name), address.currency)}</b> {label}</span>;
}

export function OrgOverTime({ result, split, onSplit }: { result: Result; split: Split; onSplit: (split: Split) => void; org: string }) {
  const { address } = useAddress();
  return (
    <ChartCard id="time" title="Usage over time" unit={split.measure === "charge" ? address.currency : ""} span={12} isWide height={280} result={result} mark="bars" measures={[split.measure]} dim={split.dim}
      controls={
        <>
          <Segments label="What" value={split.measure} options={[["charge", "Charge"], ["calls", "Calls"]]} onChoose={(next) => onSplit({ ...split, measure: next })} />
          <Segments label="Split by" value={split.dim} options={[["feature", "Feature"], ["assistant", "Assistant"]]} onChoose={(dim) => onSplit({ ...split, dim })} />
        </>
      } />
  );
}

/** Resolved ÷ outcomes told, negative ÷ rated. */
export function Conversations({ result }: { result: Result }) {
  const { address, carried } = useAddress();
  const { filters } = within(address, result.answer?.query);
  const total = result.answer?.total.total;
  const [resolved, outcomes] = [Number(total?.resolved), Number(total?.outcomes)];
  return (
    <ChartCard id="conversations" title="Conversations" result={result} mark="lines" measures={["conversations"]}
      controls={<Link className={ui.button} to="/conversations" search={carried({ filters })}>Costliest</Link>}
      figure={(answer) => <><Figure answer={answer} name="conversations" label="conversations" /><span><b>{outcomes ? percent(resolved / outcomes) : "—"}</b> resolved</span><Figure answer={answer} name="negative_share" label="of ratings negative" /></>} />
  );
}

export function PerConversation({ result }: { result: Result }) {
  return (
    <ChartCard id="per" title="Average per conversation" unit="charge" result={result} mark="lines" measures={["charge_per_conversation"]}
      figure={(answer) => <><Figure answer={answer} name="charge_per_conversation" label="charge" /><Figure answer={answer} name="tokens_per_conversation" label="tokens" /></>} />
  );
}

export function Latency({ result }: { result: Result }) {
  return (
    <ChartCard id="latency" title="Response time" result={result} mark="lines" measures={["latency_ms.p50", "latency_ms.p95"]}
      figure={(answer) => <><Figure answer={answer} name="latency_ms.p50" label="half of all are faster" /><Figure answer={answer} name="latency_ms.p95" label="19 of 20 are faster" /></>} />
  );
}

export function Quality({ result }: { result: Result }) {
  return (
    <ChartCard id="errors" title="Failed steps" unit="errors ÷ steps" result={result} mark="lines" measures={["error_share"]}
      figure={(answer) => <><Figure answer={answer} name="error_share" label="failed" /><Figure answer={answer} name="errors" label="errors" /></>} />
  );
}
