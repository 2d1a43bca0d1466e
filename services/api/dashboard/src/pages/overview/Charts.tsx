/** Widgets over time: spend, caching, volume, errors, latency, tokens, feedback. */
import { useState } from "react";

import type { BatchResult, Result } from "~/api/hooks";
import type { Answer } from "~/api/types";
import { measure, percent, show, showExact } from "~/format/measures";
import { useAddress } from "~/state/useAddress";
import { ChartCard } from "~/ui/ChartCard";
import { dimLabel } from "~/ui/Filters";
import { Segments } from "~/ui/Segments";

import type { Name } from "./queries";

const SPLITS = ["model", "provider", "assistant", "org", "feature", "environment"];
const OBSERVATIONS_MIN = 20;

function Figure({ answer, name, label }: { answer: Answer; name: string; label?: string }) {
  const value = answer.total.total[name];
  const currency = answer.query.currency ?? "USD";
  return (
    <span data-figure={name} data-value={showExact(value, measure(name), currency)} title={showExact(value, measure(name), currency)}>
      <b>{show(value, measure(name), currency)}</b> {label ?? measure(name).label.toLowerCase()}
    </span>
  );
}

export function OverTime({ result }: { result: Result }) {
  const { address, change } = useAddress();
  return (
    <ChartCard id="time" title="Spend over time" unit={address.currency} span={12} isWide height={300} result={result} mark="bars" measures={["cost"]} dim={address.by}
      controls={<Segments label="Split by" value={address.by} options={SPLITS.map((one) => [one, dimLabel(one)])} onChoose={(by) => change({ by })} />} />
  );
}

export function Cache({ result }: { result: Result }) {
  return (
    <ChartCard id="cache" title="Caching" unit="share of input read from cache" result={result} mark="lines" measures={["cache_hit_share"]}
      figure={(answer) => <><Figure answer={answer} name="cache_hit_share" label="of input from cache" /><Figure answer={answer} name="cache_saved" label="saved, net of writes" /></>} />
  );
}

export function Volume({ result }: { result: Result }) {
  return (
    <ChartCard id="volume" title="Calls and conversations" result={result} mark="lines" measures={["calls", "conversations"]}
      figure={(answer) => <><Figure answer={answer} name="calls" /><Figure answer={answer} name="conversations" /></>} />
  );
}

export interface ErrorsProps {
  result: Result;
  by: string;
  onBy: (by: string) => void;
}

export function Errors({ result, by, onBy }: ErrorsProps) {
  return (
    <ChartCard id="errors" title="Error rate" unit="errors ÷ steps" result={result} mark="lines" measures={["error_share"]} dim={by}
      controls={<Segments label="Split by" value={by} options={[["provider", "Provider"], ["model", "Model"]]} onChoose={onBy} />}
      figure={(answer) => <><Figure answer={answer} name="error_share" label="failed" /><Figure answer={answer} name="errors" /></>} />
  );
}

type Of = BatchResult<Name>["of"];

export function Latency({ of }: { of: Of }) {
  const [what, setWhat] = useState<"latency" | "ttft">("latency");
  const prefix = what === "latency" ? "latency_ms" : "ttft_ms";
  return (
    <ChartCard id="latency" title={what === "latency" ? "Duration of calls" : "Time to first token"} unit={what === "ttft" ? "streaming calls only" : ""} result={of(what)} mark="lines"
      measures={[`${prefix}.p50`, `${prefix}.p95`, `${prefix}.p99`]}
      controls={<Segments label="What" value={what} options={[["latency", "Duration"], ["ttft", "First token"]]} onChoose={(value) => setWhat(value as typeof what)} />}
      figure={(answer) => <><Figure answer={answer} name={`${prefix}.p50`} label="P50" /><Figure answer={answer} name={`${prefix}.p95`} label="P95" /><Figure answer={answer} name={`${prefix}.p99`} label="P99" /></>} />
  );
}

export function Tokens({ of }: { of: Of }) {
  const [what, setWhat] = useState<"perCall" | "speed">("perCall");
  const name = what === "perCall" ? "tokens_per_call" : "output_tokens_per_second";
  return (
    <ChartCard id="tokens" title={what === "perCall" ? "Tokens per call" : "Output speed"} unit={what === "speed" ? "output tokens per second after the first" : ""} result={of(what)} mark="lines" measures={[name]}
      controls={<Segments label="What" value={what} options={[["perCall", "Per call"], ["speed", "Per second"]]} onChoose={(value) => setWhat(value as typeof what)} />}
      figure={(answer) => <Figure answer={answer} name={name} label={what === "perCall" ? `over ${show(answer.total.total.calls, measure("calls"), "USD")} calls` : "on average"} />} />
  );
}

/** Negative ÷ rated, and how many conversations were rated at all: few ratings say little. */
export function Feedback({ result, volume }: { result: Result; volume: Answer | undefined }) {
  const conversations = Number(volume?.total.total.conversations);
  const rated = Number(result.answer?.total.total.feedback);
  const coverage = conversations ? percent(rated / conversations) : "—";
  return (
    <ChartCard id="feedback" title="Feedback" unit="ratings" result={result} mark="bars" measures={["feedback_positive", "feedback_negative"]}
      figure={(answer) => rated < OBSERVATIONS_MIN
        ? <span data-figure="feedback"><b>{rated || 0}</b> ratings: too few for a share</span>
        : <><Figure answer={answer} name="negative_share" label="negative" /><span>{coverage} of conversations rated</span></>} />
  );
}
