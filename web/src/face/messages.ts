import type { FaceLook, Glance } from "./types.ts";

/** URLs, on the own origin, of the files that faces are found with. */
export interface FaceFiles {
  runtime: string;
  wasm: string;
  detector: string;
  mesh: string;
  kernel: string;
}

/** What the page asks of the worker; the id is in the answer. */
export type Question =
  | { id: number; kind: "load"; files: FaceFiles }
  | { id: number; kind: "look" | "glance"; image: ImageBitmap | ImageData };

/** What the worker answers, by the kind of the question. */
export type Answer = { id: number } & ({ error: string } | { look?: FaceLook | null; glance?: Glance });
