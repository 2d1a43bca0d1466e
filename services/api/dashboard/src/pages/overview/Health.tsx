import { useGet } from "~/api/hooks";
import { age } from "~/format/measures";
import { dateTimeLabel } from "~/format/time";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Icon } from "~/ui/Icon";
import { NeverReceived } from "~/ui/NothingHere";

import style from "./overview.module.css";

export interface HealthAnswer {
  received: number;
  stored: number;
  duplicates: number;
  dead: number;
  /** Of the received lines; others were refused at the door. */
  dead_lines: number;
  pending: number;
  conflicts: number;
  unattributed: number;
  lag_seconds: number | null;
  as_of: string | null;
  topics: { topic: string; behind: number }[];
  last_price: { published_at: string } | null;
}

/** What was received and is neither stored, a duplicate nor rejected: on its way, or lost. */
export function inFlight(health: HealthAnswer): number {
  return health.received - health.stored - health.duplicates - health.dead_lines;
}

export function isBalanced(health: HealthAnswer): boolean {
  const behind = health.topics.reduce((sum, one) => sum + one.behind, 0);
  return inFlight(health) >= 0 && (inFlight(health) === 0 || behind > 0);
}

/** received = stored + duplicates + rejected + in flight, with how far behind the ledger is. */
export function Health() {
  const { address } = useAddress();
  const result = useGet<HealthAnswer>("/v1/health/data");
  const { answer } = result;
  if (answer && answer.received + answer.stored === 0) return <Card id="health" title="Data health" span={12}><NeverReceived /></Card>;
  const steps: [string, number, string][] = answer ? [
    ["Received", answer.received, ""], ["Stored", answer.stored, "="], ["Duplicates", answer.duplicates, "+"], ["Rejected", answer.dead_lines, "+"], ["In flight", inFlight(answer), "+"],
  ] : [];
  const isGood = answer !== undefined && isBalanced(answer);
  const facts: [string, string][] = answer ? [
    ["Behind", answer.lag_seconds === null ? "not known" : age(answer.lag_seconds)],
    ["Refused at the door", Math.max(0, answer.dead - answer.dead_lines).toLocaleString("en-US")],
    ["Conflicts", answer.conflicts.toLocaleString("en-US")],
    ["Without organisation", answer.unattributed.toLocaleString("en-US")],
    ["Last price", answer.last_price ? dateTimeLabel(answer.last_price.published_at, address.tz) : "none yet"],
  ] : [];
  return (
    <Card id="health" title="Data health" unit="events, all time" span={12} {...result}
      actions={answer && <span className={style.state} data-tone={isGood ? "good" : "bad"}><Icon name={isGood ? "check" : "warn"} size={15} />{isGood ? "balanced" : "does not balance"}</span>}>
      {answer && (
        <>
          <ol className={style.strip}>
            {steps.map(([name, count, sign]) => (
              <li key={name} data-figure={name}>{sign && <span aria-hidden="true">{sign}</span>}<div><b>{count.toLocaleString("en-US")}</b>{name}</div></li>
            ))}
          </ol>
          <dl className={style.factRow}>{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
        </>
      )}
    </Card>
  );
}
