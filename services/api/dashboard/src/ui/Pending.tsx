import { Link } from "@tanstack/react-router";

import type { Completeness } from "~/api/types";
import { money } from "~/format/money";
import { Swatch } from "~/marks/Patterns";
import { useAddress } from "~/state/useAddress";

import style from "./ui.module.css";

export interface PendingProps {
  completeness: Completeness;
  currency: string;
}

/** What the figure beside it does not hold yet; nothing when it holds all. */
export function Pending({ completeness, currency }: PendingProps) {
  const { carried } = useAddress();
  const { pending_calls: calls, estimate } = completeness;
  if (!calls) return null;
  return (
    <Link to="/pending" search={carried()} className={style.pending} data-pending={calls}>
      <Swatch colour={{ slot: "pending", texture: 0 }} />
      +{calls.toLocaleString("en-US")} pending
      {estimate && <span> ≈ {money(estimate.low, currency)}–{money(estimate.high, currency)}</span>}
    </Link>
  );
}
