import type { Result } from "~/api/hooks";
import { Icon } from "~/ui/Icon";
import { dateTimeLabel } from "~/format/time";
import { useAddress } from "~/state/useAddress";

import { dayLines, lastFinal } from "./days";
import style from "./org.module.css";

/** How far these figures go: as of when, and up to which day they can no longer change. */
export function Status({ days }: { days: Result }) {
  const { address } = useAddress();
  const { answer } = days;
  if (!answer) return null;
  const final = lastFinal(dayLines(answer));
  const pending = answer.completeness.pending_calls;
  return (
    <p className={style.status} data-widget="status">
      <span data-tone={pending ? "warn" : "good"}><Icon name={pending ? "warn" : "check"} size={15} />{pending ? `${pending.toLocaleString("en-US")} calls pending` : "nothing pending"}</span>
      <span>complete up to {dateTimeLabel(answer.as_of, address.tz)}</span>
      <span>{final ? `final up to ${final}` : "no day of this range is final yet"}</span>
    </p>
  );
}
