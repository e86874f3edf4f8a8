import type { Answer, FaceFiles, Question } from "./messages.ts";
import type { FaceLook, FaceReader, Glance } from "./types.ts";

export { averageLooks } from "./average.ts";
export type { FaceLook, FaceReader, Glance, Hint, LookQuality, MeshInput, Region } from "./types.ts";

/** The browser or the service lacks what a face is found with: upload the photo instead, and say so first. */
export class FaceReaderUnavailable extends Error {}

type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

/** Return a reader once its networks are loaded; rejects with FaceReaderUnavailable. */
export async function createFaceReader(): Promise<FaceReader> {
  const { files } = (await json("/web/face.json")) as { files: FaceFiles | null };
  if (!files) throw new FaceReaderUnavailable("the service has no networks for the browser");
  if (typeof OffscreenCanvas === "undefined") throw new FaceReaderUnavailable("the browser has no canvas for workers");
  const reader = new WorkerReader();
  try {
    await reader.ask({ kind: "load", files });
  } catch (error) {
    reader.close();
    throw new FaceReaderUnavailable(String(error));
  }
  return reader;
}

/** Return the picture of a file, upright, in the colours that are stored in it: the service reads no colour profile either. */
export function decodePicture(file: Blob): Promise<ImageBitmap> {
  return createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none" });
}

async function json(url: string): Promise<unknown> {
  try {
    const answer = await fetch(url);
    if (answer.ok) return await answer.json();
  } catch {
    // said below
  }
  throw new FaceReaderUnavailable("the service did not say what faces are found with");
}

class WorkerReader implements FaceReader {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { name: "face" });
  readonly #waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  #count = 0;

  constructor() {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      this.#settle(data);
    });
    this.#worker.addEventListener("error", (event) => {
      for (const id of this.#waiting.keys()) this.#settle({ id, error: event.message || "the worker did not load" });
    });
  }

  async read(image: ImageBitmap | ImageData): Promise<FaceLook | null> {
    const answer = await this.ask({ kind: "look", image }, image instanceof ImageBitmap ? [image] : []);
    return "look" in answer ? (answer.look ?? null) : null;
  }

  async glance(image: ImageBitmap | ImageData): Promise<Glance> {
    const answer = await this.ask({ kind: "glance", image }, image instanceof ImageBitmap ? [image] : []);
    return ("glance" in answer ? answer.glance : undefined) ?? { hint: "no_face", quality: null };
  }

  close(): void {
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(new FaceReaderUnavailable("the reader was closed"));
    this.#waiting.clear();
  }

  /** Ask the worker and wait for its answer; rejects with its error. */
  ask(question: WithoutId<Question>, transfer: Transferable[] = []): Promise<Answer> {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...question, id }, transfer);
    });
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("error" in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer);
  }
}
