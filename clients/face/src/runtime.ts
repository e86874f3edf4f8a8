/** A network of the bundle: one picture of float32 in, its outputs in the model's order. */
export interface Network {
  run(input: Float32Array): Promise<Float32Array[]>;
}

interface Freed {
  delete(): void;
}
interface Dimensions extends Freed {
  push_back(length: number): void;
}
interface TensorBuffer extends Freed {
  lock(mode: unknown): number;
  unlock(): void;
  packedSize(): number;
}
interface CompiledModel {
  run(signature: number, inputs: TensorBuffer[]): TensorBuffer[] | Promise<TensorBuffer[]>;
}
/** What of the module of LiteRT.js is used. */
interface LiteRtModule {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  setupLogging(): void;
  getThreadCount(): number;
  VectorInt32: new () => Dimensions;
  LiteRtEnvironment: { create(device: null): unknown };
  LiteRtLayout: { create(dimensions: Dimensions): Freed };
  LiteRtRankedTensorType: { create(element: { value: number }, layout: Freed): Freed };
  LiteRtTensorBuffer: { createManaged(environment: unknown, kind: unknown, type: Freed, bytes: number): TensorBuffer };
  LiteRtTensorBufferType: { HOST_MEMORY: unknown };
  LiteRtTensorBufferLockMode: { READ: unknown; WRITE: unknown };
  loadModel(environment: unknown, pointer: number, bytes: number): unknown;
  compileModel(environment: unknown, model: unknown, options: object): CompiledModel | Promise<CompiledModel>;
}
interface ModuleOptions {
  locateFile: () => string;
  printErr: (line: string) => void;
}
type ModuleFactory = (options: ModuleOptions) => Promise<LiteRtModule>;

declare global {
  // called by the script of LiteRT.js as a loader of AMD modules has it
  var define: (((dependencies: string[], factory: () => ModuleFactory) => void) & { amd: true }) | undefined;
}

const FLOAT32 = 1;

/** The runtime of the networks, LiteRT in WebAssembly. */
export class Runtime {
  readonly #module: LiteRtModule;
  readonly #environment: unknown;

  private constructor(module: LiteRtModule) {
    this.#module = module;
    this.#environment = module.LiteRtEnvironment.create(null);
  }

  /** Load the script and its WebAssembly. */
  static async load(scriptUrl: string, wasmUrl: string): Promise<Runtime> {
    const makeModule = await factoryOf(scriptUrl);
    const module = await makeModule({
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
    const input = this.#pictureBuffer(side);
    return { run: (picture) => runModel(module, compiled, input, picture) };
  }

  /** Return the memory of one picture; the network's own type leaves the number of pictures open. */
  #pictureBuffer(side: number): TensorBuffer {
    const module = this.#module;
    const dimensions = new module.VectorInt32();
    for (const length of [1, side, side, 3]) dimensions.push_back(length);
    const layout = module.LiteRtLayout.create(dimensions);
    const type = module.LiteRtRankedTensorType.create({ value: FLOAT32 }, layout);
    const { HOST_MEMORY } = module.LiteRtTensorBufferType;
    const bytes = side * side * 3 * Float32Array.BYTES_PER_ELEMENT;
    const buffer = module.LiteRtTensorBuffer.createManaged(this.#environment, HOST_MEMORY, type, bytes);
    for (const each of [dimensions, layout, type]) each.delete();
    return buffer;
  }
}

/** Return what a script defines that is no module: imported, it hands it to `define`. */
async function factoryOf(scriptUrl: string): Promise<ModuleFactory> {
  const defined: ModuleFactory[] = [];
  const define = (_: string[], factory: () => ModuleFactory): void => void defined.push(factory());
  globalThis.define = Object.assign(define, { amd: true as const });
  await import(/* @vite-ignore */ /* webpackIgnore: true */ scriptUrl);
  if (!defined[0]) throw new Error("the runtime of the networks did not load");
  return defined[0];
}

async function runModel(
  module: LiteRtModule, compiled: CompiledModel, input: TensorBuffer, picture: Float32Array,
): Promise<Float32Array[]> {
  const { READ, WRITE } = module.LiteRtTensorBufferLockMode;
  module.HEAPU8.set(new Uint8Array(picture.buffer), input.lock(WRITE));
  input.unlock();
  const outputs = await compiled.run(0, [input]);
  return outputs.map((output) => {
    const from = output.lock(READ);
    const values = new Float32Array(module.HEAPU8.slice(from, from + output.packedSize()).buffer);
    output.unlock();
    output.delete();
    return values;
  });
}
