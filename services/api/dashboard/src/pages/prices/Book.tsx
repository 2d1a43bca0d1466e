import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Problem, ask, queryString } from "~/api/client";
import { useGet } from "~/api/hooks";
import { dateTimeLabel } from "~/format/time";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Empty, ProblemNotice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import { LoadShipped } from "./LoadShipped";
import style from "./prices.module.css";
import { type BookRecord, type Version, differences, rateOf, rateText } from "./record";

interface Page {
  prices: Version[];
  next: string | null;
}

const KINDS = ["price", "alias", "pattern", "markup", "calendar"] as const;

function nameOf(record: BookRecord | null, key: string): string {
  return [record?.provider, record?.model ?? record?.reference].filter(Boolean).join(" · ") || key;
}

function Row({ version, onOpen }: { version: Version; onOpen: (record: BookRecord) => void }) {
  const { record } = version;
  const is = record?.kind ?? "";
  return (
    <tr data-row={version.key}>
      <th scope="row"><button className={ui.quietLink} onClick={() => record && onOpen(record)}>{nameOf(record, version.key)}</button></th>
      <td data-text="">{is === "alias" ? `alias ${String(record?.reference)} → ${record?.model ?? ""}` : is}{record?.scope && record.scope !== "*" ? ` (${record.scope})` : ""}{record?.variants?.length ? `, ${record.variants.length} variants` : ""}</td>
      <td>{is === "price" ? rateOf(record, "input") : ""}</td>
      <td>{is === "price" ? rateOf(record, "output") : ""}</td>
      <td data-text="">{record?.source?.confidence ?? "—"}</td>
      <td>{record?.effective_from?.slice(0, 10) ?? "—"}</td>
    </tr>
  );
}

/** The versions of a model as a timeline, newest first, each with what it changed. */
export function History({ record, isAdmin, onClose }: { record: BookRecord; isAdmin: boolean; onClose: () => void }) {
  const { address } = useAddress();
  const client = useQueryClient();
  const [wrong, setWrong] = useState<Problem | null>(null);
  const result = useGet<{ history: Version[] }>(`/v1/prices/history${queryString({ provider: record.provider, model: record.model })}`);
  const versions = result.answer?.history ?? [];
  const withdraw = async (key: string) => {
    try {
      await ask(`/v1/prices/${encodeURIComponent(key)}`, { method: "DELETE" });
      await client.invalidateQueries();
    } catch (error) {
      setWrong(error instanceof Problem ? error : new Problem({ status: 0, detail: String(error) }));
    }
  };
  return (
    <Card id="history" title={`History of ${nameOf(record, "")}`} unit="nothing is ever erased" span={12} {...result} actions={<button className={ui.button} onClick={onClose}>Close</button>}>
      {wrong && <ProblemNotice problem={wrong} />}
      <ol className={style.timeline}>
        {versions.map((version, index) => {
          const changed = differences(versions[index + 1]?.record ?? null, version.record);
          return (
            <li key={version.position} data-row={version.position}>
              <div className={style.when}><b>{version.record?.effective_from?.slice(0, 16).replace("T", " ") ?? "withdrawn"}</b><span>published {dateTimeLabel(version.published_at, address.tz)}{version.record?.audit?.published_by && ` by ${version.record.audit.published_by}`}{version.record?.audit?.reason && `: ${version.record.audit.reason}`}</span></div>
              <div>
                {version.is_deleted ? <p className={style.gone}>Withdrawn: <code>{version.key}</code></p> : (
                  <ul className={style.rates}>{Object.entries(version.record?.rates ?? {}).map(([name, rate]) => <li key={name}>{name.replace(/_/g, " ")} <b>{rateText(rate)}</b></li>)}</ul>
                )}
                {index < versions.length - 1 && changed.length > 0 && !version.is_deleted && <p className={style.diff}>Changed: {changed.map((one) => `${one.name} ${one.before} → ${one.after}`).join("; ")}</p>}
              </div>
              {isAdmin && !version.is_deleted && version.record?.kind === "price" && <button className={ui.button} onClick={() => void withdraw(version.key)}>Withdraw</button>}
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

export function Book({ isAdmin, onOpen }: { isAdmin: boolean; onOpen: (record: BookRecord) => void }) {
  const [asked, setAsked] = useState({ kind: "price", provider: "", model: "" });
  const path = (after: string) => `/v1/prices${queryString({ kind: asked.kind, provider: asked.provider || undefined, model: asked.model || undefined, after: after || undefined, limit: "100" })}`;
  const found = useInfiniteQuery({
    queryKey: ["prices", asked], queryFn: ({ pageParam, signal }) => ask<Page>(path(pageParam), { signal }), initialPageParam: "", getNextPageParam: (last) => last.next,
  });
  const versions = found.data?.pages.flatMap((page) => page.prices) ?? [];
  const change = (name: string, value: string) => setAsked({ ...asked, [name]: value });
  return (
    <Card id="book" title="Price book" unit="every version that stands" span={12} isLoading={found.isPending} problem={found.error instanceof Problem ? found.error : undefined}>
      <div className={style.filters}>
        <select className={ui.input} aria-label="Kind" value={asked.kind} onChange={(event) => change("kind", event.target.value)}>{KINDS.map((kind) => <option key={kind}>{kind}</option>)}</select>
        <input className={ui.input} aria-label="Provider" placeholder="Provider, exact" onChange={(event) => change("provider", event.target.value.trim())} />
        <input className={ui.input} aria-label="Model" placeholder="Model, exact" onChange={(event) => change("model", event.target.value.trim())} />
      </div>
      {isAdmin && <LoadShipped />}
      {found.data && !versions.length && <Empty title="No such record."><p>The product ships a book of some 6,700 prices{isAdmin ? ": the button above loads what is missing here." : ", which an administrator can load here."}</p></Empty>}
      {versions.length > 0 && (
        <div className={style.wide} tabIndex={0} role="region" aria-label="Price records">
          <table className={ui.table}>
            <thead><tr><th scope="col">Record</th><th scope="col" data-text="">Kind</th><th scope="col">Input</th><th scope="col">Output</th><th scope="col" data-text="">Confidence</th><th scope="col">From</th></tr></thead>
            <tbody>{versions.map((version) => <Row key={version.key} version={version} onOpen={onOpen} />)}</tbody>
          </table>
        </div>
      )}
      {found.hasNextPage && <div className={style.actions}><button className={ui.button} onClick={() => void found.fetchNextPage()}>Show more</button></div>}
    </Card>
  );
}
