import { Icon } from "~/ui/Icon";
import { Notice } from "~/ui/Notice";

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

export function Lamps({ progress }: { progress: Progress }) {
  const { error } = progress;
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
    </>
  );
}
