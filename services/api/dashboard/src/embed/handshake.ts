/** The frame asks its host for a token; it listens to that window and to the allowed origins alone. */

const READY = "tracetally:ready";
const TOKEN = "tracetally:token";

export interface Handshake {
  ask: () => void;
  stop: () => void;
}

/** The host's origin where the browser tells it; else all that are allowed: others never receive it. */
function targets(origins: readonly string[]): readonly string[] {
  const { ancestorOrigins } = location as { ancestorOrigins?: DOMStringList }; // Firefox lacks it
  const host = ancestorOrigins?.[0];
  return host === undefined ? origins : origins.filter((one) => one === host);
}

/** The token of a message, or null for what must not be listened to. */
export function tokenOf(event: Pick<MessageEvent, "source" | "origin" | "data">, host: unknown, origins: readonly string[]): string | null {
  if (event.source !== host || !origins.includes(event.origin)) return null;
  const told = event.data as { type?: unknown; token?: unknown } | null;
  return told?.type === TOKEN && typeof told.token === "string" ? told.token : null;
}

export function handshake(embed: string, origins: readonly string[], onToken: (token: string) => void): Handshake {
  const listen = (event: MessageEvent) => {
    const token = tokenOf(event, window.parent, origins);
    if (token !== null) onToken(token);
  };
  window.addEventListener("message", listen);
  return {
    ask: () => {
      for (const origin of targets(origins)) window.parent.postMessage({ type: READY, embed }, origin);
    },
    stop: () => window.removeEventListener("message", listen),
  };
}
