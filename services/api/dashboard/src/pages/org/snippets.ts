/** What a customer's site needs to show its page: markup, and the making of a token. Pure. */

export interface Claims {
  audience: string;
  orgClaim: string;
  org: string;
}

export const LIFE_SECONDS = 900;

/** The frame asks, the page around it answers with a token of its own server, each time it asks. */
export function frameSnippet(base: string, embed: string): string {
  return `<iframe id="tracetally" src="${base}/embed/${embed}" title="AI usage"
        style="width: 100%; height: 900px; border: 0"></iframe>
<script>
  const frame = document.getElementById("tracetally");
  addEventListener("message", async (event) => {
    if (event.source !== frame.contentWindow || event.origin !== "${base}") return;
    if (event.data.type !== "tracetally:ready") return;
    const answer = await fetch("/tracetally-token");
    const token = await answer.text();
    frame.contentWindow.postMessage({ type: "tracetally:token", token }, "${base}");
  });
</script>`;
}

/** For hosts without script: a token made as their page is written, good for 15 minutes. */
export function linkSnippet(base: string, embed: string): string {
  return `${base}/embed/${embed}#token=TOKEN`;
}

const quoted = (text: string) => JSON.stringify(text);

export function pythonSnippet({ audience, orgClaim, org }: Claims): string {
  return `import base64, hashlib, hmac, json, os, time


def tracetally_token(user: str) -> str:
    """For a signed-in user of this organisation. Answer /tracetally-token with it."""
    now = int(time.time())
    claims = {"aud": ${quoted(audience)}, ${quoted(orgClaim)}: ${quoted(org)}, "sub": user,
              "iat": now, "exp": now + ${LIFE_SECONDS}}
    part = lambda data: base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=")
    text = part({"alg": "HS256", "typ": "JWT"}) + b"." + part(claims)
    key = os.environ["TRACETALLY_JWT_SECRET"].encode()
    sign = base64.urlsafe_b64encode(hmac.digest(key, text, hashlib.sha256)).rstrip(b"=")
    return (text + b"." + sign).decode()`;
}

export function nodeSnippet({ audience, orgClaim, org }: Claims): string {
  return `import { createHmac } from "node:crypto";

/** For a signed-in user of this organisation. Answer /tracetally-token with it. */
export function tracetallyToken(user) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { aud: ${quoted(audience)}, ${quoted(orgClaim)}: ${quoted(org)}, sub: user,
                   iat: now, exp: now + ${LIFE_SECONDS} };
  const part = (data) => Buffer.from(JSON.stringify(data)).toString("base64url");
  const text = \`\${part({ alg: "HS256", typ: "JWT" })}.\${part(claims)}\`;
  const key = process.env.TRACETALLY_JWT_SECRET;
  return \`\${text}.\${createHmac("sha256", key).update(text).digest("base64url")}\`;
}`;
}
