import { Link, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { queryString } from "~/api/client";
import { useGet } from "~/api/hooks";
import { useSession } from "~/api/session";
import { exactMoney, money } from "~/format/money";
import { Outcomes } from "~/pages/conversations/parts";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Notice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import { Details } from "./Details";
import { Waterfall } from "./Waterfall";
import { dearest, visible } from "./layout";
import style from "./trace.module.css";
import type { Step, Trace as Told } from "./types";

function one(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

function Head({ trace, currency, isTeam }: { trace: Told; currency: string; isTeam: boolean }) {
  const { carried } = useAddress();
  const sums = isTeam ? trace.total.cost : trace.total.charge;
  const conversation = trace.steps.find((step) => step.conversation_id)?.conversation_id;
  const failed = trace.steps.filter((step) => step.status === "error").length;
  const total = sums[currency] ?? (trace.total.pending_calls ? null : "0");
  return (
    <div className={style.head}>
      <span data-figure="total" data-value={exactMoney(total, currency)} title={exactMoney(total, currency)}><b>{money(total, currency)}</b> {isTeam ? "cost" : "charge"}</span>
      {trace.total.pending_calls > 0 && <span className={style.pending}>+{trace.total.pending_calls} pending</span>}
      <span><b>{trace.steps.length.toLocaleString("en-US")}</b> steps</span>
      <span className={failed ? style.bad : undefined}><b>{failed.toLocaleString("en-US")}</b> failed</span>
      {conversation && <Link className={ui.quietLink} to="/conversations/$id" params={{ id: conversation }} search={carried()}>Conversation {conversation}</Link>}
    </div>
  );
}

/** Tree, waterfall and the selected step; keys j k h l n N $ move in it. */
export default function Trace() {
  const { id }: { id: string } = useParams({ from: "/shell/traces/$id" });
  const { address, search, change } = useAddress();
  const isTeam = useSession().data?.role === "team";
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const project = one(search.project) || undefined;
  const result = useGet<Told>(`/v1/traces/${encodeURIComponent(id)}${queryString({ project })}`);
  const trace = result.answer;
  const currency = trace?.steps.find((step) => step.currency)?.currency ?? address.currency;
  const amount = (step: Step) => (isTeam ? step.cost : step.charge);
  const below = (step: Step) => (isTeam ? step.subtree.cost : step.subtree.charge)[currency] ?? null;
  const rows = useMemo(() => (trace ? visible(trace.steps, folded) : []), [trace, folded]);
  const asked = one(search.step);
  const step = trace && (trace.steps.find((known) => known.event_id === asked) ?? (asked ? dearest(trace.steps, amount) : trace.steps[0]));
  const fold = (key: string, isFolded?: boolean) => {
    const next = new Set(folded);
    if (isFolded ?? !next.has(key)) next.add(key);
    else next.delete(key);
    setFolded(next);
  };
  return (
    <>
      <div className={ui.pageHead}><h1>Trace <span className={style.id}>{id}</span></h1></div>
      <div className={ui.grid}>
        <Card id="steps" title="Steps" unit="own cost, cost of everything below, time" span={12} {...result} figure={trace && <Head trace={trace} currency={currency} isTeam={isTeam} />}>
          {trace?.is_truncated && <Notice tone="warn">Only the first {trace.steps.length.toLocaleString("en-US")} steps are shown; the sums are of these.</Notice>}
          {trace && <Outcomes outcomes={trace.outcomes} />}
          {trace && step && (
            <div className={style.split}>
              <Waterfall rows={rows} steps={trace.steps} selected={step.event_id} currency={currency} amount={amount} below={below} folded={folded} onFold={fold} onSelect={(key) => change({}, { step: key })} />
              <Details trace={trace} step={step} amount={amount(step)} isTeam={isTeam} onSelect={(key) => change({}, { step: key })} tab={one(search.tab)} onTab={(tab) => change({}, { tab, step: step.event_id })} />
            </div>
          )}
        </Card>
      </div>
    </>
  );
}
