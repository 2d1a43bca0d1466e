import type { Result } from "~/api/hooks";
import { measure, percent, short, showExact, showLarge } from "~/format/measures";
import { money } from "~/format/money";
import { Bullet } from "~/marks/Bullet";
import { Sparkline } from "~/marks/Sparkline";
import { wallNow } from "~/state/range";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Empty } from "~/ui/Notice";
import { Pending } from "~/ui/Pending";
import { Tile, Tiles } from "~/ui/Tile";

import { changeText } from "../overview/Tiles";
import type { OrgRecord } from "./Org";

const CHARGE = measure("charge");

/** How much of the month is gone, and how many days are left; `now` is the wall clock of the zone. */
export function monthPace(now: Date): { elapsed: number; daysLeft: number } {
  const days = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 0)).getUTCDate();
  const gone = now.getUTCDate() - 1 + (now.getUTCHours() * 60 + now.getUTCMinutes()) / 1_440;
  return { elapsed: gone / days, daysLeft: days - now.getUTCDate() };
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export interface UsedProps {
  used: Result;
  month: Result;
  record: OrgRecord | undefined;
}

export function Used({ used, month, record }: UsedProps) {
  const { address } = useAddress();
  const { currency } = address;
  const value = text(used.answer?.total.total.charge);
  const before = text(used.answer?.previous?.total.total.charge);
  const monthly = text(month.answer?.total.total.charge);
  const { daysLeft } = monthPace(wallNow(new Date(), address.tz));
  const budget = record?.monthly_budget;
  return (
    <Tiles>
      <Tile id="used" title="Charge in range" isLoading={used.isLoading} problem={used.problem} value={showLarge(value, CHARGE, currency)} exact={showExact(value, CHARGE, currency)}
        note={used.answer && (used.answer.completeness.pending_calls ? <Pending completeness={{ ...used.answer.completeness, estimate: null }} currency={currency} /> : value && before ? `${changeText(value, before)} against the period before` : "")}>
        {used.answer && <Sparkline label="Charge over the range" values={(used.answer.total.series?.charge ?? []).map(Number)} />}
      </Tile>
      <Tile id="month" title="This month" isLoading={month.isLoading} value={showLarge(monthly, CHARGE, currency)} exact={showExact(monthly, CHARGE, currency)}
        note={`${budget && monthly ? `${percent(Number(monthly) / Number(budget))} of ${money(budget, currency)}, ` : ""}${daysLeft} ${daysLeft === 1 ? "day" : "days"} left`}>
        {month.answer && <Sparkline label="Charge by day of this month" values={(month.answer.total.series?.charge ?? []).map(Number)} />}
      </Tile>
      <Tile id="calls" title="Calls in range" isLoading={used.isLoading} value={short(Number(used.answer?.total.total.calls ?? 0))} exact={String(used.answer?.total.total.calls ?? "not known")} note="answers of models and tools" />
    </Tiles>
  );
}

export function Budget({ month, record }: { month: Result; record: OrgRecord | undefined }) {
  const { address } = useAddress();
  const charge = text(month.answer?.total.total.charge);
  const budget = record?.monthly_budget;
  const { elapsed, daysLeft } = monthPace(wallNow(new Date(), address.tz));
  const used = budget && charge ? Number(charge) / Number(budget) : 0;
  return (
    <Card id="budget" title="Budget" unit="this month" {...month}>
      {budget && charge ? (
        <>
          <p><b>{money(charge, address.currency)}</b> of {money(budget, address.currency)} used ({percent(used)}); {percent(elapsed)} of the month is gone, {daysLeft} days left.</p>
          <Bullet used={used} pace={elapsed} label={`${percent(used)} of the budget used, ${percent(elapsed)} of the month gone`} />
        </>
      ) : <Empty title="No budget is set for this organisation." />}
    </Card>
  );
}
