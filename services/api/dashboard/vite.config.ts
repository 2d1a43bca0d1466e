import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const api = process.env.TRACETALLY_API ?? "http://127.0.0.1:8081";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // the first with light-dark()
    assetsInlineLimit: 0, // the policy of the pages allows files, not inlined ones
    modulePreload: { polyfill: false },
    cssCodeSplit: false, // one file: 7 kB, and no page waits for its own
    manifest: true,
    reportCompressedSize: false,
  },
  server: { proxy: { "/v1": api } },
  test: { include: ["tests/**/*.test.ts"], environment: "node", env: { TZ: "Europe/Berlin" } },
});
