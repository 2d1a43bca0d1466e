import type { ReactNode } from "react";

import { showExact, measure } from "~/format/measures";
import { signedMoney } from "~/format/money";

import { BarTable } from "./BarTable";

export interface Driver {
  key: string;
  label: ReactNode;
  /** Exact money; negative is cheaper. */
  change: string;
  cells?: ReactNode[];
}

export interface DriversProps {
  caption: string;
  drivers: Driver[];
  currency: string;
  total?: string;
  totalLabel?: string;
  columns?: string[];
}

/** Parts of a change around a common zero: what rose to the right, what fell to the left. */
export function Drivers({ caption, drivers, currency, total, totalLabel = "Change", columns = [] }: DriversProps) {
  const row = (key: string, label: ReactNode, change: string, cells?: ReactNode[]) => ({
    key, label, size: Number(change), text: signedMoney(change, currency),
    exact: showExact(change, measure("cost"), currency), ...(cells ? { cells } : {}),
  });
  return (
    <BarTable caption={caption} columns={columns} heading={columns.length > 1 ? totalLabel : undefined} rows={drivers.map((one) => row(one.key, one.label, one.change, one.cells))}
      total={total === undefined ? undefined : row("total", totalLabel, total)} />
  );
}
