import { Link, useParams } from "@tanstack/react-router";

import { useGet } from "~/api/hooks";
import { useSession } from "~/api/session";
import { duration } from "~/format/measures";
import { dateTimeLabel } from "~/format/time";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Notice } from "~/ui/Notice";
import { Tile, Tiles } from "~/ui/Tile";
import { exactMoney, money } from "~/format/money";
import ui from "~/ui/ui.module.css";

import style from "./conversations.module.css";
import { Amount, Outcomes, amountOf } from "./parts";
import type { Conversation as Told, Turn } from "./types";

function Share({ value, most }: { value: string | null; most: number }) {
  const width = most > 0 ? (Number(value ?? 0) / most) * 100 : 0;
  return <div className={style.track} aria-hidden="true"><svg width="100%" height="8"><rect width={`${width}%`} height="8" rx="4" fill="currentColor" /></svg></div>;
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString("en-US")} ${what}${count === 1 ? "" : "s"}`;
}

function TurnCard({ turn, number, most, isTeam }: { turn: Turn; number: number; most: number; isTeam: boolean }) {
  const { address, carried } = useAddress();
  const facts = [dateTimeLabel(turn.started_at, address.tz), duration(turn.duration_ms), counted(turn.calls, "call"), counted(turn.steps, "step"), turn.errors ? counted(turn.errors, "error") : ""];
  return (
    <li className={style.turn} data-errors={turn.errors ? "" : undefined} data-row={turn.trace_id}>
      <div className={style.turnName}>
        {turn.trace_id
          ? <Link to="/traces/$id" params={{ id: turn.trace_id }} search={carried({}, { ...(turn.project === "default" ? {} : { project: turn.project }), step: "$" })}>{number}. {turn.name || turn.trace_id}</Link>
          : <b>{number}. {turn.name || "a step without a trace"}</b>}
        <p>{facts.filter(Boolean).join(" · ")}{turn.assistant && ` · ${turn.assistant}${turn.assistant_version && `@${turn.assistant_version}`}`}</p>
      </div>
      <Share value={amountOf(turn, isTeam)} most={most} />
      <div className={style.num}><Amount value={amountOf(turn, isTeam)} currency={address.currency} pending={turn.pending_calls} /><small>this turn</small></div>
      <div className={`${style.num} ${style.running ?? ""}`}>{isTeam && <><Amount value={turn.running[address.currency] ?? null} currency={address.currency} /><small>so far</small></>}</div>
      <Outcomes outcomes={turn.outcomes} />
    </li>
  );
}

/** The turns of a conversation in order, each with what it cost and the sum up to it. */
export default function Conversation() {
  const { id }: { id: string } = useParams({ from: "/shell/conversations/$id" });
  const { address } = useAddress();
  const isTeam = useSession().data?.role === "team";
  const result = useGet<Told>(`/v1/conversations/${encodeURIComponent(id)}?currency=${address.currency}`);
  const told = result.answer;
  const most = Math.max(0, ...(told?.turns ?? []).map((turn) => Number(amountOf(turn, isTeam) ?? 0)));
  const total = told ? amountOf(told.total, isTeam) : null;
  return (
    <>
      <div className={ui.pageHead}><h1>Conversation <span className={style.id}>{id}</span></h1></div>
      <div className={ui.grid}>
        {told && (
          <Tiles>
            <Tile id="total" title={isTeam ? "Cost" : "Charge"} value={money(total, address.currency)} exact={exactMoney(total, address.currency)} tone={told.total.pending_calls ? "warn" : undefined}
              note={told.total.pending_calls ? `+${told.total.pending_calls} calls pending` : "every call is priced"} />
            <Tile id="turns" title="Turns" value={told.turns.length.toLocaleString("en-US")} exact={String(told.turns.length)} note={`${told.total.calls} calls, ${told.total.steps} steps`} />
            <Tile id="errors" title="Errors" value={told.total.errors.toLocaleString("en-US")} exact={String(told.total.errors)} tone={told.total.errors ? "bad" : undefined} note="failed steps" />
            <Tile id="when" title="From first to last" value={duration(told.total.duration_ms)} exact={`${told.total.duration_ms} ms`} note={told.orgs.join(", ")} />
          </Tiles>
        )}
        <Card id="turns-list" title="Turns" unit="in order" span={12} {...result}>
          {told && <Outcomes outcomes={told.outcomes} />}
          {told?.is_truncated && <Notice tone="warn">Only the first {told.turns.length} turns are listed; the totals are of all.</Notice>}
          <ol className={style.turns}>
            {told?.turns.map((turn, index) => <TurnCard key={`${turn.trace_id} ${index}`} turn={turn} number={index + 1} most={most} isTeam={isTeam} />)}
          </ol>
        </Card>
      </div>
    </>
  );
}
