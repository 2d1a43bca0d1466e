import "./styles/base.css";

import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, Suspense, lazy } from "react";
import { createRoot } from "react-dom/client";

import { Problem } from "./api/client";
import { EMBED } from "./api/embed";
import { SESSION } from "./api/session";
import { router } from "./router";

const MISTAKES_OF_OURS = 500;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchIntervalInBackground: false,
      refetchOnWindowFocus: true,
      retry: (count, error) => count < 2 && !(error instanceof Problem && error.status > 0 && error.status < MISTAKES_OF_OURS),
    },
  },
});

const SIGNED_OUT = ["/login", "/welcome"];
if (EMBED === null && !SIGNED_OUT.includes(location.pathname)) client.query(SESSION).catch(() => undefined); // who draws asks again and tells why

const Embed = lazy(() => import("./embed/Embed"));

const root = document.getElementById("root");
if (!root) throw new Error("index.html lacks its root");
createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={client}>
        {EMBED === null ? <RouterProvider router={router} /> : <Suspense><Embed embed={EMBED}><RouterProvider router={router} /></Embed></Suspense>}
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
