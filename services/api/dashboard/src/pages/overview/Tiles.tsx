import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { type Result, useGet } from "~/api/hooks";
import type { Answer } from "~/api/types";
import { subtract } from "~/format/decimal";
import { age, measure, percent, short, showExact, showLarge } from "~/format/measures";
import { money, signedMoney } from "~/format/money";
import { Sparkline } from "~/marks/Sparkline";
import { useAddress } from "~/state/useAddress";
import { Pending } from "~/ui/Pending";
import { Tile } from "~/ui/Tile";

import { type Spend, spendPath, unapplied } from "./spend";

const COST = measure("cost");

/** "+12.3 %" against what was before; from nothing it is new. */
export function changeText(now: string, before: string): string {
  const base = Number(before);
  if (base === 0) return Number(now) === 0 ? "unchanged" : "new";
  const share = Number(subtract(now, before)) / Math.abs(base);
  return `${share < 0 ? "−" : "+"}${percent(Math.abs(share))}`;
}

function amount(answer: Answer | undefined): string | null {
  const value = answer?.total.total.cost;
  return value === null || value === undefined ? null : String(value);
}

const COMPARED: Record<string, string> = { previous: "than the period before", week: "than a week before", year: "than a year before" };

function Change({ spend }: { spend: Result }) {
  const { address, carried } = useAddress();
  const now = amount(spend.answer);
  const before = spend.answer?.previous?.total.total.cost ?? null;
  const currency = address.currency;
  const isKnown = now !== null && before !== null;
  const difference = isKnown ? subtract(now, String(before)) : null;
  const words = difference?.startsWith("-") ? "less" : "more";
  return (
    <Tile id="change" title="Change" isLoading={spend.isLoading} value={difference === null ? "—" : signedMoney(difference, currency)}
      exact={difference === null ? "not known" : showExact(difference, COST, currency)}
      note={isKnown && difference !== null ? Number(difference) === 0 ? "unchanged" : `${changeText(now, String(before))}, ${words} ${COMPARED[address.cmp] ?? COMPARED.previous ?? ""}` : "nothing to compare with"}>
      <Link to="/explain" search={carried()} data-action="explain">Explain</Link>
    </Tile>
  );
}

function Month({ month, spend }: { month: Result; spend: Spend | undefined }) {
  const { address } = useAddress();
  const projection = spend?.projection;
  const value = amount(month.answer);
  const band: ReactNode = projection?.value
    ? <>ends near <b>{money(projection.value, address.currency)}</b></>
    : "since the first of the month";
  return (
    <Tile id="month" title="Month to date" isLoading={month.isLoading} value={showLarge(value, COST, address.currency)} exact={showExact(value, COST, address.currency)} note={band}>
      {month.answer && <Sparkline label="Cost by day of this month" values={(month.answer.total.series?.cost ?? []).map(Number)} />}
    </Tile>
  );
}

function Projection({ result }: { result: Result<Spend> }) {
  const { address } = useAddress();
  const projection = result.answer?.projection;
  const skipped = unapplied(address);
  const note = projection?.value
    ? `${money(projection.low, address.currency)} to ${money(projection.high, address.currency)} in 4 of 5 cases`
    : projection?.reason ?? "";
  return (
    <Tile id="projection" title="Month-end projection" isLoading={result.isLoading} problem={result.problem}
      note={<>{note}{skipped.length > 0 && <p>without the filter {skipped.join(", ")}</p>}</>}
      value={showLarge(projection?.value, COST, address.currency)} exact={showExact(projection?.value, COST, address.currency)} />
  );
}

function PendingTile({ spend }: { spend: Result }) {
  const { address, carried } = useAddress();
  const state = spend.answer?.completeness;
  const calls = state?.pending_calls ?? 0;
  const oldest = state?.oldest_pending_at;
  const isFresh = (state?.lag_seconds ?? Infinity) < 120;
  const estimate = state?.estimate;
  const seconds = oldest && spend.answer ? (Date.parse(spend.answer.as_of) - Date.parse(oldest)) / 1_000 : 0;
  const note = calls
    ? `${short(state?.pending_tokens ?? 0)} tokens${oldest ? `, oldest ${age(Math.max(0, seconds))}` : ""}`
    : isFresh ? "every call has its price" : "the ledger is behind: not known to be all";
  return (
    <Tile id="pending" title="Pending calls" isLoading={spend.isLoading} value={calls.toLocaleString("en-US")} exact={`${calls} calls`}
      tone={calls ? "warn" : isFresh ? "good" : undefined} note={note}>
      <Link to="/pending" search={carried()}>
        {estimate ? `≈ ${money(estimate.low, address.currency)} – ${money(estimate.high, address.currency)}` : calls ? "no candidate price" : "Prices"}
      </Link>
    </Tile>
  );
}

export interface TilesProps {
  spend: Result;
  month: Result;
  waits: boolean;
}

export function Tiles({ spend, month, waits }: TilesProps) {
  const { address } = useAddress();
  const told = useGet<Spend>(spendPath(address), undefined, waits);
  const value = amount(spend.answer);
  return (
    <>
      <Tile id="spend" title="Spend" isLoading={spend.isLoading} problem={spend.problem} value={showLarge(value, COST, address.currency)} exact={showExact(value, COST, address.currency)}
        note={spend.answer && (spend.answer.completeness.pending_calls
          ? <Pending completeness={spend.answer.completeness} currency={address.currency} />
          : `${short(Number(spend.answer.total.total.calls ?? 0))} calls`)}>
        {spend.answer && <Sparkline label="Cost over the range" values={(spend.answer.total.series?.cost ?? []).map(Number)} />}
      </Tile>
      <Change spend={spend} />
      <Month month={month} spend={told.answer} />
      <Projection result={told} />
      <PendingTile spend={spend} />
    </>
  );
}
