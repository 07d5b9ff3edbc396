/** The pieces that every module of the compiler is put together from. @spec WebAssembly Core 2.0 §5.5 */
import { WasmBytes } from "./wasm-bytes.ts";

/** Sections of a module, by number. */
export const TYPES = 1;
export const IMPORTS = 2;
export const FUNCTIONS = 3;
export const TABLES = 4;
export const EXPORTS = 7;
export const ELEMENTS = 9;
export const CODE = 10;

/** As much as any memory may grow to. */
const MEMORY_PAGES_MAX = 65_536;

export interface Signature {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

/** An empty module. */
export function startModule(): WasmBytes {
  const out = new WasmBytes();
  out.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  return out;
}

export function section(out: WasmBytes, id: number, write: (w: WasmBytes) => void): void {
  const content = new WasmBytes();
  write(content);
  out.byte(id);
  out.sized(content);
}

export class TypeTable {
  readonly #known = new Map<string, number>();
  readonly #list: Signature[] = [];

  index(signature: Signature): number {
    const name = `${signature.params.join()}:${signature.results.join()}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    this.#known.set(name, this.#list.length);
    return this.#list.push(signature) - 1;
  }

  write(w: WasmBytes): void {
    w.u32(this.#list.length);
    for (const { params, results } of this.#list) {
      w.byte(0x60);
      for (const types of [params, results]) {
        w.u32(types.length);
        for (const type of types) w.byte(type);
      }
    }
  }
}

export function writeImports(w: WasmBytes, types: readonly number[]): void {
  w.u32(types.length + 1);
  w.text("machine");
  w.text("memory");
  w.byte(0x02);
  w.byte(0x01);
  w.u32(1);
  w.u32(MEMORY_PAGES_MAX);
  for (const [i, type] of types.entries()) {
    w.text("machine");
    w.text(`f${i}`);
    w.byte(0x00);
    w.u32(type);
  }
}

export function writeExport(w: WasmBytes, name: string, index: number): void {
  w.text(name);
  w.byte(0x00);
  w.u32(index);
}
