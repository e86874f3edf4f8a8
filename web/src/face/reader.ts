import type { FaceLook, FaceReader, MeshInput } from "./types.ts";

export type { FaceLook, FaceReader, Hint, LookQuality, MeshInput, Region } from "./types.ts";

/** The browser or the service lacks what a face is found with: upload the photo instead, and say so first. */
export class FaceReaderUnavailable extends Error {}

/** Files that faces are found with: URLs on the own origin, or null if the service lacks them. */
export interface FaceFiles {
  runtime: string;
  wasm: string;
  detector: string;
  mesh: string;
  kernel: string;
}

/** Return a reader once its networks are loaded; rejects with FaceReaderUnavailable. */
export async function createFaceReader(): Promise<FaceReader> {
  const answer = await fetch("/web/face.json");
  if (!answer.ok) throw new FaceReaderUnavailable("the service has no networks for the browser");
  throw new FaceReaderUnavailable("this release finds faces on the server");
}

export function averageLooks(looks: readonly FaceLook[]): MeshInput {
  throw new FaceReaderUnavailable(String(looks.length));
}
