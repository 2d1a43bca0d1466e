import { EMBED } from "./embed";
import type { ProblemBody } from "./types";

/** A refusal of the API: what is wrong, with which parameter, and what would be right. */
export class Problem extends Error {
  readonly status: number;
  readonly body: ProblemBody;
  readonly retryAfterSeconds: number | null;

  constructor(body: ProblemBody, retryAfterSeconds: number | null = null) {
    super(body.detail);
    this.name = "Problem";
    this.status = body.status;
    this.body = body;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Of the signed-in session; in memory only, so that no other page's script can read it. */
let csrf = "";

export function setCsrf(token: string): void {
  csrf = token;
}

/** Of an embedded page: in memory only; such a page sends no cookie and takes none. */
let token = "";

/** Returns the one before. */
export function setToken(told: string): string {
  const before = token;
  token = told;
  return before;
}

export interface Ask {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  signal?: AbortSignal;
}

function headersOf(ask: Ask): Record<string, string> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (ask.body !== undefined) headers["content-type"] = "application/json";
  if (token) headers.authorization = `Bearer ${token}`;
  if (csrf && ask.method && ask.method !== "GET") headers["x-csrf-token"] = csrf;
  return headers;
}

async function problemOf(response: Response): Promise<Problem> {
  const after = Number(response.headers.get("retry-after"));
  const body = (await response.json().catch(() => null)) as Partial<ProblemBody> | null;
  const detail = body?.detail ?? `the server answered ${response.status}`;
  return new Problem({ ...body, status: response.status, detail }, after || null);
}

async function answered(path: string, { method = "GET", body, signal }: Ask): Promise<Response> {
  const init: RequestInit = {
    method,
    headers: headersOf({ method, body }),
    credentials: EMBED === null ? "same-origin" : "omit",
  };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal) init.signal = signal;
  const response = await fetch(path, init).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Problem({ status: 0, detail: "the server cannot be reached" });
  });
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** A stream of the API, once it has begun. Throws `Problem`. */
export async function streamed(path: string, asked: Ask): Promise<Response> {
  return answered(path, asked);
}

/** A file of the API. Throws `Problem`. */
export async function fetched(path: string): Promise<Blob> {
  return (await answered(path, {})).blob();
}

/** Ask the API of this origin. Throws `Problem` for every refusal, also when nothing answers. */
export async function ask<T>(path: string, asked: Ask = {}): Promise<T> {
  const response = await answered(path, asked);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** `{a: "1", b: ["2", "3"], c: undefined}` as a query string; what is undefined is left out. */
export function queryString(parts: Record<string, string | string[] | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parts)) {
    for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value]) {
      search.append(name, one);
    }
  }
  const text = search.toString();
  return text ? `?${text}` : "";
}
