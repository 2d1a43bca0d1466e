import { useQueries } from "@tanstack/react-query";

import { ask } from "~/api/client";
import { useGet } from "~/api/hooks";
import { subtract, sum } from "~/format/decimal";
import { percent } from "~/format/measures";
import { exactMoney, money, signedMoney } from "~/format/money";
import { dateTimeLabel } from "~/format/time";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Empty } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

interface Job {
  position: number;
  key: string;
  state: string;
  share_done: number;
  updated_at: string;
  audit?: { published_by?: string; reason?: string } | null;
  calls_changed?: number;
}

interface Detail {
  changes: { currency: string; cost_before: string | null; cost_after: string | null }[];
}

const SHOWN_MAX = 5;

/** Old and new cost of one currency, exact; null while it is not told. */
export function changeOf(detail: Detail | undefined, currency: string): { before: string; after: string; difference: string } | null {
  if (!detail) return null;
  const rows = detail.changes.filter((row) => row.currency === currency);
  const before = sum(rows.map((row) => row.cost_before ?? "0"));
  const after = sum(rows.map((row) => row.cost_after ?? "0"));
  return { before, after, difference: subtract(after, before) };
}

/** Corrections of prices: what they changed, who published them. */
export function Repricings({ waits = false }: { waits?: boolean }) {
  const { address } = useAddress();
  const result = useGet<{ repricings: Job[] }>("/v1/repricings?limit=20", undefined, waits);
  const jobs = result.answer?.repricings.slice(0, SHOWN_MAX) ?? [];
  const details = useQueries({ queries: jobs.map((job) => ({ queryKey: ["repricing", job.position, job.updated_at], queryFn: () => ask<Detail>(`/v1/repricings/${job.position}`) })) });
  const currency = address.currency;
  return (
    <Card id="repricings" title="Repricing ledger" unit="corrections, newest first" span={12} {...result}>
      {result.answer && !jobs.length && <Empty title="No price has been corrected." />}
      {jobs.length > 0 && (
        <div className={ui.scroll} tabIndex={0} role="region" aria-label="Repricings">
          <table className={ui.table}>
            <thead><tr><th scope="col">Price record</th><th scope="col" data-text="">By, why</th><th scope="col">Calls changed</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">Difference</th><th scope="col">State</th><th scope="col">At</th></tr></thead>
            <tbody>
              {jobs.map((job, index) => {
                const change = changeOf(details[index]?.data, currency);
                const [, , provider, model] = job.key.split("|");
                return (
                  <tr key={job.position} data-row={job.position}>
                    <th scope="row" title={job.key}>{provider} · {model}</th>
                    <td data-text="">{[job.audit?.published_by, job.audit?.reason].filter(Boolean).join(", ") || "—"}</td>
                    <td>{job.calls_changed?.toLocaleString("en-US") ?? "—"}</td>
                    <td title={exactMoney(change?.before ?? null, currency)}>{money(change?.before ?? null, currency)}</td>
                    <td title={exactMoney(change?.after ?? null, currency)}>{money(change?.after ?? null, currency)}</td>
                    <td title={exactMoney(change?.difference ?? null, currency)}>{change ? signedMoney(change.difference, currency) : "—"}</td>
                    <td>{job.state === "running" ? `running, ${percent(job.share_done)}` : job.state}</td>
                    <td>{dateTimeLabel(job.updated_at, address.tz)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
