import { Link } from "@tanstack/react-router";

import { useGet } from "~/api/hooks";
import { useAddress } from "~/state/useAddress";
import { useSession } from "~/api/session";

import { Empty } from "./Notice";
import { SendEvents } from "./SendEvents";
import style from "./ui.module.css";

interface Health {
  received: number;
  stored: number;
}

/** Says which nothing it is: never received, filtered away, or none in the range. */
export function NothingHere() {
  const { address, change } = useAddress();
  const session = useSession().data;
  const isTeam = session?.role === "team";
  const health = useGet<Health>(isTeam ? "/v1/health/data" : null).answer;
  if (health && health.received + health.stored === 0) return <Empty title="Nothing has been received yet.">{session?.is_admin && <p><Link to="/welcome" className={style.primaryLink}>From nothing to the first priced call</Link></p>}<SendEvents /></Empty>;
  if (address.filters.length) {
    return (
      <Empty title="Nothing in this range matches the filters.">
        <button className={style.button} onClick={() => change({ filters: [] })}>Clear filters</button>
      </Empty>
    );
  }
  return (
    <Empty title="Nothing in this range.">
      <button className={style.button} onClick={() => change({ from: "now-89d/d", to: "now" })}>Look at the last 90 days</button>
    </Empty>
  );
}
