import { Link } from "@tanstack/react-router";

import { useSession } from "~/api/session";
import { useAddress } from "~/state/useAddress";
import ui from "~/ui/ui.module.css";

/** Where a figure of an org's record is told: the page for who may change it, the API's field for all others. */
export function ToldIn({ field }: { field: string }) {
  const { carried } = useAddress();
  if (useSession().data?.is_admin) return <p>It is set in <Link className={ui.quietLink} to="/settings" hash="orgs-title" search={carried()}>Settings, Organisations</Link>.</p>;
  return <p>It is <code>{field}</code> of <code>PUT /v1/orgs/…</code></p>;
}
