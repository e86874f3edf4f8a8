/** The one face reader of the page, made once; the state says whether faces are found on this device. */

import type { FaceLook, FaceReader, MeshInput } from "@gwansang/face";
import { change } from "./state.ts";

let reader: Promise<FaceReader | null> | null = null;

/** Return the reader, or null if this device can't find the points of a face. */
export function faceReader(): Promise<FaceReader | null> {
  reader ??= import("@gwansang/face").then(({ createFaceReader }) => createFaceReader()).then(
    (made) => {
      change({ onDevice: true });
      return made;
    },
    () => {
      change({ onDevice: false });
      return null;
    },
  );
  return reader;
}

/** Give the reader up after it failed: from now on photos are sent. */
export function giveUpReader(): void {
  void reader?.then((made) => made?.close());
  reader = Promise.resolve(null);
  change({ onDevice: false });
}

/** Return the mean of some looks as it is sent. */
export async function meshOf(looks: readonly FaceLook[]): Promise<MeshInput> {
  const { averageLooks } = await import("@gwansang/face");
  return averageLooks([...looks]);
}
