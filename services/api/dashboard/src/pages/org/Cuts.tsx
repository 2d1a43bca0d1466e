import type { Result } from "~/api/hooks";
import { BarTable } from "~/marks/BarTable";
import type { Series } from "~/marks/prepare";
import { barRows } from "~/marks/rows";
import type { Where } from "~/api/types";
import { drilled, useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { CardMenu } from "~/ui/CardMenu";
import { NothingHere } from "~/ui/NothingHere";

import { configured } from "./configurations";

interface CutProps {
  result: Result;
  org: string;
}

/** A mark opens the org's own conversations. */
function useConversationsLink(org: string) {
  const { address, carried } = useAddress();
  const own: Where = { dim: "org", in: [org] };
  return (one: Pick<Series, "where">) => ({ to: "/conversations", search: carried(drilled(address, { where: [own, ...one.where] })) });
}

export function Configurations({ result, org }: CutProps) {
  const linkTo = useConversationsLink(org);
  const { answer } = result;
  const told = answer && configured(answer);
  const linkOf = (one: Series) => linkTo({ where: told?.whereOf(one.label) ?? one.where });
  const table = told && barRows(told.answer, { dim: "assistant", measure: "charge", linkOf, extra: ["charge_per_conversation"] });
  return (
    <Card id="configurations" title="Assistants" unit="by version: charge, share, per conversation" {...result} actions={<CardMenu id="configurations" answer={told?.answer} dim="assistant" measures={["charge", "calls", "charge_per_conversation"]} />}>
      {table && (table.rows.length ? <BarTable caption="Charge by assistant and version" {...table} columns={["share", "per conversation"]} /> : <NothingHere />)}
    </Card>
  );
}

export function Users({ result, org }: CutProps) {
  const linkOf = useConversationsLink(org);
  const { answer } = result;
  const told = answer && barRows(answer, { dim: "user", measure: "charge", linkOf, extra: ["calls"] });
  return (
    <Card id="users" isTall title="Users" unit="charge, share, calls" {...result} actions={<CardMenu id="users" answer={answer} dim="user" measures={["charge", "calls"]} />}>
      {told && (told.rows.length ? <BarTable caption="Charge by user" {...told} columns={["share", "calls"]} /> : <NothingHere />)}
    </Card>
  );
}
