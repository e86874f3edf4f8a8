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
  },
  worker: { format: "iife" }, // a classic worker: it loads the runtime of the networks with importScripts
});
