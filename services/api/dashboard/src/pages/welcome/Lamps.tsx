import { Link } from "@tanstack/react-router";

import { exactMoney, money } from "~/format/money";
import { AddPrice } from "~/pages/prices/AddPrice";
import { Icon } from "~/ui/Icon";
import { Notice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import type { Progress } from "./types";
import style from "./welcome.module.css";

type State = "on" | "waiting" | "unknown";

interface Lamp {
  name: string;
  state: State;
  words: string;
}

/** Four stations of an event, in order; what each waits for, and where to look if it waits long. Pure. */
export function lampsOf({ received, stored, priced, visible }: Progress): Lamp[] {
  const lamp = (name: string, isOn: boolean | null, on: string, waiting: string): Lamp => ({
    name, state: isOn === null ? "unknown" : isOn ? "on" : "waiting", words: isOn === null ? "Kafka does not answer" : isOn ? on : waiting,
  });
  return [
    lamp("Received", received === null && stored ? true : received, "Kafka has it", "no event yet"),
    lamp("Stored", stored, "the ledger has it", received ? "tracetally-rollup stores it within seconds" : "after it is received"),
    lamp("Priced", priced, "by the price book", stored ? "no price for it yet" : "after it is stored"),
    lamp("Visible", visible, "the pages show it", stored ? "within seconds" : "after it is stored"),
  ];
}

function Next({ event }: { event: NonNullable<Progress["event"]> }) {
  const trace = { to: "/traces/$id", params: { id: event.trace_id || event.event_id }, search: { step: event.event_id } } as const;
  if (event.pending) {
    return (
      <>
        <Notice tone="warn">
          {event.provider} {event.model} has no price yet: <b>{event.pending}</b>{event.pending_detail && ` (${event.pending_detail})`}. Add it here, and the call is priced by itself; until then it is pending, never zero. Or load the shipped price book: <code>tracetally-prices sync --from seed --apply</code>
        </Notice>
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

export function Lamps({ progress }: { progress: Progress }) {
  const { event, error } = progress;
  return (
    <>
      <ul className={style.lamps} aria-live="polite">
        {lampsOf(progress).map(({ name, state, words }) => (
          <li key={name} data-lamp={name.toLowerCase()} data-state={state}>
            <span className={style.bulb}>{state === "on" ? <Icon name="check" size={14} /> : state === "unknown" ? <Icon name="warn" size={14} /> : null}</span>
            <b>{name}</b><span>{words}</span>
          </li>
        ))}
      </ul>
      {error && <Notice tone="bad">Last refused, {error.at}: <code data-figure="error">{error.reason}{error.field && ` in ${error.field}`}: {error.detail}</code></Notice>}
      {event && <Next event={event} />}
    </>
  );
}
