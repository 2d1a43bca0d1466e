import { useState } from "react";

import { EMBED } from "~/api/embed";
import { clockLabel } from "~/format/time";
import { useAddress } from "~/state/useAddress";

import { Filters } from "./Filters";
import { Icon } from "./Icon";
import { Menu } from "./Menu";
import { RangePicker } from "./RangePicker";
import { useAsOf } from "./asOf";
import style from "./shell.module.css";
import { useCopyLink } from "./shortcuts";
import ui from "./ui.module.css";

const COMPARES: [string, string][] = [
  ["none", "No comparison"], ["previous", "Period before"], ["week", "A week before"], ["year", "A year before"],
];

function Compare() {
  const { address, change } = useAddress();
  const items = COMPARES.map(([key, label]) => ({ key, label, isChosen: address.cmp === key, onSelect: () => change({ cmp: key }) }));
  const label = COMPARES.find(([key]) => key === address.cmp)?.[1] ?? "";
  return <Menu items={items} align="start" className={ui.button} trigger={<><span className={style.quiet}><span className="hidden">Compare </span>vs</span> {label}<Icon name="down" size={14} /></>} />;
}

function CopyLink() {
  const copy = useCopyLink();
  const [isCopied, setIsCopied] = useState(false);
  return (
    <button className={ui.iconButton} aria-label={isCopied ? "Link copied" : "Copy link with absolute times"} title="Copy link with absolute times"
      onClick={() => void copy().then(() => {
        setIsCopied(true);
        setTimeout(() => setIsCopied(false), 1_500);
      })}>
      <Icon name={isCopied ? "check" : "link"} />
    </button>
  );
}

function AsOf() {
  const { asOf, isOld } = useAsOf();
  const { address } = useAddress();
  if (!asOf) return null;
  const at = new Date(asOf);
  return (
    <span className={style.asOf} data-old={isOld ? "" : undefined} title={`Everything told until ${asOf} is in these figures`}>
      <span className={style.dot} />as of {isOld && `${at.toISOString().slice(0, 10)} `}<time dateTime={asOf}>{clockLabel(at, address.tz)}</time>
    </span>
  );
}

/** Range, zone, comparison, filters, as-of: the same on every page. */
export function TopBar({ onPalette }: { onPalette: () => void }) {
  return (
    <header className={style.bar}>
      <RangePicker />
      <Compare />
      <Filters />
      <div className={style.barEnd}>
        <AsOf />
        {EMBED === null && <CopyLink />}
        <button className={ui.iconButton} onClick={onPalette} aria-label="Search (Ctrl K)" title="Search (Ctrl K)"><Icon name="search" /></button>
      </div>
    </header>
  );
}
