/** The shortest pieces of a function, which everything that writes one puts together. */
import type { WasmBytes } from "./wasm-bytes.ts";
import { WASM } from "./wasm-opcodes.ts";

export function constant(w: WasmBytes, value: number): void {
  w.byte(WASM.I32_CONST);
  w.s32(value);
}

export function get(w: WasmBytes, local: number): void {
  w.byte(WASM.LOCAL_GET);
  w.u32(local);
}

export function set(w: WasmBytes, local: number): void {
  w.byte(WASM.LOCAL_SET);
  w.u32(local);
}
