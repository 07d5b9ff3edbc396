/**
 * Loads through pointers to objects of the kernel: those that lie in memory that programs share (packets, sockets, maps), and those
 * that are the simulator's own. Where nothing lies is read as 0.
 *
 * @linux kernel/bpf/verifier.c `bpf_convert_ctx_accesses`: BPF_PROBE_MEM, arch/x86/net/bpf_jit_comp.c `ex_handler_bpf` (6.18)
 */
import { isLoad, perform, sizeOf } from "../arena-access.ts";
import type { BpfMemory } from "../memory.ts";
import { innerOperation } from "../predecode.ts";
import { STRUCTS_UPPER } from "./upper.ts";

/** What is read of the kernel's own objects. */
export interface StructsReader {
  /** @param low the lower word of an address among them; undefined: nothing can lie there */
  read(low: number, size: number): Uint8Array<ArrayBuffer> | undefined;
  /** The same for what lies in memory that programs share. */
  readInMemory(low: number, size: number): Uint8Array<ArrayBuffer> | undefined;
}

/** Below lies what is no memory, so that pointers near 0 hit nothing. */
export const LOWEST_ADDRESS = 0x1_0000;

interface Reader {
  readonly memory: BpfMemory;
  readonly machine: { readonly structs: StructsReader };
}

/** @param r registers, two words each; `d`, `s` and `k` as `predecode()` has laid them out */
export function accessKernel(
  reader: Reader,
  r: Int32Array,
  op: number,
  d: number,
  s: number,
  k: number,
): void {
  const inner = innerOperation(op);
  const sum = (r[s]! >>> 0) + k;
  const high = (r[s + 1]! + Math.floor(sum / 2 ** 32)) | 0;
  const low = sum >>> 0;
  const size = sizeOf(inner);
  const { view } = reader.memory;
  const { structs } = reader.machine;
  const isInMemory = high === 0 && low >= LOWEST_ADDRESS && low + size <= view.byteLength;
  const own = isInMemory ? structs.readInMemory(low, size) : undefined;
  if (isInMemory && own === undefined) {
    perform(view, r, inner, low, d, s);
    return;
  }
  const found = high === STRUCTS_UPPER ? structs.read(low, size) : own;
  if (found !== undefined) perform(new DataView(found.buffer), r, inner, 0, d, s);
  else if (isLoad(inner)) r.fill(0, d, d + 2);
}
