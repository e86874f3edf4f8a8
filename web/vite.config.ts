import { defineConfig } from "vite";

/** Builds the page into the package that serves it; every file but index.html has the digest of its content in its name. */
export default defineConfig({
  base: "/",
  build: {
    outDir: "../src/gwansang/web/static",
    emptyOutDir: true,
    target: "es2022",
    assetsDir: "assets",
    assetsInlineLimit: 0, // no data: URLs, which the content security policy would have to allow
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // the reader is a file of its own, loaded when a camera or a photo is chosen; tests call it by its exports
      input: { index: "index.html", face: "src/face/reader.ts" },
      preserveEntrySignatures: "strict",
    },
  },
  worker: { format: "iife" }, // a classic worker: it loads the runtime of the networks with importScripts
});
