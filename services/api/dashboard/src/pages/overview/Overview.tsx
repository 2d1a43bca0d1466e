import { useState } from "react";

import { useBatch } from "~/api/hooks";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { NeverReceived, useIsNew } from "~/ui/NothingHere";
import { Tiles as TileRow } from "~/ui/Tile";
import { useTellAsOf } from "~/ui/asOf";
import ui from "~/ui/ui.module.css";

import { Budgets } from "./Budgets";
import { Cache, Errors, Feedback, Latency, OverTime, Tokens, Volume } from "./Charts";
import { ConversationCost } from "./ConversationCost";
import { Categories, Movers, Orgs, Tools } from "./Cuts";
import { Health } from "./Health";
import { Margins } from "./Margins";
import { Repricings } from "./Repricings";
import { Tiles } from "./Tiles";
import { overviewQueries } from "./queries";

export default function Overview() {
  const { address } = useAddress();
  const [errorsBy, setErrorsBy] = useState("provider");
  const { of, asOf, isFetching, isComing } = useBatch(overviewQueries(address, errorsBy));
  useTellAsOf(asOf, isFetching);
  const after = { waits: isComing }; // what is asked beside leaves the server to the first figures
  const isNew = useIsNew();
  if (isNew) return <><h1 className="hidden">Overview</h1><div className={ui.grid}><Card id="start" title="Overview" unit="fills as events come, by itself" span={12}><NeverReceived /></Card></div></>;
  return (
    <>
      <h1 className="hidden">Overview</h1>
      <div className={ui.grid}>
        <TileRow><Tiles spend={of("spend")} month={of("month")} {...after} /></TileRow>
        <OverTime result={of("time")} />
        <Orgs result={of("orgs")} />
        <Movers result={of("movers")} />
        <Categories result={of("categories")} />
        <Cache result={of("cache")} />
        <ConversationCost {...after} />
        <Volume result={of("volume")} />
        <Errors result={of("errors")} by={errorsBy} onBy={setErrorsBy} />
        <Latency of={of} />
        <Tokens of={of} />
        <Tools result={of("tools")} />
        <Feedback result={of("feedback")} volume={of("volume").answer} />
        <Budgets {...after} />
        <Margins {...after} />
        <Health />
        <Repricings {...after} />
      </div>
    </>
  );
}
