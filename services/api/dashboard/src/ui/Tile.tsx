import type { ReactNode } from "react";

import type { Problem } from "~/api/client";

import { Icon } from "./Icon";
import style from "./tile.module.css";

export interface TileProps {
  id: string;
  title: string;
  value: string;
  /** Every digit, on hover and for copying. */
  exact: string;
  note?: ReactNode;
  tone?: "good" | "warn" | "bad" | undefined;
  isLoading?: boolean;
  problem?: Problem | undefined;
  /** A sparkline or a link, at the foot. */
  children?: ReactNode;
}

/** Characters that fit a tile in the large type: a range of two amounts has more, and is never cut off. */
const LONG = 12;

/** One figure, large. */
export function Tile({ id, title, value, exact, note, tone, isLoading, problem, children }: TileProps) {
  return (
    <section className={style.tile} data-widget={id} data-tone={tone} aria-labelledby={`${id}-title`} aria-busy={isLoading ?? false}>
      <h2 id={`${id}-title`}>{tone && <Icon name={tone === "good" ? "check" : "warn"} size={15} />}{title}</h2>
      <p className={style.value} data-long={value.length > LONG ? "" : undefined} title={exact} data-value={exact}>{isLoading ? "\u00a0" : value}</p>
      <div className={style.note}>{problem ? problem.message : note}</div>
      <div className={style.foot}>{children}</div>
    </section>
  );
}

export function Tiles({ children }: { children: ReactNode }) {
  return <div className={style.tiles}>{children}</div>;
}
