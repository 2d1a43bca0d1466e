import type { ReactNode } from "react";

import type { Problem } from "~/api/client";

import { ProblemNotice } from "./Notice";
import style from "./ui.module.css";

export interface CardProps {
  id: string;
  title: ReactNode;
  unit?: ReactNode;
  /** The main figure, right under the title. */
  figure?: ReactNode;
  actions?: ReactNode;
  /** Columns of twelve. */
  span?: 3 | 4 | 6 | 8 | 12;
  /** As tall as two. */
  isTall?: boolean;
  isStale?: boolean;
  isLoading?: boolean;
  problem?: Problem | undefined;
  children: ReactNode;
}

/** Title, unit, figure, actions, content; old content stays, dimmed, while an error shows. */
export function Card({ id, title, unit, figure, actions, span = 6, isTall, isStale, isLoading, problem, children }: CardProps) {
  return (
    <section className={style.card} data-span={span} data-tall={isTall ? "" : undefined} data-widget={id} aria-labelledby={`${id}-title`} aria-busy={isLoading ?? false}>
      <header className={style.cardHead}>
        <h2 id={`${id}-title`}>{title}{unit && <span className={style.unit}>{unit}</span>}</h2>
        <div className={style.cardActions}>{actions}</div>
      </header>
      {figure && <div className={style.figure}>{figure}</div>}
      {problem && <ProblemNotice problem={problem} />}
      <div className={style.cardBody} data-stale={isStale ? "" : undefined}>
        {isLoading ? <div className={style.skeleton} aria-hidden="true" /> : children}
      </div>
    </section>
  );
}
