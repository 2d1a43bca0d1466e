import { describe, expect, it } from "vitest";

import { type ServerEvent, listen, parser } from "~/api/stream";

const TEXT = ': listening\n\nevent: changed\ndata: {"days":["2026-11-26"]}\n\ndata: one\r\ndata:two\r\nid: 7\r\n\r\nevent: empty\n\ndata\r\rdata: half';
const EVENTS = [{ event: "changed", data: '{"days":["2026-11-26"]}' }, { event: "message", data: "one\ntwo" }, { event: "message", data: "" }];

function body(...parts: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const bytes = parts.map((part) => (typeof part === "string" ? new TextEncoder().encode(part) : part));
  return new ReadableStream({ start: (control) => { for (const one of bytes) control.enqueue(one); control.close(); } });
}

async function heard(stream: ReadableStream<Uint8Array>, silenceMs = 1_000, control = new AbortController()): Promise<ServerEvent[]> {
  const found: ServerEvent[] = [];
  const listener = { onOpen: () => undefined, onEvent: (event: ServerEvent) => found.push(event), silenceMs, signal: control.signal };
  await listen("/v1/changes", listener, (_, { signal }) => {
    const reader = stream.getReader();
    const ended = new ReadableStream<Uint8Array>({
      pull: async (own) => { const { done, value } = await reader.read(); if (done) own.close(); else own.enqueue(value); },
      start: (own) => signal?.addEventListener("abort", () => own.error(new Error("aborted"))),
    });
    return signal?.aborted ? Promise.reject(new Error("aborted")) : Promise.resolve(new Response(ended));
  });
  return found;
}

describe("a stream of events", () => {
  it("is the same however it is cut, whatever ends its lines", () => {
    expect(parser()(TEXT)).toEqual(EVENTS);
    for (let size = 1; size < 12; size += 1) {
      const parse = parser();
      const pieces = Array.from({ length: Math.ceil(TEXT.length / size) }, (_, n) => TEXT.slice(n * size, (n + 1) * size));
      expect(pieces.flatMap(parse)).toEqual(EVENTS);
    }
  });

  it("is heard until it ends, also where a character is cut", async () => {
    const fox = new TextEncoder().encode("data: 🦊\n\n");
    expect(await heard(body("event: a\nda", "ta: b\n\n", fox.slice(0, 8), fox.slice(8)))).toEqual([{ event: "a", data: "b" }, { event: "message", data: "🦊" }]);
  });

  it("is given up when it falls silent, or nobody wants it", async () => {
    const silent = () => new ReadableStream<Uint8Array>({ start: (control) => control.enqueue(new TextEncoder().encode(": listening\n\n")) });
    await expect(heard(silent(), 20)).rejects.toThrow("aborted");
    const control = new AbortController();
    setTimeout(() => control.abort(), 20);
    await expect(heard(silent(), 10_000, control)).rejects.toThrow("aborted");
    await expect(heard(silent(), 10_000, control)).rejects.toThrow("aborted");
  });
});
