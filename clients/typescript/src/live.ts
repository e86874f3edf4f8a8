/** Live guidance: frames of a camera go out, hints come in, and at the end the reading. */

import { errorOfClosing, type Channel, type ErrorMessage, type Sockets } from "./sockets.js";
import type { Cancellable, FaceReading, Problem } from "./types.js";

export type Hint =
  | "too_dark"
  | "too_bright"
  | "no_face"
  | "several_faces"
  | "move_closer"
  | "move_away"
  | "center"
  | "tilt_left"
  | "tilt_right"
  | "turn_left"
  | "turn_right"
  | "chin_up"
  | "chin_down"
  | "hold_still"
  | "show_eyes"
  | "show_mouth"
  | "show_face"
  | "open_eyes"
  | "relax_mouth"
  | "face_the_light"
  | "remove_hair"
  | "ready";

/** Guidance after one frame; left and right are the person's own, and points are fractions of the frame. */
export interface GuidanceMessage {
  type: "guidance";
  /** Number of the frame among those that were sent, counted from 1. */
  frame: number;
  skipped: number;
  hints: Hint[];
  /** The first hint as a sentence. */
  text: string;
  /** From 0 to 1 toward the reading. */
  progress: number;
  pose: { yaw_deg: number; pitch_deg: number; roll_deg: number } | null;
  quality: {
    score: number;
    face_width_px: number;
    sharpness: number | null;
    brightness: number | null;
    light_asymmetry: number | null;
    covered: string[];
  } | null;
  face: { box: [number, number, number, number]; outline: [number, number][] } | null;
}

export interface SlowDownMessage {
  type: "slow_down";
  frames_per_second: number;
}

export interface ReadingMessage {
  type: "reading";
  reading: FaceReading;
}

interface HelloMessage {
  type: "hello";
  guest: boolean;
  max_frame_bytes: number;
  frames_per_second: number;
}

export type LiveMessage = GuidanceMessage | SlowDownMessage | ReadingMessage | ErrorMessage;

/** The face mesh of a frame that stays on the device: 468 or 478 points as fractions of the frame. */
export interface MeshFrame {
  points: number[][];
  width: number;
  height: number;
  landmark_looks?: 1 | 2;
}

/** A frame as the camera gives it, not mirrored: a JPEG, PNG or WebP, or the mesh that was found in it. */
export type Frame = Blob | BufferSource | MeshFrame;

export interface LiveOptions extends Cancellable {
  locale?: string | undefined;
  birthYear?: number | undefined;
}

const PACE_TOLERANCE = 0.9; // timers are not exact: at 30 a second, each third frame would come too early
const MAX_BUFFERED_BYTES = 512 * 1024; // a frame that waits longer than this takes is old when it arrives

/** Opens sessions of live guidance. */
export class Live {
  readonly #sockets: Sockets;
  readonly #locale: () => string | null;

  constructor(sockets: Sockets, locale: () => string | null) {
    this.#sockets = sockets;
    this.#locale = locale;
  }

  /** Open a session; resolves once frames can be sent. Raises GwansangError. */
  async open({ locale = this.#locale() ?? undefined, birthYear, signal }: LiveOptions = {}): Promise<LiveSession> {
    const channel = await this.#sockets.connect<LiveMessage | HelloMessage>("/api/v1/analysis/live", {}, signal);
    const start = JSON.stringify({ type: "start", locale, birth_year: birthYear });
    channel.socket.addEventListener("open", () => {
      channel.socket.send(start);
    });
    try {
      return new LiveSession(channel, await helloOf(channel));
    } catch (error) {
      channel.close();
      throw error;
    }
  }
}

async function helloOf(channel: Channel<LiveMessage | HelloMessage>): Promise<HelloMessage> {
  let problem: Problem | null = null;
  for (let message = await channel.receive(); message !== null; message = await channel.receive()) {
    if (message.type === "hello") return message;
    if (message.type === "error") problem = message.problem;
  }
  throw errorOfClosing(channel.closing, problem);
}

/** A session of live guidance, whose messages are iterated: `for await (const message of session)`. */
export class LiveSession implements AsyncIterable<LiveMessage> {
  readonly guest: boolean;
  readonly maxFrameBytes: number;
  readonly #channel: Channel<LiveMessage | HelloMessage>;
  #framesPerSecond: number;
  #nextFrameAt = 0;

  constructor(channel: Channel<LiveMessage | HelloMessage>, hello: HelloMessage) {
    this.#channel = channel;
    this.guest = hello.guest;
    this.maxFrameBytes = hello.max_frame_bytes;
    this.#framesPerSecond = hello.frames_per_second;
  }

  /** Frames that the service can look at in a second, as it said last. */
  get framesPerSecond(): number {
    return this.#framesPerSecond;
  }

  /** Send a frame, or drop it if it comes too early or earlier ones still wait; return whether it was sent. */
  send(frame: Frame): boolean {
    if (sizeOf(frame) > this.maxFrameBytes) throw new RangeError(`A frame has at most ${this.maxFrameBytes} bytes.`);
    const { socket } = this.#channel;
    const now = performance.now();
    if (socket.readyState !== socket.OPEN || socket.bufferedAmount > MAX_BUFFERED_BYTES || now < this.#nextFrameAt) return false;
    this.#nextFrameAt = now + (PACE_TOLERANCE * 1000) / this.#framesPerSecond;
    socket.send("points" in frame ? JSON.stringify({ type: "landmarks", ...frame }) : frame);
    return true;
  }

  /** Yield messages until the reading, which is the last one; raises GwansangError if the session ends without it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<LiveMessage, void> {
    let problem: Problem | null = null;
    try {
      for (let message = await this.#channel.receive(); message !== null; message = await this.#channel.receive()) {
        if (message.type === "hello") continue;
        if (message.type === "slow_down") this.#framesPerSecond = message.frames_per_second;
        problem = message.type === "error" ? message.problem : null;
        yield message;
        if (message.type === "reading") return;
      }
    } finally {
      this.close();
    }
    throw errorOfClosing(this.#channel.closing, problem);
  }

  /** Wait for the reading; onMessage: called with every message. */
  async reading(onMessage?: (message: LiveMessage) => void): Promise<FaceReading> {
    for await (const message of this) {
      onMessage?.(message);
      if (message.type === "reading") return message.reading;
    }
    throw errorOfClosing(this.#channel.closing, null);
  }

  close(): void {
    this.#channel.close();
  }
}

/** Return the bytes of a picture; a mesh of 478 points is always small enough. */
function sizeOf(frame: Frame): number {
  if ("points" in frame) return 0;
  return frame instanceof Blob ? frame.size : frame.byteLength;
}
