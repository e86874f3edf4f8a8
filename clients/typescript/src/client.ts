/** The whole client. */

import { CoreClient, type CoreOptions } from "./core_client.js";
import { Live } from "./live.js";
import { Sockets, type WebSocketClass } from "./sockets.js";
import { Tasks } from "./tasks.js";

export interface ClientOptions extends CoreOptions {
  /** For platforms without `WebSocket`; null: watch tasks by calls only. */
  webSocket?: WebSocketClass | null | undefined;
}

/** A client of one service, with an API key or a sign-in; without both it calls as a guest. */
export class GwansangClient extends CoreClient {
  readonly tasks: Tasks;
  readonly live: Live;

  constructor(options: ClientOptions = {}) {
    super(options);
    const sockets = new Sockets(this, options.webSocket === undefined ? platformWebSocket() : options.webSocket);
    this.tasks = new Tasks(this, sockets);
    this.live = new Live(sockets, this.transport.options.locale);
  }
}

function platformWebSocket(): WebSocketClass | null {
  return (globalThis as { WebSocket?: WebSocketClass }).WebSocket ?? null;
}
