/** Long work: batches, videos and faces that are read in the background. */

import type { ApiClient, ListOptions } from "./api_client.js";
import { errorOfTask } from "./errors.js";
import type { Pages } from "./pages.js";
import { TaskWatcher, type TaskEvent, type WatchOptions } from "./task_events.js";
import type { Sockets } from "./sockets.js";
import type { BatchPhotoReading, Cancellable, FaceRequest, TaskOut, TaskSummary } from "./types.js";
import type { Upload } from "./uploads.js";

/** Options of a submission. Without a key the client chooses one, so that a repeated call is the same task. */
export interface SubmitOptions extends Cancellable {
  idempotencyKey?: string | undefined;
}

export interface VideoOptions extends SubmitOptions {
  birthYear?: number | undefined;
}

export interface FinishOptions extends WatchOptions {
  onProgress?: ((event: TaskEvent) => void) | undefined;
}

/** Tasks of the caller. */
export class Tasks {
  readonly #api: ApiClient;
  readonly #watcher: TaskWatcher;

  constructor(api: ApiClient, sockets: Sockets) {
    this.#api = api;
    this.#watcher = new TaskWatcher(api, sockets);
  }

  /** Submit up to 50 photos, each read by itself. */
  submitBatch(photos: readonly Upload[], { signal, idempotencyKey = newKey() }: SubmitOptions = {}): Promise<TaskOut> {
    const form = { file: [...photos] };
    return this.#api.call("POST", "/api/v1/analysis/batch", { form, idempotencyKey, signal });
  }

  /** Submit a video of one face. */
  submitVideo(video: Upload, { signal, birthYear, idempotencyKey = newKey() }: VideoOptions = {}): Promise<TaskOut> {
    const form = { file: video, ...(birthYear !== undefined && { birth_year: birthYear }) };
    return this.#api.call("POST", "/api/v1/analysis/video", { form, idempotencyKey, signal });
  }

  /** Submit a face, as `Readings.analyzeFace` takes it. */
  submitFace(face: FaceRequest, { signal, idempotencyKey = newKey() }: SubmitOptions = {}): Promise<TaskOut> {
    return this.#api.call("POST", "/api/v1/analysis/face/async", { json: face, idempotencyKey, signal });
  }

  /** List tasks without results, newest first. */
  list({ size, signal }: ListOptions = {}): Pages<TaskSummary> {
    return this.#api.pages("/api/v1/analysis/tasks", { query: { size }, signal });
  }

  /** Return a task, with its result once it is done. */
  read(taskId: string, { signal }: Cancellable = {}): Promise<TaskOut> {
    return this.#api.call("GET", "/api/v1/analysis/tasks/{task_id}", { path: { task_id: taskId }, signal });
  }

  /** Return the whole reading of one photo of a batch; photos are counted from 1. */
  readPhoto(taskId: string, number: number, { signal }: Cancellable = {}): Promise<BatchPhotoReading> {
    const path = { task_id: taskId, number };
    return this.#api.call("GET", "/api/v1/analysis/tasks/{task_id}/photos/{number}", { path, signal });
  }

  async cancel(taskId: string, { signal }: Cancellable = {}): Promise<void> {
    await this.#api.call("DELETE", "/api/v1/analysis/tasks/{task_id}", { path: { task_id: taskId }, signal });
  }

  /** Yield the state of a task and every change, and return the task at its end, whatever its end is. */
  watch(taskId: string, options: WatchOptions = {}): AsyncGenerator<TaskEvent, TaskOut> {
    return this.#watcher.watch(taskId, options);
  }

  /** Wait until a task is done and return it; raises GwansangError with the code of its failure, or TASK_CANCELLED. */
  async finish(taskId: string, { onProgress, ...options }: FinishOptions = {}): Promise<TaskOut> {
    for await (const event of this.watch(taskId, options)) {
      onProgress?.(event);
      if (event.type === "result" && event.task !== null) return event.task;
      if (event.task !== null) throw errorOfTask(event.task);
    }
    return this.read(taskId, options);
  }
}

function newKey(): string {
  return crypto.randomUUID();
}
