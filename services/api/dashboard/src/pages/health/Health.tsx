import { Link } from "@tanstack/react-router";

import { useGet } from "~/api/hooks";
import { age, whole } from "~/format/measures";
import { dateTimeLabel } from "~/format/time";
import { Health as Strip, type HealthAnswer } from "~/pages/overview/Health";
import { Repricings } from "~/pages/overview/Repricings";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Icon } from "~/ui/Icon";
import { Empty } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import style from "./health.module.css";

interface Topic {
  topic: string;
  behind: number;
  as_of?: string;
}

interface Entry {
  audit_id: string;
  occurred_at: string;
  actor: string;
  action: string;
  target: string;
}

interface Seen {
  provider: string;
  model: string;
  calls: number;
  matched_by: string | null;
}

const MEANING: Record<string, string> = {
  "calls.v1": "steps into the pricer", "priced.v1": "calls into the ledger", "dead.v1": "refused lines into their table",
  "prices.v1": "the price book's mirror", "orgs.v1": "the org registry",
  "outcomes.v1": "outcomes and feedback", "contents.v1": "content", "audit.v1": "who changed what",
};

function Topics({ topics }: { topics: Topic[] }) {
  const { address } = useAddress();
  return (
    <div className={style.wide} tabIndex={0} role="region" aria-label="Topics">
    <table className={ui.table}>
      <thead><tr><th scope="col">Topic</th><th scope="col" data-text="">What it brings</th><th scope="col">Messages behind</th><th scope="col">As of</th></tr></thead>
      <tbody>
        {topics.map((one) => (
          <tr key={one.topic} data-row={one.topic}>
            <th scope="row"><code>{one.topic}</code></th><td data-text="">{MEANING[one.topic] ?? ""}</td>
            <td data-value={one.behind} className={one.behind ? style.warn : undefined}>{whole(one.behind)}</td>
            <td>{one.as_of ? dateTimeLabel(one.as_of, address.tz) : "—"}</td>
          </tr>
        ))}
      </tbody>
    </table>
    </div>
  );
}

/** Model strings nothing prices: the shortest way to the price or alias that is missing. */
function Unmatched() {
  const { carried } = useAddress();
  const result = useGet<{ items: Seen[] }>("/v1/coverage?unmatched=true");
  const models = result.answer?.items ?? [];
  return (
    <Card id="unmatched" title="Models without a price" unit="last 30 days" {...result}
      actions={<Link className={ui.button} to="/prices" search={carried({}, { tab: "coverage" })}>Coverage</Link>}>
      {result.answer && !models.length && <Empty title="Every model seen has a price."><span className={style.good}><Icon name="check" size={16} /> Full coverage</span></Empty>}
      {models.length > 0 && (
        <table className={ui.table}>
          <tbody>{models.slice(0, 8).map((one) => <tr key={`${one.provider} ${one.model}`}><th scope="row">{one.provider} · {one.model}</th><td>{whole(one.calls)} calls</td></tr>)}</tbody>
        </table>
      )}
    </Card>
  );
}

function Changes() {
  const { address } = useAddress();
  const result = useGet<{ entries: Entry[] }>("/v1/audit?limit=20");
  if (result.problem?.status === 403) return null;
  return (
    <Card id="audit" title="Changes" unit="who did what, newest first" span={12} {...result}>
      {result.answer && !result.answer.entries.length && <Empty title="Nobody has changed anything yet." />}
      {(result.answer?.entries.length ?? 0) > 0 && (
        <div className={ui.scroll} tabIndex={0} role="region" aria-label="Changes">
          <table className={ui.table}>
            <thead><tr><th scope="col">At</th><th scope="col" data-text="">Who</th><th scope="col" data-text="">Did</th><th scope="col" data-text="">To</th></tr></thead>
            <tbody>{result.answer?.entries.map((one) => <tr key={one.audit_id}><th scope="row">{dateTimeLabel(one.occurred_at, address.tz)}</th><td data-text="">{one.actor}</td><td data-text="">{one.action}</td><td data-text="" className={style.target} title={one.target}>{one.target}</td></tr>)}</tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

/** Whether everything that came in is accounted for, and how far behind the figures are. */
export default function Health() {
  const result = useGet<HealthAnswer & { topics: Topic[] }>("/v1/health/data", 5_000);
  const lag = result.answer?.lag_seconds;
  return (
    <>
      <h1>Data health</h1>
      <div className={ui.grid}>
        <Strip />
        <Card id="topics" title="Streams" unit={lag === null || lag === undefined ? "how far behind" : `figures are ${age(lag)} behind`} {...result}>
          {result.answer && <Topics topics={result.answer.topics} />}
        </Card>
        <Unmatched />
        <Changes />
        <Repricings />
      </div>
    </>
  );
}
