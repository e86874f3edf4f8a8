import { KernelFile } from "./arrays.ts";
import { DETECTOR_SIDE } from "./detector.ts";
import { MESH_SIDE } from "./landmarks.ts";
import type { Eyes } from "./look.ts";
import { glanceAt, lookAt } from "./look.ts";
import { Runtime } from "./runtime.ts";
import type { FaceFiles, FaceLook, Glance } from "./types.ts";

/** What is asked of the worker: first of all to load. */
export type Question = { kind: "load"; files: FaceFiles } | { kind: "look" | "glance"; image: ImageBitmap | ImageData };

/** What a look or a glance found; nothing after loading. */
export type Found = FaceLook | Glance | null;

/** The answer to a question, in the order of the questions. */
export type Answer = { error: string } | { found: Found };

let eyes: Eyes | undefined;

/** Load everything at once; the networks are made one after another, as they share the runtime. */
async function load(files: FaceFiles): Promise<void> {
  const [detector, mesh, kernel] = [bytesOf(files.detector), bytesOf(files.mesh), bytesOf(files.kernel)];
  const runtime = await Runtime.load(files.runtime, files.wasm);
  eyes = {
    detector: await runtime.network(new Uint8Array(await detector), DETECTOR_SIDE),
    mesh: await runtime.network(new Uint8Array(await mesh), MESH_SIDE),
    file: new KernelFile(await kernel),
  };
}

async function bytesOf(url: string): Promise<ArrayBuffer> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} was answered with ${answer.status}`);
  return answer.arrayBuffer();
}

async function find(question: Question): Promise<Found> {
  if (question.kind === "load") {
    await load(question.files);
    return null;
  }
  if (!eyes) throw new Error("the networks are not loaded");
  const picture = question.image instanceof ImageBitmap ? pixelsOf(question.image) : question.image;
  return question.kind === "glance" ? glanceAt(eyes, picture) : lookAt(eyes, picture);
}

async function answer(question: Question): Promise<void> {
  try {
    postMessage({ found: await find(question) } satisfies Answer);
  } catch (error) {
    postMessage({ error: String(error) } satisfies Answer);
  }
}

/** Return the pixels of a bitmap, transparent ones on white, as the service has them; the bitmap is closed. */
function pixelsOf(bitmap: ImageBitmap): ImageData {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("the browser gives no canvas");
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

// one question at a time: the networks keep state while they run
let last: Promise<unknown> = Promise.resolve();
addEventListener("message", ({ data }: MessageEvent<Question>) => {
  last = last.then(() => answer(data));
});
