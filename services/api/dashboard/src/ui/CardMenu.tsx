import type { Answer, Sums } from "~/api/types";
import type { Search } from "~/state/address";
import { useAddress, within } from "~/state/useAddress";

import { Icon } from "./Icon";
import { type Item, Menu } from "./Menu";
import { exportPath, saveCsv, saveFrom } from "./download";
import style from "./ui.module.css";

export interface CardMenuProps {
  id: string;
  answer: Answer | undefined;
  dim: string | undefined;
  measures: readonly string[];
  /** What is shown as rows of a file; by default the members. */
  rows?: (() => (string | number | null)[][]) | undefined;
  more?: Item[];
}

/** Members and their exact totals, Other and the total too. */
export function memberRows(answer: Answer, dim: string, measures: readonly string[]): (string | number | null)[][] {
  const row = (name: string, sums: Sums) => [name, ...measures.map((one) => sums.total[one] ?? null)];
  return [
    [dim, ...measures],
    ...answer.groups.map((group) => row(group.key[dim] ?? "", group)),
    ...(answer.other ? [row("Other", answer.other)] : []),
    row("Total", answer.total),
  ];
}

/** What every card of a question offers. */
export function CardMenu({ id, answer, dim, measures, rows, more = [] }: CardMenuProps) {
  const { address, carried } = useAddress();
  const { filters } = within(address, answer?.query);
  const all = answer && exportPath(answer.query);
  const told = rows ?? (answer && dim !== undefined ? () => memberRows(answer, dim, measures) : undefined);
  const explore: Search = { m: measures[0] ?? "cost", ...(dim === undefined ? {} : { by: dim }) };
  const items: Item[] = [
    { key: "explore", label: "Open in Explore", to: "/explore", search: carried({ filters }, explore) },
    { key: "rows", label: "Rows behind", to: "/conversations", search: carried({ filters }) },
    { key: "csv", label: "Download CSV", isDisabled: !told, onSelect: () => told && saveCsv(told(), id) },
    { key: "all", label: "Download all rows", isDisabled: !all, onSelect: () => all && void saveFrom(all, `${id}.csv`) },
    ...more,
  ];
  return <Menu trigger={<Icon name="more" />} label="More" items={items} className={style.iconButton} />;
}
