import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const api = process.env.TRACETALLY_API ?? "http://127.0.0.1:8081";

/** What the landing page is drawn with comes beside the base, not after it has been read. */
const EARLY = ["parts", "Overview"];
const early: Plugin = {
  name: "early",
  transformIndexHtml: {
    order: "post",
    handler: (_, { bundle }) =>
      Object.values(bundle ?? {})
        .filter((chunk) => chunk.type === "chunk" && EARLY.includes(chunk.name))
        .map((chunk) => ({ tag: "link", injectTo: "head" as const, attrs: { rel: "modulepreload", crossorigin: true, href: `/${chunk.fileName}` } })),
  },
};

export default defineConfig({
  plugins: [react(), early],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // the first with light-dark()
    assetsInlineLimit: 0, // the policy of the pages allows files, not inlined ones
    modulePreload: { polyfill: false },
    cssCodeSplit: false, // one file: 7 kB, and no page waits for its own
    manifest: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 600, // kB, not packed: tests/budgets.test.ts bounds what is sent
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [ // two files before the first figure, not twenty: each is a request
            { name: "base", tags: ["$initial"] },
            { name: "parts", minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: { proxy: { "/v1": api } },
  test: { include: ["tests/**/*.test.ts"], environment: "node", env: { TZ: "Europe/Berlin" } },
});
