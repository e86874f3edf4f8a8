import { defineConfig } from "vite";

const SERVICE_WORKER = "service-worker"; // its address may not change, and everything below it is in its scope

/** Builds the page into the package that serves it; a file in assets has the digest of its content in its name. */
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
      input: { index: "index.html", face: "src/face/reader.ts", [SERVICE_WORKER]: "src/service_worker.ts" },
      preserveEntrySignatures: "strict",
      output: { entryFileNames: ({ name }) => (name === SERVICE_WORKER ? "[name].js" : "assets/[name]-[hash].js") },
    },
  },
  worker: { format: "iife" }, // a classic worker: it loads the runtime of the networks with importScripts
});
