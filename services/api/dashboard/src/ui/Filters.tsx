import { Popover } from "@base-ui/react/popover";
import { useState } from "react";

import { useQueryAnswer } from "~/api/hooks";
import { labelOf } from "~/marks/prepare";
import { DIMENSIONS, type Filter, withFilter } from "~/state/address";
import { queryOf, useAddress } from "~/state/useAddress";

import { Icon } from "./Icon";
import style from "./shell.module.css";
import ui from "./ui.module.css";

export function dimLabel(dim: string): string {
  const text = dim.replace(/_/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function Chip({ filter, onRemove }: { filter: Filter; onRemove: () => void }) {
  const values = filter.values.length ? filter.values.slice(0, 2).join(", ") + (filter.values.length > 2 ? ` +${filter.values.length - 2}` : "") : "(none)";
  return (
    <span className={style.chip} title={filter.values.join(", ")}>
      {dimLabel(filter.dim)} <b>{filter.not ? "≠" : "="}</b> {values}
      <button onClick={onRemove} aria-label={`Remove filter ${filter.dim}`}><Icon name="close" size={12} /></button>
    </span>
  );
}

/** The range's own values of a dimension, by calls; what is typed narrows them, or is taken as it is. */
function Values({ dim, onPick }: { dim: string; onPick: (filter: Filter) => void }) {
  const { address } = useAddress();
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const { answer, isLoading } = useQueryAnswer(queryOf({ ...address, filters: [] }, { measures: ["calls"], by: [{ dim, top: 100 }] }));
  const values = (answer?.groups ?? []).map((group) => group.key[dim] ?? "");
  const shown = values.filter((value) => labelOf(value).toLowerCase().includes(typed.toLowerCase()));
  const apply = (not: boolean) => {
    const picked = chosen.length ? chosen : typed ? [typed] : [];
    if (picked.length) onPick({ dim, not, values: picked.length === 1 && picked[0] === "" ? [] : picked });
  };
  return (
    <div className={style.values}>
      <input className={ui.input} placeholder={`Find ${dimLabel(dim).toLowerCase()}`} aria-label={`Find ${dim}`} value={typed} onChange={(event) => setTyped(event.target.value)} autoFocus />
      <ul>
        {isLoading && <li className={ui.faint}>Loading…</li>}
        {shown.map((value) => (
          <li key={value}>
            <label className={style.check}>
              <input type="checkbox" checked={chosen.includes(value)} onChange={(event) => setChosen(event.target.checked ? [...chosen, value] : chosen.filter((one) => one !== value))} />
              {labelOf(value)}
            </label>
          </li>
        ))}
      </ul>
      <div className={style.valueActions}>
        <button className={ui.primary} onClick={() => apply(false)}>Only these</button>
        <button className={ui.button} onClick={() => apply(true)}>All but these</button>
      </div>
    </div>
  );
}

export function Filters() {
  const { address, change } = useAddress();
  const [isOpen, setIsOpen] = useState(false);
  const [dim, setDim] = useState("org");
  return (
    <div className={style.filters}>
      {address.filters.map((filter, index) => (
        <Chip key={`${filter.dim}${index}`} filter={filter} onRemove={() => change({ filters: address.filters.filter((_, other) => other !== index) })} />
      ))}
      <Popover.Root open={isOpen} onOpenChange={setIsOpen}>
        <Popover.Trigger className={ui.button} data-add-filter="" aria-label="Add a filter"><Icon name="filter" size={16} /><span data-wide="">Filter</span></Popover.Trigger>
        <Popover.Portal>
          <Popover.Positioner sideOffset={4} align="start" className={ui.layer}>
            <Popover.Popup className={style.picker} aria-label="Filter">
              <ul>
                {DIMENSIONS.map((one) => (
                  <li key={one}><button className={ui.item} aria-pressed={one === dim} onClick={() => setDim(one)}>{dimLabel(one)}</button></li>
                ))}
              </ul>
              <Values key={dim} dim={dim} onPick={(filter) => {
                change({ filters: withFilter(address.filters, filter) });
                setIsOpen(false);
              }} />
            </Popover.Popup>
          </Popover.Positioner>
        </Popover.Portal>
      </Popover.Root>
    </div>
  );
}
