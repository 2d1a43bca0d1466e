import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type SubmitEvent, useMemo } from "react";

import { Problem, ask } from "~/api/client";
import { useSession } from "~/api/session";
import { duration } from "~/format/measures";
import { moneyColumn } from "~/format/money";
import { dateTimeLabel } from "~/format/time";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { NothingHere } from "~/ui/NothingHere";
import { Notice } from "~/ui/Notice";
import { Segments } from "~/ui/Segments";
import ui from "~/ui/ui.module.css";

import { type Asked, ORDERS, STATUSES, SUBJECTS, readAsked, searchPath, unusable } from "./asked";
import style from "./conversations.module.css";
import { Amount, Errors, amountOf } from "./parts";
import type { Found } from "./types";

type Page = Partial<Record<string, Found[]>> & { next: string | null };

function useFound(asked: Asked) {
  const { address } = useAddress();
  const now = useMemo(() => new Date(), [address, asked.subject, asked.order, asked.status, asked.text, asked.least]); // eslint-disable-line react-hooks/exhaustive-deps -- pages of one list share one instant
  return useInfiniteQuery({
    queryKey: ["search", searchPath(address, asked, now)],
    queryFn: ({ pageParam, signal }) => ask<Page>(searchPath(address, asked, now, pageParam), { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
  });
}

function Bar({ asked }: { asked: Asked }) {
  const { change } = useAddress();
  const find = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    change({}, { q: form.get("q") as string, min: form.get("min") as string });
  };
  return (
    <div className={style.bar}>
      <Segments label="Show" value={asked.subject} options={SUBJECTS} onChoose={(show) => change({}, { show })} />
      <Segments label="Order" value={asked.order} options={ORDERS} onChoose={(order) => change({}, { order })} />
      <select aria-label="Status" value={asked.status} onChange={(event) => change({}, { status: event.target.value })}>
        {STATUSES.map(([key, label]) => <option key={key} value={key}>{label}</option>)}
      </select>
      <form onSubmit={find} role="search">
        <input className={ui.input} name="q" type="search" defaultValue={asked.text} placeholder="Text, where content is kept" aria-label="Text in content" />
        <input className={`${ui.input} ${style.least}`} name="min" inputMode="decimal" defaultValue={asked.least} placeholder="Cost from" aria-label="Cost from" pattern="\d{1,20}(\.\d{1,18})?" />
        <button className={ui.button}>Find</button>
      </form>
    </div>
  );
}

function Row({ found, text, isTrace, isTeam }: { found: Found; text: string | undefined; isTrace: boolean; isTeam: boolean }) {
  const { address, carried } = useAddress();
  const id = isTrace ? (found.trace_id ?? "") : found.conversation_id;
  const to = isTrace ? "/traces/$id" : "/conversations/$id";
  return (
    <tr data-row={id}>
      <th scope="row"><Link className={`${ui.quietLink} ${style.id}`} to={to} params={{ id }} search={carried({}, isTrace && found.project !== "default" ? { project: found.project ?? "" } : {})}>{id}</Link></th>
      <td><Amount value={amountOf(found, isTeam)} currency={address.currency} pending={found.pending_calls} text={text} /></td>
      <td data-text="">{(isTrace ? found.name : found.assistants?.join(", ")) ?? "—"}</td>
      {isTeam && <td data-text="">{found.org}</td>}
      <td data-text="">{found.user || "—"}</td>
      <td>{dateTimeLabel(found.last_at ?? found.ended_at ?? found.started_at ?? "", address.tz)}</td>
      <td>{duration(found.duration_ms)}</td>
      <td>{found.calls.toLocaleString("en-US")}</td>
      <td><Errors count={found.errors} /></td>
    </tr>
  );
}

export default function Conversations() {
  const { address, search } = useAddress();
  const isTeam = useSession().data?.role === "team";
  const asked = readAsked(search);
  const found = useFound(asked);
  const isTrace = asked.subject === "traces";
  const rows = found.data?.pages.flatMap((page) => page[asked.subject] ?? []) ?? [];
  const texts = moneyColumn(rows.map((one) => amountOf(one, isTeam)), address.currency);
  const left = unusable(address);
  return (
    <>
      <div className={ui.pageHead}><h1>Conversations and traces</h1></div>
      <Bar asked={asked} />
      {left.length > 0 && <Notice tone="warn">Searches cannot use the filter {left.join(", ")}: it is not applied here.</Notice>}
      <div className={ui.grid}>
      <Card id="found" title={isTrace ? "Traces" : "Conversations"} unit="figures of the steps within the range" span={12} isLoading={found.isPending}
        isStale={found.isFetching && !found.isPending} problem={found.error instanceof Problem ? found.error : undefined}>
        {found.data && !rows.length && <NothingHere />}
        {rows.length > 0 && (
          <div className={style.tableWrap} tabIndex={0} role="region" aria-label="Found">
            <table className={ui.table}>
              <thead>
                <tr>
                  <th scope="col">{isTrace ? "Trace" : "Conversation"}</th><th scope="col">{isTeam ? "Cost" : "Charge"}</th><th scope="col" data-text="">{isTrace ? "Name" : "Assistant"}</th>
                  {isTeam && <th scope="col" data-text="">Organisation</th>}<th scope="col" data-text="">User</th>
                  <th scope="col">Last step</th><th scope="col">Duration</th><th scope="col">Calls</th><th scope="col">Errors</th>
                </tr>
              </thead>
              <tbody>{rows.map((one, index) => <Row key={`${one.org} ${one.trace_id ?? one.conversation_id}`} found={one} text={texts[index]} isTrace={isTrace} isTeam={isTeam} />)}</tbody>
            </table>
          </div>
        )}
        {found.hasNextPage && <div className={style.more}><button className={ui.button} disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>{found.isFetchingNextPage ? "Loading …" : "Show more"}</button></div>}
      </Card>
      </div>
    </>
  );
}
