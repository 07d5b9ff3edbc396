/**
 * The lookup of one hash map as a function of the module: the same steps as `HashMap.lookup`.
 *
 * @linux kernel/bpf/hashtab.c `htab_map_gen_lookup` (6.18)
 */
import type { HashLookup } from "../maps/lookup-shape.ts";
import { CPU_AT } from "./run-area.ts";
import { WasmBytes } from "./wasm-bytes.ts";
import { I32, NOTHING, WASM } from "./wasm-opcodes.ts";
import { writeJhash } from "./write-jhash.ts";
import { constant, get, set } from "./write-local.ts";

/** Places in an element. */
const NEXT = 0;
const HASH = 4;
const KEY = 8;

const KEY_AT = 0;
const HASH_OF_KEY = 1;
const ELEMENT = 2;
const A = 3;
const B = 4;
/** Behind the key, which is the argument. */
const LOCALS = 4;

/** From the address of a key to that of the value, 0 when there is none. */
export function compileHashLookup(shape: HashLookup): WasmBytes {
  const w = new WasmBytes();
  w.u32(1);
  w.u32(LOCALS);
  w.byte(I32);
  writeJhash(w, shape, { key: KEY_AT, a: A, b: B, hash: HASH_OF_KEY });
  get(w, HASH_OF_KEY);
  constant(w, shape.bucketMask);
  w.byte(WASM.I32_AND);
  constant(w, 2);
  w.byte(WASM.I32_SHL);
  access(w, WASM.I32_LOAD, 2, shape.buckets);
  set(w, ELEMENT);
  block(w, WASM.LOOP);
  get(w, ELEMENT);
  block(w, WASM.IF);
  block(w, WASM.BLOCK);
  compare(w, shape);
  get(w, ELEMENT);
  constant(w, shape.valueAt);
  w.byte(WASM.I32_ADD);
  if (shape.cpuStride !== 0) {
    constant(w, 0);
    access(w, WASM.I32_LOAD, 2, CPU_AT);
    constant(w, shape.cpuStride);
    w.byte(WASM.I32_MUL);
    w.byte(WASM.I32_ADD);
  }
  w.byte(WASM.RETURN);
  w.byte(WASM.END);
  get(w, ELEMENT);
  access(w, WASM.I32_LOAD, 2, NEXT);
  set(w, ELEMENT);
  w.byte(WASM.BR);
  w.u32(1);
  w.byte(WASM.END);
  w.byte(WASM.END);
  constant(w, 0);
  w.byte(WASM.END);
  return w;
}

/** Leaves the block when hash or key differ. */
function compare(w: WasmBytes, { keySize }: HashLookup): void {
  get(w, ELEMENT);
  access(w, WASM.I32_LOAD, 2, HASH);
  get(w, HASH_OF_KEY);
  w.byte(WASM.I32_NE);
  leave(w);
  for (let at = 0; at < keySize; ) {
    const [size, load, align, differs] = widest(keySize - at);
    get(w, ELEMENT);
    access(w, load, align, KEY + at);
    get(w, KEY_AT);
    access(w, load, align, at);
    w.byte(differs);
    leave(w);
    at += size;
  }
}

function widest(bytes: number): readonly [number, number, number, number] {
  if (bytes >= 8) return [8, WASM.I64_LOAD, 3, WASM.I64_NE];
  if (bytes >= 4) return [4, WASM.I32_LOAD, 2, WASM.I32_NE];
  return [1, WASM.I32_LOAD8_U, 0, WASM.I32_NE];
}

function leave(w: WasmBytes): void {
  w.byte(WASM.BR_IF);
  w.u32(0);
}

function block(w: WasmBytes, op: number): void {
  w.byte(op);
  w.byte(NOTHING);
}

function access(w: WasmBytes, op: number, align: number, offset: number): void {
  w.byte(op);
  w.u32(align);
  w.u32(offset);
}
