import type { Result } from "~/api/hooks";
import { Icon } from "~/ui/Icon";
import { dateTimeLabel } from "~/format/time";
import { useAddress } from "~/state/useAddress";

import { dayLines, lastSettled } from "./days";
import style from "./org.module.css";

/** How far these figures go: as of when, and up to which day nothing is pending. */
export function Status({ days }: { days: Result }) {
  const { address } = useAddress();
  const { answer } = days;
  if (!answer) return null;
  const settled = lastSettled(dayLines(answer));
  const pending = answer.completeness.pending_calls;
  return (
    <p className={style.status} data-widget="status">
      <span data-tone={pending ? "warn" : "good"}><Icon name={pending ? "warn" : "check"} size={15} />{pending ? `${pending.toLocaleString("en-US")} calls pending` : "nothing pending"}</span>
      <span>complete up to {dateTimeLabel(answer.as_of, address.tz)}</span>
      <span>{settled ? `settled up to ${settled}` : "no day of this range is settled yet"}</span>
    </p>
  );
}
