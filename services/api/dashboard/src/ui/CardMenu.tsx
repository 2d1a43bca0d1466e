import type { Answer, Sums } from "~/api/types";
import type { Search } from "~/state/address";
import { useAddress } from "~/state/useAddress";

import { Icon } from "./Icon";
import { Menu } from "./Menu";
import { saveCsv } from "./download";
import style from "./ui.module.css";

export interface CardMenuProps {
  id: string;
  answer: Answer | undefined;
  dim: string;
  measures: string[];
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

/** What every card with members offers. */
export function CardMenu({ id, answer, dim, measures }: CardMenuProps) {
  const { carried } = useAddress();
  const explore: Search = { m: measures[0] ?? "cost", by: dim };
  const items = [
    { key: "explore", label: "Open in Explore", to: "/explore", search: carried({}, explore) },
    { key: "rows", label: "Rows behind", to: "/conversations", search: carried() },
    { key: "csv", label: "Download CSV", isDisabled: !answer, onSelect: () => answer && saveCsv(memberRows(answer, dim, measures), id) },
  ];
  return <Menu trigger={<Icon name="more" />} label="More" items={items} className={style.iconButton} />;
}
