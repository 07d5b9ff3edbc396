/**
 * Instructions at addresses of an arena. Where they lie the tables of the arena say; what is not there reads
 * as 0 and is not written.
 *
 * @linux arch/x86/net/bpf_jit_comp.c `BPF_PROBE_MEM32`, `ex_handler_bpf` (6.18)
 */
import { atomic32, atomic64 } from "./atomics.ts";
import { BPF_CMPXCHG } from "./isa.ts";
import { PAGE_SIZE } from "./maps/flags.ts";
import type { BpfMemory } from "./memory.ts";
import { arenaDirectory, innerOperation, OP } from "./predecode.ts";

const HALF = 2 ** 32;
const SIZES = [4, 2, 1, 8];

/** Who is told of an access to what is not there. */
interface ArenaHost {
  arenaFault(directory: number, address: number, isWrite: boolean): void;
}

interface ArenaCpu {
  readonly memory: BpfMemory;
  readonly machine: ArenaHost;
}

/** @param r registers, two words each; `d`, `s` and `k` as `predecode()` has laid them out */
export function accessArena(
  { memory, machine }: ArenaCpu,
  r: Int32Array,
  op: number,
  d: number,
  s: number,
  k: number,
): void {
  const inner = innerOperation(op);
  const base = isLoad(inner) || isLoadAcquire(inner) ? s : d;
  const address = r[base + 1]! * HALF + (r[base]! >>> 0) + k;
  const size = sizeOf(inner);
  const directory = arenaDirectory(op);
  const first = placeOf(memory.view, directory, address);
  const last = placeOf(memory.view, directory, address + size - 1);
  if (first === 0 || last === 0) {
    machine.arenaFault(directory, address, !isLoad(inner));
    // The exception is handled behind the instruction.
    if (isLoad(inner)) r.fill(0, d, d + 2);
  } else if (last === first + size - 1) perform(memory.view, r, inner, first, d, s);
  else acrossPages(memory.bytes, r, inner, { first, last, size }, d, s);
}

export function isLoad(inner: number): boolean {
  return inner <= 0xff && (inner & 0x07) === 0x01;
}

function isLoadAcquire(inner: number): boolean {
  return inner >= OP.LOAD_ACQUIRE_8 && inner <= OP.LOAD_ACQUIRE_64;
}

export function sizeOf(inner: number): number {
  if (inner <= 0xff) return SIZES[(inner >> 3) & 3]!;
  if (inner < OP.LOAD_ACQUIRE_8) return inner === OP.ATOMIC64 ? 8 : 4;
  return 1 << ((inner - OP.LOAD_ACQUIRE_8) & 3);
}

/** 0: there is no page. */
function placeOf(view: DataView, directory: number, address: number): number {
  if (address < 0 || address >= HALF) return 0;
  const table = view.getInt32(directory + (address >>> 22) * 4, true);
  const page = table === 0 ? 0 : view.getInt32(table + ((address >>> 12) & 1023) * 4, true);
  return page === 0 ? 0 : page + (address & (PAGE_SIZE - 1));
}

/** Pages that follow each other lie apart. */
function acrossPages(
  bytes: Uint8Array,
  r: Int32Array,
  inner: number,
  { first, last, size }: { first: number; last: number; size: number },
  d: number,
  s: number,
): void {
  const together = new Uint8Array(size);
  const onFirst = PAGE_SIZE - (first % PAGE_SIZE);
  const second = last - (last % PAGE_SIZE);
  together.set(bytes.subarray(first, first + onFirst));
  together.set(bytes.subarray(second, last + 1), onFirst);
  perform(new DataView(together.buffer), r, inner, 0, d, s);
  bytes.set(together.subarray(0, onFirst), first);
  bytes.set(together.subarray(onFirst), second);
}

/** Carries it out at the place of its address in `view`. */
export function perform(
  view: DataView,
  r: Int32Array,
  inner: number,
  at: number,
  d: number,
  s: number,
): void {
  if (inner === OP.ATOMIC32) narrowAtomic(view, r, at, s);
  else if (inner === OP.ATOMIC64) atomic64(view, r, at, s & 0xff, s >> 8);
  else if (isLoad(inner)) load(view, r, at, d, sizeOf(inner), (inner & 0xe0) === 0x80);
  else if (isLoadAcquire(inner)) load(view, r, at, d, sizeOf(inner), false);
  else if ((inner & 0x07) === 0x02 && inner <= 0xff) store(view, at, sizeOf(inner), s, s >> 31);
  else store(view, at, sizeOf(inner), r[s]!, r[s + 1]!);
}

/**
 * Behind a compare-and-exchange at an arena Linux puts no zero extension, and the CPU writes R0 only when it has found
 * something else.
 */
function narrowAtomic(view: DataView, r: Int32Array, at: number, s: number): void {
  const high = r[1]!;
  const isExchanged = s >> 8 === BPF_CMPXCHG && view.getInt32(at, true) === r[0];
  atomic32(view, r, at, s & 0xff, s >> 8);
  if (isExchanged) r[1] = high;
}

function load(
  view: DataView,
  r: Int32Array,
  at: number,
  d: number,
  size: number,
  isSigned: boolean,
): void {
  if (size === 1) r[d] = isSigned ? view.getInt8(at) : view.getUint8(at);
  else if (size === 2) r[d] = isSigned ? view.getInt16(at, true) : view.getUint16(at, true);
  else r[d] = view.getInt32(at, true);
  r[d + 1] = size === 8 ? view.getInt32(at + 4, true) : isSigned ? r[d]! >> 31 : 0;
}

function store(view: DataView, at: number, size: number, low: number, high: number): void {
  if (size === 1) view.setInt8(at, low);
  else if (size === 2) view.setInt16(at, low, true);
  else view.setInt32(at, low, true);
  if (size === 8) view.setInt32(at + 4, high, true);
}
