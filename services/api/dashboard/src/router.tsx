import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";

import { EMBED } from "./api/embed";
import { PAGES } from "./pages";
import { Home } from "./pages/Home";
import { NotFound } from "./pages/NotFound";
import { Login } from "./pages/login/Login";
import { type Search, parseSearch, writeSearch } from "./state/address";
import { Shell } from "./ui/Shell";

const root = createRootRoute({ notFoundComponent: NotFound, validateSearch: (search: Record<string, unknown>): Search => search as Search });
const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });
const home = createRoute({ getParentRoute: () => shell, path: "/", component: Home });
const login = createRoute({ getParentRoute: () => root, path: "/login", component: Login });
const welcome = createRoute({ getParentRoute: () => root, path: "/welcome", component: lazyRouteComponent(() => import("./pages/welcome/Welcome")) });
const old = createRoute({
  getParentRoute: () => root,
  path: "/index.html",
  beforeLoad: () => redirect({ to: "/", throw: true }),
});
const pages = PAGES.map((page) =>
  createRoute({ getParentRoute: () => shell, path: page.path, component: lazyRouteComponent(page.load) }),
);

export const router = createRouter({
  basepath: EMBED === null ? "/" : `/embed/${EMBED}`,
  routeTree: root.addChildren([shell.addChildren([home, ...pages]), login, welcome, old]),
  parseSearch,
  stringifySearch: (search) => writeSearch(search as Search),
  defaultPreload: "intent",
  scrollRestoration: true,
});
