/** A network of the bundle: one picture of float32 in, its outputs in the model's order. */
export interface Network {
  run(input: Float32Array): Promise<Float32Array[]>;
}

interface Freed {
  delete(): void;
}
interface Vector<T> extends Freed {
  push_back(value: T): void;
}
interface TensorBuffer extends Freed {
  lock(mode: unknown): number;
  unlock(): void;
  packedSize(): number;
}
interface TensorType extends Freed {
  bytes(): number;
}
type Layout = Freed;
interface CompiledModel extends Freed {
  run(signature: number, inputs: TensorBuffer[]): TensorBuffer[] | Promise<TensorBuffer[]>;
}
type Model = Freed;
/** What of the module of LiteRT.js is used. */
interface LiteRtModule {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  setupLogging(): void;
  getThreadCount(): number;
  VectorInt32: new () => Vector<number>;
  LiteRtEnvironment: { create(device: null): unknown };
  LiteRtLayout: { create(dimensions: Vector<number>): Layout };
  LiteRtRankedTensorType: { create(element: { value: number }, layout: Layout): TensorType };
  LiteRtTensorBuffer: {
    createManaged(environment: unknown, kind: unknown, type: TensorType, bytes: number): TensorBuffer;
  };
  LiteRtTensorBufferType: { HOST_MEMORY: unknown };
  LiteRtTensorBufferLockMode: { READ: unknown; WRITE: unknown };
  loadModel(environment: unknown, pointer: number, bytes: number): Model;
  compileModel(environment: unknown, model: Model, options: object): CompiledModel | Promise<CompiledModel>;
}
interface ModuleOptions {
  locateFile: () => string;
  printErr: (line: string) => void;
}
type ModuleFactory = (options: ModuleOptions) => Promise<LiteRtModule>;

declare global {
  // set by the script of LiteRT.js
  var ModuleFactory: ModuleFactory | undefined;
}

/** The runtime of the networks, LiteRT in WebAssembly. */
export class Runtime {
  readonly #module: LiteRtModule;
  readonly #environment: unknown;

  private constructor(module: LiteRtModule) {
    this.#module = module;
    this.#environment = module.LiteRtEnvironment.create(null);
  }

  /** Load the script, in a classic worker, and its WebAssembly. */
  static async load(scriptUrl: string, wasmUrl: string): Promise<Runtime> {
    importScripts(scriptUrl);
    if (!globalThis.ModuleFactory) throw new Error("the runtime of the networks did not load");
    const module = await globalThis.ModuleFactory({
      locateFile: () => wasmUrl,
      printErr: (line) => {
        console.debug(line); // the runtime reports its start as errors
      },
    });
    module.setupLogging();
    return new Runtime(module);
  }

  /** Return the network of a .tflite file that takes a picture of `side` x `side` pixels. */
  async network(file: Uint8Array, side: number): Promise<Network> {
    const module = this.#module;
    const environment = this.#environment;
    const pointer = module._malloc(file.byteLength);
    module.HEAPU8.set(file, pointer);
    const model = module.loadModel(environment, pointer, file.byteLength);
    const options = {
      environment: { liteRtEnvironment: environment },
      accelerator: "wasm",
      cpuOptions: { numThreads: module.getThreadCount() },
      gpuOptions: {},
      webNNOptions: {},
    };
    const compiled = await module.compileModel(environment, model, options);
    return { run: (input) => runModel(module, environment, compiled, input, side) };
  }
}

const FLOAT32 = 1;

/** Return the type of a tensor of one picture; the network's own leaves the number of pictures open. */
function pictureType(module: LiteRtModule, side: number): TensorType {
  const dimensions = new module.VectorInt32();
  for (const length of [1, side, side, 3]) dimensions.push_back(length);
  const layout = module.LiteRtLayout.create(dimensions);
  const type = module.LiteRtRankedTensorType.create({ value: FLOAT32 }, layout);
  dimensions.delete();
  layout.delete();
  return type;
}

async function runModel(
  module: LiteRtModule, environment: unknown, compiled: CompiledModel, input: Float32Array, side: number,
): Promise<Float32Array[]> {
  const type = pictureType(module, side);
  if (type.bytes() !== input.byteLength) throw new Error(`the network takes ${type.bytes()} bytes`);
  const { HOST_MEMORY } = module.LiteRtTensorBufferType;
  const buffer = module.LiteRtTensorBuffer.createManaged(environment, HOST_MEMORY, type, input.byteLength);
  type.delete();
  const to = buffer.lock(module.LiteRtTensorBufferLockMode.WRITE);
  module.HEAPU8.set(new Uint8Array(input.buffer, input.byteOffset, input.byteLength), to);
  buffer.unlock();
  const outputs = await compiled.run(0, [buffer]);
  buffer.delete();
  return outputs.map((output) => {
    const from = output.lock(module.LiteRtTensorBufferLockMode.READ);
    const values = new Float32Array(module.HEAPU8.slice(from, from + output.packedSize()).buffer);
    output.unlock();
    output.delete();
    return values;
  });
}
