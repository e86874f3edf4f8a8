import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";

const SERVICE_WORKER = "service-worker"; // its address may not change, and everything below it is in its scope

/** Writes the digest of all other files into the service worker, so that its caches are those of one build. */
const versionedCaches: Plugin = {
  name: "versioned-caches",
  generateBundle: {
    order: "post", // after index.html was made
    handler(_, bundle) {
      const worker = bundle[`${SERVICE_WORKER}.js`];
      if (worker?.type !== "chunk") throw new Error("the build has no service worker");
      const digest = createHash("sha256").update(readFileSync("src/service_worker.ts"));
      for (const name of Object.keys(bundle).sort()) digest.update(name);
      worker.code = worker.code.replace("BUILD_DIGEST", digest.digest("hex").slice(0, 12));
    },
  },
};

/** Lets the style come before the script, so that the first paint does not wait for the larger file. */
const styleFirst: Plugin = {
  name: "style-first",
  transformIndexHtml: {
    order: "post",
    handler: (html) => html.replace('<script type="module"', '<script type="module" fetchpriority="low"'),
  },
};

/** Builds the page into the package that serves it; a file in assets has the digest of its content in its name. */
export default defineConfig({
  base: "/",
  plugins: [styleFirst, versionedCaches],
  resolve: { conditions: ["@gwansang/source", ...defaultClientConditions] }, // the packages of clients, from their sources
  build: {
    outDir: "../src/gwansang/web/static",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome111", "safari16.2", "firefox113"], // the first with color-mix(); light-dark() is written out for them
    assetsDir: "assets",
    assetsInlineLimit: 0, // no data: URLs, which the content security policy would have to allow
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // the reader is a file of its own, loaded when a camera or a photo is chosen; tests call it by its exports
      input: { index: "index.html", face: "@gwansang/face", [SERVICE_WORKER]: "src/service_worker.ts" },
      preserveEntrySignatures: "strict",
      output: { entryFileNames: ({ name }) => (name === SERVICE_WORKER ? "[name].js" : "assets/[name]-[hash].js") },
    },
  },
  worker: { format: "es" }, // it imports the runtime of the networks
});
