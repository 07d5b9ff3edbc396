import type { HashLookup } from "../maps/lookup-shape.ts";
import type { WasmBytes } from "./wasm-bytes.ts";
import { WASM } from "./wasm-opcodes.ts";
import { constant, get, set } from "./write-local.ts";

/** Locals of the function that is written: the address of the key, and words of the hash, of which the last one is it. */
interface HashLocals {
  readonly key: number;
  readonly a: number;
  readonly b: number;
  readonly hash: number;
}

/** As `jhash()` does, for keys of one size. @linux include/linux/jhash.h (6.18) */
export function writeJhash(
  w: WasmBytes,
  { keySize, seed }: Pick<HashLookup, "keySize" | "seed">,
  { key, a, b, hash: c }: HashLocals,
): void {
  for (const local of [a, b, c]) {
    constant(w, (JHASH_INITVAL + keySize + seed) | 0);
    set(w, local);
  }
  let at = 0;
  for (; keySize - at > 12; at += 12) {
    for (const [i, local] of [a, b, c].entries()) addWord(w, local, key, at + 4 * i, 4);
    for (const [x, y, bits, z] of [
      [a, c, 4, b],
      [b, a, 6, c],
      [c, b, 8, a],
      [a, c, 16, b],
      [b, a, 19, c],
      [c, b, 4, a],
    ] as const) {
      change(w, x, WASM.I32_SUB, () => get(w, y));
      change(w, x, WASM.I32_XOR, () => rotated(w, y, bits));
      change(w, y, WASM.I32_ADD, () => get(w, z));
    }
  }
  for (const [i, local] of [a, b, c].entries()) {
    addWord(w, local, key, at + 4 * i, Math.min(4, keySize - at - 4 * i));
  }
  for (const [x, y, bits] of [
    [c, b, 14],
    [a, c, 11],
    [b, a, 25],
    [c, b, 16],
    [a, c, 4],
    [b, a, 14],
    [c, b, 24],
  ] as const) {
    change(w, x, WASM.I32_XOR, () => get(w, y));
    change(w, x, WASM.I32_SUB, () => rotated(w, y, bits));
  }
}

const JHASH_INITVAL = 0xdeadbeef | 0;

/** Adds `bytes` bytes of the key, if there are any left. */
function addWord(w: WasmBytes, local: number, key: number, at: number, bytes: number): void {
  if (bytes <= 0) return;
  change(w, local, WASM.I32_ADD, () => {
    if (bytes === 4) return load(w, WASM.I32_LOAD, key, at);
    for (let i = 0; i < bytes; i++) {
      load(w, WASM.I32_LOAD8_U, key, at + i);
      if (i === 0) continue;
      constant(w, 8 * i);
      w.byte(WASM.I32_SHL);
      w.byte(WASM.I32_OR);
    }
  });
}

/** `local = local op operand` */
function change(w: WasmBytes, local: number, op: number, operand: () => void): void {
  get(w, local);
  operand();
  w.byte(op);
  set(w, local);
}

function rotated(w: WasmBytes, local: number, bits: number): void {
  get(w, local);
  constant(w, bits);
  w.byte(WASM.I32_ROTL);
}

function load(w: WasmBytes, op: number, address: number, offset: number): void {
  get(w, address);
  w.byte(op);
  w.u32(0);
  w.u32(offset);
}
