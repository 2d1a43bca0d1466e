import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useRef } from "react";

import { duration } from "~/format/measures";
import { exactMoney, money } from "~/format/money";
import { Icon } from "~/ui/Icon";

import { type Row, dearest, nextError } from "./layout";
import style from "./trace.module.css";
import type { Step } from "./types";

const ROW_HEIGHT = 30;
const INDENT = 14;
const INDENT_MAX = 14;

export interface WaterfallProps {
  rows: Row[];
  steps: Step[];
  selected: string;
  currency: string;
  amount: (step: Step) => string | null;
  below: (step: Step) => string | null;
  onSelect: (id: string) => void;
  onFold: (id: string, isFolded?: boolean) => void;
  folded: ReadonlySet<string>;
}

function Name({ row, isFolded, onFold }: { row: Row; isFolded: boolean; onFold: (id: string) => void }) {
  const { step } = row;
  return (
    <span className={style.name} style={{ paddingLeft: Math.min(step.depth, INDENT_MAX) * INDENT }}>
      {row.hasChildren
        ? <button className={style.fold} tabIndex={-1} aria-label={isFolded ? "Unfold" : "Fold"} onClick={(event) => { event.stopPropagation(); onFold(step.event_id); }}><Icon name={isFolded ? "right" : "down"} size={13} /></button>
        : <span className={style.fold} />}
      {step.status === "error" && <span className={style.bad} title={step.error_type || "failed"}><Icon name="warn" size={14} /></span>}
      <span className={style.text}>{step.name || step.model || step.operation}</span>
      <span className={style.kind}>{step.operation}</span>
      {step.is_orphan && <span className={style.tag} title="Its parent has not been told">orphan</span>}
      {step.call && step.call.tellings.length > 1 && <span className={style.tag} title="One call, told several times">told {step.call.tellings.length}×{step.is_counted ? ", counts" : ""}</span>}
    </span>
  );
}

function Money({ step, value, currency }: { step: Step; value: string | null; currency: string }) {
  if (step.pending) return <span className={style.pending} title={step.pending_detail || step.pending}>pending</span>;
  if (value === null) return <span className={style.faint}>—</span>;
  return <span title={exactMoney(value, currency)} data-value={exactMoney(value, currency)} className={step.is_counted ? undefined : style.uncounted}>{money(value, currency)}</span>;
}

/** Tree and times in one list; only the rows in sight are drawn. */
export function Waterfall({ rows, steps, selected, currency, amount, below, onSelect, onFold, folded }: WaterfallProps) {
  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the list is not memoised by others
  const list = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT, overscan: 12 });
  const at = Math.max(0, rows.findIndex((row) => row.step.event_id === selected));
  useEffect(() => {
    if (rows.length) list.scrollToIndex(at);
  }, [at]); // eslint-disable-line react-hooks/exhaustive-deps -- follows the selection alone
  const move = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row) onSelect(row.step.event_id);
  };
  const press = (event: KeyboardEvent) => {
    const actions: Record<string, () => void> = {
      j: () => move(at + 1), k: () => move(at - 1), ArrowDown: () => move(at + 1), ArrowUp: () => move(at - 1),
      n: () => move(nextError(rows, at, 1)), N: () => move(nextError(rows, at, -1)),
      h: () => onFold(selected, true), l: () => onFold(selected, false), ArrowLeft: () => onFold(selected, true), ArrowRight: () => onFold(selected, false),
      $: () => onSelect(dearest(steps, amount)?.event_id ?? selected),
      Home: () => move(0), End: () => move(rows.length - 1),
    };
    const action = actions[event.key];
    if (!action || event.metaKey || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  const active = rows[at]?.step.event_id;
  return (
    <div ref={scroller} className={style.rows} style={{ height: Math.max(6, rows.length) * ROW_HEIGHT + 2 }} role="tree" aria-label="Steps" tabIndex={0} onKeyDown={press} aria-activedescendant={active ? `step-${active}` : undefined}>
      <div style={{ height: list.getTotalSize(), position: "relative" }}>
        {list.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const { step } = row;
          return (
            <div key={step.event_id} id={`step-${step.event_id}`} role="treeitem" aria-level={step.depth + 1} aria-selected={step.event_id === selected} data-row={step.event_id}
              {...(row.hasChildren ? { "aria-expanded": !folded.has(step.event_id) } : {})}
              className={style.row} style={{ transform: `translateY(${item.start}px)`, height: ROW_HEIGHT }} onClick={() => onSelect(step.event_id)}>
              <Name row={row} isFolded={folded.has(step.event_id)} onFold={onFold} />
              <span className={style.cell}><Money step={step} value={amount(step)} currency={currency} /></span>
              <span className={`${style.cell} ${style.below ?? ""}`} title={exactMoney(below(step), currency)}>{row.hasChildren ? money(below(step), currency) : ""}</span>
              <span className={`${style.cell} ${style.time ?? ""}`}>{step.duration_ms === null ? "—" : duration(step.duration_ms)}</span>
              <span className={style.lane} aria-hidden="true">
                <span className={style.bar} data-status={step.status} data-operation={step.model ? "model" : "other"} style={{ left: `${row.left * 100}%`, width: `max(2px, ${row.width * 100}%)` }} />
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
