import { Link } from "@tanstack/react-router";

import { useGet } from "~/api/hooks";
import { useSession } from "~/api/session";
import type { Completeness, Estimate } from "~/api/types";
import { age, whole } from "~/format/measures";
import { exactMoney, money } from "~/format/money";
import { reason } from "~/format/reasons";
import { LoadShipped } from "~/pages/prices/LoadShipped";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Icon } from "~/ui/Icon";
import { Empty } from "~/ui/Notice";
import { Tile, Tiles } from "~/ui/Tile";
import ui from "~/ui/ui.module.css";

import { DeadLetters } from "./DeadLetters";
import style from "./pending.module.css";

interface Waiting {
  reason: string;
  provider: string;
  model: string;
  org: string;
  calls: number;
  tokens: Record<string, number>;
  oldest_from: string;
  estimate: Estimate | null;
}

interface Answer {
  completeness: Completeness;
  pending: Waiting[];
}

function range(estimate: Estimate | null, currency: string): string {
  return estimate ? `${money(estimate.low, currency)} – ${money(estimate.high, currency)}` : "not known";
}

function since(iso: string): string {
  return age(Math.max(0, (Date.now() - Date.parse(iso)) / 1_000));
}

function Row({ waiting, isAdmin }: { waiting: Waiting; isAdmin: boolean }) {
  const { address, carried } = useAddress();
  const tokens = Object.values(waiting.tokens).reduce((sum, count) => sum + count, 0);
  const canAdd = isAdmin && ["model_unknown", "provider_unknown", "no_version_at_time", "rate_missing", "variant_missing"].includes(waiting.reason);
  const filters = [`provider:${waiting.provider}`, `model:${waiting.model}`, `org:${waiting.org}`];
  return (
    <tr data-row={`${waiting.provider} ${waiting.model} ${waiting.org}`}>
      <th scope="row">{waiting.provider || "—"} · {waiting.model || "—"}</th>
      <td data-text="">{reason(waiting.reason)}</td>
      <td data-text="">{waiting.org}</td>
      <td data-value={waiting.calls}><Link className={ui.quietLink} to="/conversations" search={carried({}, { show: "traces", status: "pending", f: filters })}>{whole(waiting.calls)}</Link></td>
      <td>{whole(tokens)}</td>
      <td title={waiting.oldest_from}>{since(waiting.oldest_from)}</td>
      <td title={waiting.estimate ? `${exactMoney(waiting.estimate.low, address.currency)} to ${exactMoney(waiting.estimate.high, address.currency)}` : undefined}>{range(waiting.estimate, address.currency)}</td>
      {isAdmin && <td>{canAdd && <Link className={ui.button} to="/prices" search={carried({}, { add: `${waiting.provider}|${waiting.model}` })}>Add price</Link>}</td>}
    </tr>
  );
}

function Summary({ completeness, currency }: { completeness: Completeness; currency: string }) {
  const { pending_calls: calls, pending_tokens: tokens, oldest_pending_at: oldest, estimate } = completeness;
  return (
    <Tiles>
      <Tile id="calls" title="Pending calls" value={whole(calls)} exact={String(calls)} tone={calls ? "warn" : "good"} note={calls ? "counted, not yet priced" : "every call has its price"} />
      <Tile id="tokens" title="Their tokens" value={whole(tokens)} exact={String(tokens)} note="of all categories" />
      <Tile id="oldest" title="Oldest" value={oldest ? since(oldest) : "—"} exact={oldest ?? "none"} note={oldest ? "waiting since" : "nothing waits"} />
      <Tile id="stake" title="Money at stake" value={calls ? range(estimate, currency) : money("0", currency)} exact={estimate ? `${estimate.low} to ${estimate.high}` : "not known"} note="by the provider's own current prices" />
    </Tiles>
  );
}

/** What is not priced yet and why, and what was refused: both can be mended from here. */
export default function Pending() {
  const { address } = useAddress();
  const session = useSession().data;
  const isAdmin = session?.is_admin ?? false;
  const result = useGet<Answer>(`/v1/pending?currency=${address.currency}`, 10_000);
  const told = result.answer;
  return (
    <>
      <h1>Pending and dead letters</h1>
      <div className={ui.grid}>
        {told && <Summary completeness={told.completeness} currency={address.currency} />}
        <Card id="pending" title="Waiting for a price" unit="all time; priced by itself when the price arrives" span={12} {...result}>
          {told && !told.pending.length && <Empty title="Nothing waits."><span className={style.good}><Icon name="check" size={16} /> Every call has its price.</span></Empty>}
          {isAdmin && told && told.pending.length > 0 && <LoadShipped />}
          {told && told.pending.length > 0 && (
            <div className={ui.scroll} tabIndex={0} role="region" aria-label="Calls that wait, by model">
              <table className={ui.table}>
                <thead><tr><th scope="col">Model</th><th scope="col" data-text="">Why</th><th scope="col" data-text="">Organisation</th><th scope="col">Calls</th><th scope="col">Tokens</th><th scope="col">Oldest</th><th scope="col">Estimate</th>{isAdmin && <th scope="col"><span className="hidden">Actions</span></th>}</tr></thead>
                <tbody>{told.pending.map((one) => <Row key={`${one.reason} ${one.provider} ${one.model} ${one.org}`} waiting={one} isAdmin={isAdmin} />)}</tbody>
              </table>
            </div>
          )}
        </Card>
        <DeadLetters isAdmin={isAdmin} />
      </div>
    </>
  );
}
