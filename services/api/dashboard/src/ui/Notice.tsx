import type { ReactNode } from "react";

import type { Problem } from "~/api/client";

import { Icon } from "./Icon";
import style from "./ui.module.css";

export interface NoticeProps {
  tone?: "warn" | "bad" | "good" | "plain";
  children: ReactNode;
}

/** A sentence with a tone; the tone is never told by colour alone. */
export function Notice({ tone = "plain", children }: NoticeProps) {
  return (
    <div className={style.notice} data-tone={tone} role={tone === "bad" ? "alert" : undefined}>
      {tone !== "plain" && <Icon name={tone === "good" ? "check" : "warn"} size={16} />}
      <div>{children}</div>
    </div>
  );
}

/** What was refused and what would be right, in the API's own words. */
export function ProblemNotice({ problem }: { problem: Problem }) {
  const { body } = problem;
  return (
    <Notice tone="bad">
      <strong>{body.title ?? "Not answered"}</strong> — {body.detail}
      {body.hint && <> Try {body.hint}.</>}
      {body.allowed && <> Allowed: {body.allowed.slice(0, 12).join(", ")}.</>}
      {problem.retryAfterSeconds !== null && <> Again in {problem.retryAfterSeconds} s.</>}
      {body.request_id && <span className={style.faint}> Request {body.request_id}</span>}
    </Notice>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={style.empty}>
      <p>{title}</p>
      {children && <div>{children}</div>}
    </div>
  );
}
