import type { FaceFiles, FaceLook, FaceReader, Glance } from "./types.ts";
import type { Answer, Found, Question } from "./worker.ts";

/** The browser or the service lacks what a face is found with: upload the photo instead, and say so first. */
export class FaceReaderUnavailable extends Error {}

/** Where the files come from that faces are found with. */
export interface ReaderOptions {
  /** Origin of the service; by default that of the page. */
  service?: string | URL;
  /** URLs of copies of the service's files, instead. */
  files?: FaceFiles;
}

/** Return a reader once its networks are loaded; rejects with FaceReaderUnavailable. */
export async function createFaceReader({ service = location.origin, files }: ReaderOptions = {}): Promise<FaceReader> {
  const found = files ? absolute(files, document.baseURI) : await filesOf(service);
  if (typeof OffscreenCanvas === "undefined") throw new FaceReaderUnavailable("the browser has no canvas for workers");
  const reader = new WorkerReader();
  try {
    await reader.ask({ kind: "load", files: found });
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

/** Return the files that a service lists. */
async function filesOf(service: string | URL): Promise<FaceFiles> {
  const answer = await fetch(new URL("/web/face.json", service)).catch(() => null);
  if (!answer?.ok) throw new FaceReaderUnavailable("the service did not say what faces are found with");
  const { files } = (await answer.json()) as { files: FaceFiles | null };
  if (!files) throw new FaceReaderUnavailable("the service has no networks for the browser");
  return absolute(files, service);
}

/** Return the files with URLs that a worker understands as well. */
function absolute(files: FaceFiles, base: string | URL): FaceFiles {
  const url = (path: string): string => new URL(path, base).href;
  const { runtime, wasm, detector, mesh, kernel } = files;
  return { runtime: url(runtime), wasm: url(wasm), detector: url(detector), mesh: url(mesh), kernel: url(kernel) };
}

class WorkerReader implements FaceReader {
  readonly #worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "face" });
  /** Who waits for an answer, in the order of the questions: so they are answered. */
  readonly #waiting: { resolve: (found: Found) => void; reject: (error: Error) => void }[] = [];

  constructor() {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      const first = this.#waiting.shift();
      if ("error" in data) first?.reject(new Error(data.error));
      else first?.resolve(data.found);
    });
    this.#worker.addEventListener("error", ({ message }) => {
      this.#refuse(new Error(message || "the worker did not load"));
    });
  }

  async read(image: ImageBitmap | ImageData): Promise<FaceLook | null> {
    return (await this.ask({ kind: "look", image })) as FaceLook | null;
  }

  async glance(image: ImageBitmap | ImageData): Promise<Glance> {
    return (await this.ask({ kind: "glance", image })) as Glance;
  }

  close(): void {
    this.#worker.terminate();
    this.#refuse(new FaceReaderUnavailable("the reader was closed"));
  }

  /** Ask the worker and wait for its answer; rejects with its error. A bitmap goes over to the worker. */
  ask(question: Question): Promise<Found> {
    const isBitmap = question.kind !== "load" && question.image instanceof ImageBitmap;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(question, isBitmap ? [question.image] : []);
    });
  }

  #refuse(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
