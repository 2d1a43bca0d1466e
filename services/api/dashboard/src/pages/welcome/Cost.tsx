import { Link } from "@tanstack/react-router";

import { exactMoney, money } from "~/format/money";
import { reason } from "~/format/reasons";
import { AddPrice } from "~/pages/prices/AddPrice";
import { LoadShipped } from "~/pages/prices/LoadShipped";
import { Notice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import type { Progress } from "./types";
import style from "./welcome.module.css";

/** What the first call cost; where no price is known, the form that adds it. */
export function Cost({ event }: { event: NonNullable<Progress["event"]> }) {
  const trace = { to: "/traces/$id", params: { id: event.trace_id || event.event_id }, search: { step: event.event_id } } as const;
  if (event.pending) {
    return (
      <>
        <Notice tone="warn">
          {event.provider} {event.model} has no price yet: <b>{reason(event.pending)}</b>{event.pending_detail && ` (${event.pending_detail})`}. Load the shipped price book, or add this price alone, and the call is priced by itself; until then it is pending, never zero.
        </Notice>
        <LoadShipped isPrimary />
        <section className={style.price} aria-label="Add price"><AddPrice key={event.model} provider={event.provider} model={event.model} /></section>
        <p className={style.next}><Link className={ui.quietLink} {...trace}>Open the trace</Link></p>
      </>
    );
  }
  return (
    <Notice tone="good">
      The first call of {event.org_id} cost <b data-value={exactMoney(event.cost, event.currency)} title={exactMoney(event.cost, event.currency)}>{money(event.cost, event.currency)}</b>.
      <p className={style.next}>
        <Link className={ui.primaryLink} {...trace} search={{ ...trace.search, tab: "price" }}>Explain this price</Link>
        <Link className={ui.quietLink} to="/overview">Open the overview</Link>
      </p>
    </Notice>
  );
}

/** What makes it one's own, once the first call has its price. */
export function Then({ org }: { org: string }) {
  return (
    <section className={style.then} data-widget="then" aria-label="What next">
      <h2>What next</h2>
      <ul>
        <li><Link className={ui.quietLink} to="/orgs/$org" params={{ org }}>The page of {org}</Link>: what a customer sees; "Share" puts it into their own site.</li>
        <li><Link className={ui.quietLink} to="/prices">The price book</Link>: what stands, what nothing prices yet, and some 6,700 shipped prices to load.</li>
        <li><Link className={ui.quietLink} to="/settings">Settings</Link>: keys for colleagues, services and customers.</li>
        <li><Link className={ui.quietLink} to="/overview">The overview</Link>: all of it, live.</li>
      </ul>
    </section>
  );
}
