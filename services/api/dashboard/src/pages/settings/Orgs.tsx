import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { Problem } from "~/api/client";
import { UNKNOWN, exactMoney, money } from "~/format/money";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Empty, Notice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import { OrgForm } from "./OrgForm";
import { type OrgRecord, monthIn } from "./orgs";
import { useOrgs } from "./registry";
import style from "./settings.module.css";

function Money({ value, currency, title }: { value: string | null | undefined; currency: string; title?: string }) {
  if (value === null || value === undefined) return <td>{UNKNOWN}</td>;
  const exact = exactMoney(value, currency);
  return <td title={[title, exact].filter(Boolean).join(": ")} data-value={exact}>{money(value, currency)}</td>;
}

interface RowProps {
  org: OrgRecord;
  onEdit?: (() => void) | undefined;
}

function told(text: string | undefined, otherwise = UNKNOWN): string {
  return text === undefined || text === "" ? otherwise : text;
}

function Row({ org, onEdit }: RowProps) {
  const { carried } = useAddress();
  const { org_id: id, currency = "USD" } = org;
  const month = monthIn(org.timezone, new Date());
  return (
    <tr data-row={id}>
      <th scope="row"><Link className={ui.quietLink} to="/orgs/$org" params={{ org: id }} search={carried()}>{id}</Link></th>
      <td data-text="" className={style.long} title={org.name}>{told(org.name)}</td>
      <td data-text="">{told(org.plan)}</td>
      <td data-text="">{currency}</td>
      <td data-text="">{told(org.timezone, "UTC")}</td>
      <Money value={org.monthly_budget} currency={currency} />
      <Money value={org.monthly_revenue?.[month]} currency={currency} title={month} />
      {onEdit && <td data-action=""><button className={ui.button} aria-label={`Edit ${id}`} onClick={onEdit}>Edit</button></td>}
    </tr>
  );
}

function Table({ orgs, onEdit }: { orgs: OrgRecord[]; onEdit?: ((org: OrgRecord) => void) | undefined }) {
  return (
    <div className={`${ui.scroll ?? ""} ${style.registry ?? ""}`} tabIndex={0} role="region" aria-label="Registered organisations">
      <table className={ui.table}>
        <thead>
          <tr>
            <th scope="col">Id</th><th scope="col" data-text="">Name</th><th scope="col" data-text="">Plan</th><th scope="col" data-text="">Currency</th><th scope="col" data-text="">Time zone</th>
            <th scope="col">Budget of a month</th><th scope="col">Revenue, this month</th>{onEdit && <th scope="col" data-action=""><span className="hidden">Actions</span></th>}
          </tr>
        </thead>
        <tbody>{orgs.map((org) => <Row key={org.org_id} org={org} onEdit={onEdit && (() => onEdit(org))} />)}</tbody>
      </table>
    </div>
  );
}

/** Which form is open: of an org, of a new one (null), or none. */
type Opened = { record: OrgRecord | null } | undefined;

/** The org registry: names, plans, budgets and revenue, which budgets and margins are told from. */
export function Orgs({ isAdmin }: { isAdmin: boolean }) {
  const { found, orgs } = useOrgs();
  const [opened, setOpened] = useState<Opened>();
  const [said, setSaid] = useState("");
  const opener = useRef<Element | null>(null);
  const add = useRef<HTMLButtonElement>(null);
  const open = (record: OrgRecord | null) => {
    opener.current = document.activeElement;
    setSaid("");
    setOpened({ record });
  };
  useEffect(() => { // back to where the form was opened, or to what opens the next
    if (opened || !opener.current) return;
    const back = opener.current.isConnected ? opener.current : add.current;
    if (back instanceof HTMLElement) back.focus();
    opener.current = null;
  }, [opened]);
  const done = (words: string) => {
    setOpened(undefined);
    setSaid(words);
  };
  const isEmpty = found.data !== undefined && !orgs.length;
  const id = opened?.record?.org_id ?? "";
  return (
    <>
      {opened && <Card id="org-form" title={opened.record ? `Edit ${id}` : "Add an organisation"} unit="one message; what is not shown here stays" span={12}><OrgForm key={id} record={opened.record} onDone={done} /></Card>}
      <Card
        id="orgs" title="Organisations" unit="your customers" span={12} isLoading={found.isPending} problem={found.error instanceof Problem ? found.error : undefined}
        actions={isAdmin && <button ref={add} className={`${ui.button ?? ""} ${style.add ?? ""}`} onClick={() => open(null)}>Add an organisation</button>}
      >
        <div role="status" className={style.said}>{said && <Notice tone="good">{said}</Notice>}</div>
        {isEmpty && (
          <Empty title="No organisation is registered.">
            <p className={style.why}>Usage is counted for every <code>org_id</code> that your events tell. Registering one gives it a name, its own days and currency, a budget to be measured by, and the revenue that margins are told from.{!isAdmin && " An administrator can add it here."}</p>
          </Empty>
        )}
        {orgs.length > 0 && <Table orgs={orgs} onEdit={isAdmin ? open : undefined} />}
        {found.hasNextPage && <div className={style.row}><button className={ui.button} disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>Show more</button></div>}
      </Card>
    </>
  );
}
