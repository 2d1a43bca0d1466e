import { Dialog } from "@base-ui/react/dialog";
import { useState } from "react";

import { Problem, ask } from "~/api/client";
import { useGet } from "~/api/hooks";
import { clockLabel } from "~/format/time";
import { useAddress } from "~/state/useAddress";
import { Icon } from "~/ui/Icon";
import { Notice, ProblemNotice } from "~/ui/Notice";
import { Segments } from "~/ui/Segments";
import { Snippet } from "~/ui/Snippet";
import ui from "~/ui/ui.module.css";

import style from "./org.module.css";
import { frameSnippet, linkSnippet, nodeSnippet, pythonSnippet } from "./snippets";

interface Embeds {
  embeds: { id: string; origins: string[] }[];
  tokens: "HS256" | "JWKS" | null;
  audience: string;
  org_claim: string;
  jwks_url: string | null;
  public_url: string | null;
  may_preview: boolean;
}

const EXAMPLE = { id: "portal", origins: ["https://portal.example"] };

function Missing({ told }: { told: Embeds }) {
  return (
    <>
      {told.tokens === null && (
        <Notice tone="warn">No customer can be let in yet: set <code>API_JWT_SECRET</code> (32 characters or more, shared with the customer's server) or <code>API_JWT_JWKS_URL</code>, and start the API again.</Notice>
      )}
      {!told.embeds.length && (
        <Notice tone="warn">No site may show this page in a frame yet: name the sites that may, as in <code>{`API_EMBEDS={"${EXAMPLE.id}": ["${EXAMPLE.origins[0] ?? ""}"]}`}</code>.</Notice>
      )}
    </>
  );
}

function Server({ told, org }: { told: Embeds; org: string }) {
  const [kind, setKind] = useState("python");
  const claims = { audience: told.audience, orgClaim: told.org_claim, org };
  if (told.tokens === "JWKS") {
    return <p>Sign a token with a key of <code>{told.jwks_url}</code> (RS256 or ES256, with its <code>kid</code>): <code>{`{"aud": "${told.audience}", "${told.org_claim}": ${JSON.stringify(org)}, "sub": "user", "iat": now, "exp": now + 900}`}</code></p>;
  }
  return (
    <>
      <Segments label="Language of the server" value={kind} options={[["python", "Python"], ["node", "Node.js"]]} onChoose={setKind} />
      <Snippet label={kind === "python" ? "token in Python" : "token in Node.js"} text={kind === "python" ? pythonSnippet(claims) : nodeSnippet(claims)} />
      <p className={ui.faint}><code>TRACETALLY_JWT_SECRET</code> is the value of <code>API_JWT_SECRET</code>. It stays on the server; the token names this organisation alone and lives 15 minutes.</p>
    </>
  );
}

function Preview({ told, org }: { told: Embeds; org: string }) {
  const { address } = useAddress();
  const [made, setMade] = useState<{ token: string; expires_at: string } | null>(null);
  const [wrong, setWrong] = useState<Problem | null>(null);
  const make = async () => {
    setWrong(null);
    try {
      setMade(await ask("/v1/embeds/preview", { method: "POST", body: { org_id: org } }));
    } catch (error) {
      setWrong(error instanceof Problem ? error : new Problem({ status: 0, detail: String(error) }));
    }
  };
  if (!told.may_preview) {
    return <p className={ui.faint}>{told.tokens === "HS256" ? "Making a preview needs an admin key." : "A preview can be made where API_JWT_SECRET is set."}</p>;
  }
  return (
    <div className={style.preview}>
      {wrong && <ProblemNotice problem={wrong} />}
      {made
        ? <><a className={ui.primaryLink} href={`/embed/preview#token=${made.token}`} target="_blank" rel="noreferrer">Open the preview<Icon name="right" size={15} /></a><span className={ui.faint}>What {org} sees, with a token of theirs. Opens until {clockLabel(new Date(made.expires_at), address.tz)}.</span></>
        : <><button className={ui.primary} onClick={() => void make()}>Make a preview</button><span className={ui.faint}>A real token of this organisation, for 15 minutes. It stands in the audit.</span></>}
    </div>
  );
}

function Steps({ told, org }: { told: Embeds; org: string }) {
  const known = told.embeds.length ? told.embeds : [EXAMPLE];
  const [id, setId] = useState(known[0]?.id ?? EXAMPLE.id);
  const [kind, setKind] = useState("frame");
  const base = told.public_url?.replace(/\/+$/, "") ?? location.origin;
  const chosen = known.find((one) => one.id === id) ?? EXAMPLE;
  return (
    <>
      <Missing told={told} />
      <section className={style.step}>
        <h3>1. On the customer's page</h3>
        <div className={style.choices}>
          {known.length > 1 && <label className={style.choice}>Embed<select className={ui.input} value={id} onChange={(event) => setId(event.target.value)}>{known.map((one) => <option key={one.id}>{one.id}</option>)}</select></label>}
          <Segments label="How it is shown" value={kind} options={[["frame", "Frame"], ["link", "Link"]]} onChoose={setKind} />
        </div>
        <Snippet label={kind === "frame" ? "frame" : "link"} text={kind === "frame" ? frameSnippet(base, id) : linkSnippet(base, id)} />
        <p className={ui.faint}>{kind === "frame" ? `May be framed by ${chosen.origins.join(", ")}; browsers refuse it everywhere else.` : "TOKEN is what the server makes, below; the page takes it out of the address at once."}</p>
      </section>
      <section className={style.step}>
        <h3>2. On the customer's server</h3>
        <Server told={told} org={org} />
      </section>
      <section className={style.step}>
        <h3>3. Look at it as the customer will</h3>
        <Preview told={told} org={org} />
      </section>
    </>
  );
}

/** How a customer is given this page, ready to paste; what is missing is said. */
export default function Share({ org, name, onClose }: { org: string; name: string; onClose: () => void }) {
  const { answer, problem } = useGet<Embeds>("/v1/embeds", 60_000);
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={ui.backdrop} />
        <Dialog.Popup className={ui.dialog} data-dialog="share">
          <div className={ui.dialogHead}>
            <Dialog.Title>Give {name} this page</Dialog.Title>
            <Dialog.Close className={ui.iconButton} aria-label="Close"><Icon name="close" /></Dialog.Close>
          </div>
          {problem && <ProblemNotice problem={problem} />}
          {answer && <Steps told={answer} org={org} />}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
