import { Menu as Base } from "@base-ui/react/menu";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { Search } from "~/state/address";

import { Icon } from "./Icon";
import style from "./ui.module.css";

export interface Item {
  label: ReactNode;
  key: string;
  onSelect?: () => void;
  to?: string;
  search?: Search;
  isChosen?: boolean;
  isDisabled?: boolean;
}

export interface MenuProps {
  trigger: ReactNode;
  /** Where the trigger shows no words of its own. */
  label?: string;
  items: Item[];
  className?: string | undefined;
  align?: "start" | "end";
}

export function Menu({ trigger, label, items, className = style.button, align = "end" }: MenuProps) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger className={className} aria-label={label}>{trigger}</Base.Trigger>
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={4} className={style.layer}>
          <Base.Popup className={style.menu}>
            {items.map((item) => (
              <Base.Item key={item.key} className={style.item} disabled={item.isDisabled ?? false} onClick={item.onSelect}
                {...(item.to ? { render: <Link to={item.to} search={item.search ?? {}} /> } : {})}>
                <span>{item.label}</span>
                {item.isChosen && <Icon name="check" size={16} />}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
