/** Every page: where it is, how it is reached, its code (a chunk of its own). */
import type { ComponentType } from "react";

import type { IconName } from "~/ui/Icon";

export interface Page {
  path: string;
  /** In the rail; pages without are reached from others. */
  nav?: { label: string; icon: IconName; key: string };
  /** Org keys may open it. */
  isForOrgs?: boolean;
  load: () => Promise<{ default: ComponentType }>;
}

export const PAGES: Page[] = [
  {
    path: "/overview",
    nav: { label: "Overview", icon: "overview", key: "o" },
    load: () => import("./overview/Overview"),
  },
  {
    path: "/explore",
    nav: { label: "Explore", icon: "explore", key: "e" },
    isForOrgs: true,
    load: () => import("./explore/Explore"),
  },
  {
    path: "/conversations",
    nav: { label: "Conversations", icon: "conversations", key: "c" },
    isForOrgs: true,
    load: () => import("./conversations/Conversations"),
  },
  { path: "/conversations/$id", isForOrgs: true, load: () => import("./conversations/Conversation") },
  { path: "/traces/$id", isForOrgs: true, load: () => import("./trace/Trace") },
  {
    path: "/compare",
    nav: { label: "Compare", icon: "compare", key: "m" },
    load: () => import("./compare/Compare"),
  },
  {
    path: "/prices",
    nav: { label: "Prices", icon: "prices", key: "p" },
    load: () => import("./prices/Prices"),
  },
  {
    path: "/pending",
    nav: { label: "Pending", icon: "pending", key: "d" },
    load: () => import("./pending/Pending"),
  },
  {
    path: "/health",
    nav: { label: "Health", icon: "health", key: "h" },
    load: () => import("./health/Health"),
  },
  { path: "/explain", load: () => import("./explain/Explain") },
  { path: "/orgs/$org", isForOrgs: true, load: () => import("./org/Org") },
  {
    path: "/settings",
    nav: { label: "Settings", icon: "settings", key: "s" },
    load: () => import("./settings/Settings"),
  },
];
