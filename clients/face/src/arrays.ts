/** An array of the kernel's file: its values as numbers, row by row, and its shape. */
export interface Numbers {
  values: Float32Array | Uint16Array;
  shape: number[];
}

interface Header {
  notes: { regions: string[]; masks: string[] };
  arrays: Record<string, { dtype: string; shape: number[]; offset: number }>;
}

/** Arrays and notes of the file that `gwansang.vision.browser_kernel` writes. */
export class KernelFile {
  readonly notes: Header["notes"];
  readonly #arrays = new Map<string, Numbers>();

  constructor(buffer: ArrayBuffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))) as Header;
    this.notes = header.notes;
    for (const [name, { dtype, shape, offset }] of Object.entries(header.arrays)) {
      const count = shape.reduce((product, side) => product * side, 1);
      this.#arrays.set(name, { values: valuesOf(dtype, buffer, 4 + length + offset, count), shape });
    }
  }

  has(name: string): boolean {
    return this.#arrays.has(name);
  }

  array(name: string): Numbers {
    const numbers = this.#arrays.get(name);
    if (!numbers) throw new Error(`the kernel's file has no ${name}`);
    return numbers;
  }
}

function valuesOf(dtype: string, buffer: ArrayBuffer, offset: number, count: number): Numbers["values"] {
  if (dtype === "float32") return new Float32Array(buffer, offset, count);
  if (dtype === "uint16") return new Uint16Array(buffer, offset, count);
  if (dtype === "float16") return Float32Array.from(new Uint16Array(buffer, offset, count), halfFloat);
  throw new Error(`the kernel's file has numbers of an unknown type, ${dtype}`);
}

/** Return the number of 16 bits as IEEE 754 has it; the weights have no infinities. */
function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}
