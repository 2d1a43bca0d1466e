import { useParams } from "@tanstack/react-router";
import { Suspense, lazy, useState } from "react";

import { useBatch, useGet } from "~/api/hooks";
import { useSession } from "~/api/session";
import { useAddress } from "~/state/useAddress";
import { Icon } from "~/ui/Icon";
import { ProblemNotice } from "~/ui/Notice";
import { useTellAsOf } from "~/ui/asOf";
import ui from "~/ui/ui.module.css";

import { Budget, Used } from "./Budget";
import { Conversations, Latency, OrgOverTime, PerConversation, Quality } from "./Charts";
import { Configurations, Users } from "./Cuts";
import { DayLines } from "./DayLines";
import { Status } from "./Status";
import { brandOf } from "./brand";
import style from "./org.module.css";
import { orgQueries } from "./queries";

const Share = lazy(() => import("./Share"));

export interface OrgRecord {
  org_id: string;
  name?: string;
  plan?: string;
  currency?: string;
  monthly_budget?: string | null;
  metadata?: Record<string, string>;
}

/** A customer's own page: what they used and are charged. Nothing of other orgs, no provider prices, no margin. */
export default function Org() {
  const { org }: { org: string } = useParams({ from: "/shell/orgs/$org" });
  const { address } = useAddress();
  const [split, setSplit] = useState({ measure: "charge", dim: "feature" });
  const [isSharing, setIsSharing] = useState(false);
  const isTeam = useSession().data?.role === "team";
  const record = useGet<OrgRecord>(`/v1/orgs/${encodeURIComponent(org)}`, 3_600_000);
  const { of, asOf, isFetching } = useBatch(orgQueries(address, org, split));
  useTellAsOf(asOf, isFetching);
  const brand = brandOf(record.answer?.metadata ?? {});
  const isUnknown = record.problem && record.problem.status !== 404;
  return (
    <div style={brand.style} className={style.org}>
      <div className={ui.pageHead}>
        <div className={style.title}>
          {brand.logo && <img src={brand.logo} alt="" height="32" />}
          <h1>{record.answer?.name ?? org}</h1>
          {record.answer?.plan && <span className={style.plan}>{record.answer.plan}</span>}
        </div>
        <div className={style.aside}>
          <Status days={of("days")} />
          {isTeam && <button className={ui.button} onClick={() => setIsSharing(true)}><Icon name="share" size={16} />Share</button>}
        </div>
      </div>
      {isSharing && <Suspense><Share org={org} name={record.answer?.name ?? org} onClose={() => setIsSharing(false)} /></Suspense>}
      {isUnknown && record.problem && <ProblemNotice problem={record.problem} />}
      <div className={ui.grid}>
        <Used used={of("used")} month={of("month")} record={record.answer} />
        <OrgOverTime result={of("time")} split={split} onSplit={setSplit} org={org} />
        <Configurations result={of("configurations")} org={org} />
        <Users result={of("users")} org={org} />
        <Conversations result={of("conversations")} />
        <PerConversation result={of("per")} />
        <Latency result={of("latency")} />
        <Quality result={of("errors")} />
        <Budget month={of("month")} record={record.answer} />
        <DayLines result={of("days")} org={org} />
      </div>
    </div>
  );
}
