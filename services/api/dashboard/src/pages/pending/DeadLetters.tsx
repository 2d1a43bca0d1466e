import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { Problem, ask, queryString } from "~/api/client";
import { whole } from "~/format/measures";
import { dateTimeLabel } from "~/format/time";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Empty, Notice, ProblemNotice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import { originalText } from "./original";
import style from "./pending.module.css";

export interface Letter {
  dead_id: string;
  occurred_at: string;
  reason: string;
  field: string;
  detail: string;
  service: string;
  source: string;
  project: string;
  org_id: string;
  original_bytes: number;
  original?: string;
}

interface Page {
  dead: Letter[];
  next: string | null;
}

/** The refused bytes, to be sent again as they are or mended. */
function Replay({ letter, onDone }: { letter: Letter; onDone: (words: string) => void }) {
  const [wrong, setWrong] = useState<Problem | null>(null);
  const known = originalText(letter.original ?? "");
  const isHttp = letter.source.startsWith("http/");
  const send = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = form.get("text") as string;
    const body = { ...(text === known ? {} : { corrected: text }), ...(isHttp ? { topic: form.get("topic") as string } : {}) };
    try {
      const told = await ask<{ topic: string }>(`/v1/dead/${letter.dead_id.split("/").map(encodeURIComponent).join("/")}/replay`, { method: "POST", body });
      onDone(`Sent to ${told.topic} again. What is refused again becomes a new dead letter.`);
    } catch (error) {
      setWrong(error instanceof Problem ? error : new Problem({ status: 0, detail: String(error) }));
    }
  };
  return (
    <form className={style.replay} onSubmit={(event) => void send(event)}>
      {wrong && <ProblemNotice problem={wrong} />}
      <label>Original bytes{known.length < letter.original_bytes && " (cut or not text)"}<textarea name="text" className={ui.input} rows={6} defaultValue={known} spellCheck={false} /></label>
      <div className={style.row}>
        {isHttp && <label>Send to<select name="topic" className={ui.input}><option>calls.v1</option><option>outcomes.v1</option><option>contents.v1</option></select></label>}
        <button className={ui.primary}>Send again</button>
      </div>
    </form>
  );
}

function Rows({ letter, isAdmin }: { letter: Letter; isAdmin: boolean }) {
  const { address } = useAddress();
  const client = useQueryClient();
  const [isOpen, setIsOpen] = useState(false);
  const [done, setDone] = useState("");
  return (
    <>
      <tr data-row={letter.dead_id}>
        <th scope="row">{dateTimeLabel(letter.occurred_at, address.tz)}</th>
        <td data-text="">{letter.reason}{letter.field && <> · <code>{letter.field}</code></>}</td>
        <td data-text="" className={style.detail} title={letter.detail}>{letter.detail}</td>
        <td data-text="">{letter.org_id || letter.project || "—"}</td>
        <td data-text=""><code>{letter.source}</code></td>
        <td>{whole(letter.original_bytes)}</td>
        {isAdmin && <td><button className={ui.button} aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>{isOpen ? "Close" : "Replay"}</button></td>}
      </tr>
      {isOpen && <tr><td colSpan={7} className={style.open}>{done ? <Notice tone="good">{done}</Notice> : <Replay letter={letter} onDone={(words) => { setDone(words); void client.invalidateQueries(); }} />}</td></tr>}
    </>
  );
}

export function DeadLetters({ isAdmin }: { isAdmin: boolean }) {
  const [reason, setReason] = useState("");
  const found = useInfiniteQuery({
    queryKey: ["dead", reason],
    queryFn: ({ pageParam, signal }) => ask<Page>(`/v1/dead${queryString({ reason: reason || undefined, cursor: pageParam || undefined, limit: "50" })}`, { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
  });
  const letters = found.data?.pages.flatMap((page) => page.dead) ?? [];
  const reasons = [...new Set(letters.map((letter) => letter.reason))].sort();
  return (
    <Card id="dead" title="Dead letters" unit="refused, with their bytes; newest first" span={12} isLoading={found.isPending}
      problem={found.error instanceof Problem ? found.error : undefined}
      actions={reasons.length > 1 || reason ? <select className={style.select} aria-label="Reason" value={reason} onChange={(event) => setReason(event.target.value)}><option value="">Every reason</option>{reasons.map((one) => <option key={one}>{one}</option>)}</select> : undefined}>
      {found.data && !letters.length && <Empty title="Nothing was refused." />}
      {letters.length > 0 && (
        <div className={style.wide} tabIndex={0} role="region" aria-label="Dead letters">
          <table className={ui.table}>
            <thead><tr><th scope="col">At</th><th scope="col" data-text="">Reason</th><th scope="col" data-text="">What is wrong</th><th scope="col" data-text="">From</th><th scope="col" data-text="">Stood at</th><th scope="col">Bytes</th>{isAdmin && <th scope="col"><span className="hidden">Actions</span></th>}</tr></thead>
            <tbody>{letters.map((letter) => <Rows key={letter.dead_id} letter={letter} isAdmin={isAdmin} />)}</tbody>
          </table>
        </div>
      )}
      {found.hasNextPage && <div className={style.more}><button className={ui.button} onClick={() => void found.fetchNextPage()}>Show more</button></div>}
    </Card>
  );
}
