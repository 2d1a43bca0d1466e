import { useState } from "react";

import { useSession } from "~/api/session";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Segments } from "~/ui/Segments";
import ui from "~/ui/ui.module.css";

import { AddPrice } from "./AddPrice";
import { Book, History } from "./Book";
import { Coverage } from "./Coverage";
import type { BookRecord } from "./record";

const TABS = [["book", "Book"], ["coverage", "Coverage"]] as const;

function one(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

/** The price book: what stands, how it came to be, what nothing prices yet; publish and withdraw. */
export default function Prices() {
  const { search, change } = useAddress();
  const isAdmin = useSession().data?.is_admin ?? false;
  const [opened, setOpened] = useState<BookRecord | null>(null);
  const tab = one(search.tab) === "coverage" ? "coverage" : "book";
  const asked = search.add === undefined ? null : one(search.add);
  const [provider = "", model = ""] = (asked ?? "").split("|");
  return (
    <>
      <div className={ui.pageHead}>
        <h1>Prices</h1>
        <div className={ui.pageHead}>
          <Segments label="Show" value={tab} options={TABS} onChoose={(key) => change({}, { tab: key })} />
          {isAdmin && asked === null && <button className={ui.primary} onClick={() => change({}, { add: "" })}>Add price</button>}
        </div>
      </div>
      <div className={ui.grid}>
        {asked !== null && isAdmin && <Card id="add" title="Add or correct a price" unit="one message; history is kept" span={12}><AddPrice key={asked} provider={provider} model={model} /></Card>}
        {opened && <History record={opened} isAdmin={isAdmin} onClose={() => setOpened(null)} />}
        {tab === "book" ? <Book isAdmin={isAdmin} onOpen={setOpened} /> : <Coverage isAdmin={isAdmin} onAdd={(of, name) => change({}, { add: `${of}|${name}` })} />}
      </div>
    </>
  );
}
