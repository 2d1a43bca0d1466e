import { Popover } from "@base-ui/react/popover";
import { type SubmitEvent, useState } from "react";

import { rangeLabel } from "~/format/time";
import { isZone } from "~/state/address";
import { PRESETS, presetOf, resolve, wallNow } from "~/state/range";
import { useAddress } from "~/state/useAddress";

import { Icon } from "./Icon";
import style from "./shell.module.css";
import { usePeriod } from "./shortcuts";
import ui from "./ui.module.css";

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

function Absolute({ onDone }: { onDone: () => void }) {
  const { address, change } = useAddress();
  const now = wallNow(new Date(), address.tz);
  const [wrong, setWrong] = useState("");
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [from, to, tz] = ["from", "to", "tz"].map((name) => form.get(name) as string);
    if (!tz || !isZone(tz)) setWrong("No such zone.");
    else if (!from || !to || from >= to) setWrong("The start must be before the end.");
    else {
      change({ from, to, tz });
      onDone();
    }
  };
  return (
    <form className={style.absolute} onSubmit={submit}>
      <label>From<input className={ui.input} name="from" type="datetime-local" defaultValue={resolve(address.from, now)} required /></label>
      <label>To (not included)<input className={ui.input} name="to" type="datetime-local" defaultValue={resolve(address.to, now)} required /></label>
      <label>Zone<input className={ui.input} name="tz" list="zones" defaultValue={address.tz} required /></label>
      <datalist id="zones">{ZONES.map((zone) => <option key={zone} value={zone} />)}</datalist>
      {wrong && <p role="alert" className={style.wrong}>{wrong}</p>}
      <button className={ui.primary}>Apply</button>
    </form>
  );
}

/** Presets keep their relative form in the address; typed times are absolute in the zone. */
export function RangePicker() {
  const { address, change } = useAddress();
  const move = usePeriod();
  const [isOpen, setIsOpen] = useState(false);
  const now = wallNow(new Date(), address.tz);
  const [from, to] = [resolve(address.from, now), resolve(address.to, now)];
  const preset = presetOf(address.from, address.to);
  return (
    <div className={style.range}>
      <button className={ui.iconButton} aria-label="Period before" onClick={() => move(-1)}><Icon name="left" size={16} /></button>
      <Popover.Root open={isOpen} onOpenChange={setIsOpen}>
        <Popover.Trigger className={ui.button}>
          <span className="hidden">Range:</span>
          <Icon name="calendar" size={16} />
          <span>{preset?.label ?? rangeLabel(from, to)}</span>
          <span className={style.quiet} data-wide="">{preset ? rangeLabel(from, to) : ""} · {address.tz}</span>
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Positioner sideOffset={4} align="start" className={ui.layer}>
            <Popover.Popup className={style.picker} aria-label="Range">
              <ul>
                {PRESETS.map((one) => (
                  <li key={one.key}>
                    <button className={ui.item} aria-pressed={preset === one} onClick={() => {
                      change({ from: one.from, to: one.to });
                      setIsOpen(false);
                    }}>
                      {one.label}{preset === one && <Icon name="check" size={16} />}
                    </button>
                  </li>
                ))}
              </ul>
              <Absolute onDone={() => setIsOpen(false)} />
            </Popover.Popup>
          </Popover.Positioner>
        </Popover.Portal>
      </Popover.Root>
      <button className={ui.iconButton} aria-label="Period after" onClick={() => move(1)}><Icon name="right" size={16} /></button>
    </div>
  );
}
