import { Navigate } from "@tanstack/react-router";

import { useSession } from "~/api/session";

/** The address without a page: the team's overview, or a customer's own page. */
export function Home() {
  const session = useSession().data;
  if (!session) return null;
  if (session.role === "org" && session.org) return <Navigate to="/orgs/$org" params={{ org: session.org }} replace />;
  return <Navigate to="/overview" replace />;
}
