/** The progress of a task: over a socket, or by repeated calls if no socket stays open. */

import type { ApiClient } from "./api_client.js";
import { GwansangError } from "./errors.js";
import { errorOfClosing, type Channel, type ErrorMessage, type Sockets } from "./sockets.js";
import type { Cancellable, Problem, TaskOut } from "./types.js";
import { pause } from "./waiting.js";

/** The state of a task after a change; `task` is the whole task at its end, and null before. */
export interface TaskEvent {
  type: "progress" | "result" | "failed" | "cancelled";
  version: number;
  status: TaskOut["status"];
  stage: string | null;
  progress: number;
  task: TaskOut | null;
}

export interface WatchOptions extends Cancellable {
  /** Milliseconds between two calls if no socket stays open. */
  pollMs?: number | undefined;
}

type Message = TaskEvent | ErrorMessage;

const MAX_FAILURES = 3; // sockets in a row that brought no news
const MAX_FAILED_POLLS = 30; // in a row
const PAUSE_MS = 250;
const POLL_MS = 1000;
/** Close codes after which another socket would be closed alike: the request, the rights or the task are not there. */
const FINAL_CLOSE_CODES: ReadonlySet<number> = new Set([4400, 4403, 4404, 4409]);

/** Watches tasks. */
export class TaskWatcher {
  readonly #api: ApiClient;
  readonly #sockets: Sockets;

  constructor(api: ApiClient, sockets: Sockets) {
    this.#api = api;
    this.#sockets = sockets;
  }

  /** Yield the state of a task and its changes until its end, and return the task; raises GwansangError. */
  async *watch(taskId: string, { signal, pollMs = POLL_MS }: WatchOptions = {}): AsyncGenerator<TaskEvent, TaskOut> {
    let version = -1;
    const usesSockets = this.#sockets.available && (await this.#sockets.hasCredentials()); // a call says at once what is missing
    for (let failures = 0; usesSockets && failures < MAX_FAILURES; failures += 1) {
      if (failures > 0) await pause(PAUSE_MS * 2 ** failures, signal);
      for await (const event of this.#received(taskId, version, signal)) {
        if (event.version > version) failures = 0;
        version = event.version;
        yield event;
        if (event.task !== null) return event.task;
      }
    }
    return yield* this.#polled(taskId, version, pollMs, signal);
  }

  /** Yield the events of one socket until it is closed; raises GwansangError if another one would not help. */
  async *#received(taskId: string, after: number, signal: AbortSignal | undefined): AsyncGenerator<TaskEvent, void> {
    const channel = await this.#connect(taskId, after, signal);
    if (channel === null) return;
    let problem: Problem | null = null;
    try {
      for (let message = await channel.receive(); message !== null; message = await channel.receive()) {
        if (message.type === "error") problem = message.problem;
        else yield message;
      }
    } finally {
      channel.close();
    }
    if (FINAL_CLOSE_CODES.has(channel.closing?.code ?? 0)) throw errorOfClosing(channel.closing, problem);
  }

  /** Return a socket, null if there can't be one now. */
  async #connect(taskId: string, after: number, signal: AbortSignal | undefined): Promise<Channel<Message> | null> {
    try {
      const path = `/api/v1/analysis/tasks/${encodeURIComponent(taskId)}/events`;
      return await this.#sockets.connect<Message>(path, { after }, signal);
    } catch (error) {
      if (isTemporary(error)) return null;
      throw error;
    }
  }

  /** Yield the states that repeated calls find until the end of the task; a service that restarts is waited for. */
  async *#polled(taskId: string, after: number, pollMs: number, signal: AbortSignal | undefined): AsyncGenerator<TaskEvent, TaskOut> {
    let version = after;
    for (let failures = 0; ; ) {
      try {
        const task = await this.#api.call("GET", "/api/v1/analysis/tasks/{task_id}", { path: { task_id: taskId }, signal });
        const event = eventOf(task);
        if (event.version > version || event.task !== null) yield event;
        if (event.task !== null) return task;
        [version, failures] = [event.version, 0];
      } catch (error) {
        failures += 1;
        if (!isTemporary(error) || failures > MAX_FAILED_POLLS) throw error;
      }
      await pause(pollMs, signal);
    }
  }
}

/** Say whether the same call may succeed later. */
function isTemporary(error: unknown): boolean {
  return error instanceof GwansangError && (error.code === "UNREACHABLE" || error.status === 429 || error.status === 503);
}

function eventOf(task: TaskOut): TaskEvent {
  const { version, status, stage, progress } = task;
  const state = { version, status, stage, progress };
  if (status === "queued" || status === "processing") return { type: "progress", ...state, task: null };
  return { type: status === "done" ? "result" : status, ...state, task };
}
