import { Link } from "@tanstack/react-router";
import { useEffect, useState, useSyncExternalStore } from "react";

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

const shown: symbol[] = [];
const listeners = new Set<() => void>();

/** True for the first of a page: one snippet is enough for a dozen empty cards. */
function useIsFirst(): boolean {
  const [me] = useState(() => Symbol("empty"));
  useEffect(() => {
    const tell = () => listeners.forEach((listener) => listener());
    shown.push(me);
    tell();
    return () => {
      shown.splice(shown.indexOf(me), 1);
      tell();
    };
  }, [me]);
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => shown[0] === me);
}

/** Nothing ever came: where to begin, told once on a page. */
export function NeverReceived() {
  const isAdmin = useSession().data?.is_admin ?? false;
  const isFirst = useIsFirst();
  return (
    <Empty title="Nothing has been received yet.">
      {isFirst && (
        <>
          {isAdmin && <Link to="/welcome" className={style.primaryLink}>From nothing to the first priced call</Link>}
          <SendEvents />
        </>
      )}
    </Empty>
  );
}

/** True once it is known that no event ever came; a page then leads to the first one instead of showing empty cards. */
export function useIsNew(): boolean {
  const isTeam = useSession().data?.role === "team";
  const health = useGet<Health>(isTeam ? "/v1/health/data" : null).answer;
  return health !== undefined && health.received + health.stored === 0;
}

/** Says which nothing it is: never received, filtered away, or none in the range. */
export function NothingHere() {
  const { address, change } = useAddress();
  const isNew = useIsNew();
  if (isNew) return <NeverReceived />;
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
