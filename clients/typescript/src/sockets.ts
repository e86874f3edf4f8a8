/** WebSockets as sequences of messages. */

import { errorOfProblem, GwansangError } from "./errors.js";
import type { ApiClient } from "./api_client.js";
import type { Query } from "./transport.js";
import type { Problem } from "./types.js";
import { abortable } from "./waiting.js";

/** The constructor of a WebSocket as browsers and Node from 22 on have it; the package `ws` has one for Node 20. */
export type WebSocketClass = new (url: string) => WebSocket;

/** An error that the service sent; whether the socket stays open depends on the error. */
export interface ErrorMessage {
  type: "error";
  problem: Problem;
}

/** How a socket was closed. */
export interface Closing {
  code: number;
  reason: string;
}

/** An open socket; messages wait until they are received. */
export class Channel<Message extends { type: string }> {
  readonly socket: WebSocket;
  readonly #signal: AbortSignal | undefined;
  readonly #received: string[] = [];
  #wake: (() => void) | null = null;
  /** Null while it is open. */
  closing: Closing | null = null;

  constructor(socket: WebSocket, signal?: AbortSignal) {
    this.socket = socket;
    this.#signal = signal;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      this.#received.push(String(data));
      this.#wake?.();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closing = { code, reason };
      this.#wake?.();
    });
  }

  /** Return the next message, null once the socket is closed; rejects with the reason of the signal if it is aborted. */
  async receive(): Promise<Message | null> {
    for (;;) {
      const text = this.#received.shift();
      if (text !== undefined) return JSON.parse(text) as Message;
      if (this.closing !== null) return null;
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await abortable(woken, this.#signal);
    }
  }

  close(): void {
    this.socket.close(1000);
  }
}

/** Opens sockets with tickets, because browsers can't send headers with them. */
export class Sockets {
  readonly #api: ApiClient;
  readonly #socketClass: WebSocketClass | null;

  constructor(api: ApiClient, socketClass: WebSocketClass | null) {
    this.#api = api;
    this.#socketClass = socketClass;
  }

  /** Say whether this platform has sockets. */
  get available(): boolean {
    return this.#socketClass !== null;
  }

  /** Say whether the caller has more rights than a guest. */
  hasCredentials(): Promise<boolean> {
    return this.#api.transport.hasCredentials();
  }

  /** Return a socket, which may not be open yet; without credentials that of a guest. Raises GwansangError. */
  async connect<Message extends { type: string }>(
    path: string,
    query: Query,
    signal?: AbortSignal,
  ): Promise<Channel<Message>> {
    if (this.#socketClass === null) throw new GwansangError("There is no WebSocket; pass one as `webSocket`.", "WEBSOCKET_MISSING");
    const ticket = await this.#ticket(signal);
    const url = this.#api.transport.urlOf(path, { ...query, ticket });
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    signal?.throwIfAborted();
    return new Channel<Message>(new this.#socketClass(url.href), signal);
  }

  async #ticket(signal: AbortSignal | undefined): Promise<string | null> {
    if (!(await this.hasCredentials())) return null;
    return (await this.#api.call("POST", "/api/v1/auth/tickets", { signal })).ticket;
  }
}

/** Return the error of a socket that was closed, with the problem that was sent before if there was one. */
export function errorOfClosing(closing: Closing | null, problem: Problem | null): GwansangError {
  if (problem !== null) return errorOfProblem(problem);
  return new GwansangError(`The socket was closed (${closing?.code ?? 1006} ${closing?.reason ?? ""}).`, "SOCKET_CLOSED");
}
