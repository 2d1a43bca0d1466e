/** Shown in a customer's own site: which embed this is, and the token that a link handed over. */

/** From the path `/embed/{id}/…`; null for the dashboard itself. */
export function embedOf(path: string): string | null {
  return /^\/embed\/([a-z0-9-]{1,64})(?:\/|$)/.exec(path)?.[1] ?? null;
}

export const EMBED = typeof location === "undefined" ? null : embedOf(location.pathname);

/** `#token=…`, read once and taken out of the address before anything else sees it. */
function takeToken(): string {
  const found = /^#token=([\w.-]+)$/.exec(location.hash)?.[1] ?? "";
  if (found) history.replaceState(null, "", location.pathname + location.search);
  return found;
}

export const HANDED = EMBED === null ? "" : takeToken();
