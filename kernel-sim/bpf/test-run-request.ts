import { E2BIG, EFAULT, EINVAL, ENOSPC } from "../include/errno.ts";
import type { BpfKernel } from "./kernel.ts";
import { CgroupStorageMap } from "./maps/local-storage.ts";
import type { LoadedProgram } from "./program.ts";
import type { UserMemory } from "./sys/caller.ts";

/** What BPF_PROG_TEST_RUN is asked. */
export interface TestRunRequest {
  /** Empty when there is none. */
  readonly dataIn: Uint8Array;
  /** How long the caller says it is, in bytes, if that is not its length. */
  readonly dataSizeIn?: number;
  /** Whether there is an address for a packet, given or asked for; none: when the packet is not empty. */
  readonly hasDataAddress?: boolean;
  /** How much of the packet the caller has room for, in bytes; 0 or none: for all of it. */
  readonly dataSizeOut?: number;
  readonly ctxIn: Uint8Array | undefined;
  /** How much of the context the caller has room for; none: it does not want it back. */
  readonly ctxSizeOut?: number;
  readonly repeat: number;
  readonly duration?: number;
  readonly flags?: number;
  readonly cpu?: number;
  readonly batchSize?: number;
  /** The caller's memory, for runs whose context points into it. */
  readonly user?: UserMemory;
}

/** What it answers; `errno` is negative when the run was refused. */
export interface TestRunOutcome {
  readonly errno: number;
  readonly retval: number;
  /** What of the packet came back. */
  readonly dataOut: Uint8Array | undefined;
  /** How long the packet is now, in bytes, and the context. */
  readonly dataSizeOut: number;
  readonly ctxSizeOut: number;
  /** What of the context came back. */
  readonly ctxOut: Uint8Array | undefined;
  readonly executed: number;
}

/** `struct skb_shared_info`, which closes every buffer. */
export const SHARED_INFO_BYTES = 320;
export const PAGE_BYTES = 4096;
/** Between the start of a buffer and the packet. */
export const NET_SKB_PAD = 64;
/** Packets of a test run come in through the loopback device. */
export const LOOPBACK_IFINDEX = 1;

/** Sizes stay as they were asked. */
export function refusedRun(
  errno: number,
  { dataSizeOut = 0, ctxSizeOut = 0 }: TestRunRequest,
): TestRunOutcome {
  const nothing = { retval: 0, dataOut: undefined, ctxOut: undefined, executed: 0 };
  return { ...nothing, errno, dataSizeOut, ctxSizeOut };
}

/** What is asked of no run but of those that know what to do with it. */
export function asksForMore({ flags = 0, cpu = 0, batchSize = 0 }: TestRunRequest): boolean {
  return flags !== 0 || cpu !== 0 || batchSize !== 0;
}

/** @linux net/bpf/test_run.c `bpf_test_init` (6.18) */
export function checkDataIn(
  { dataIn, dataSizeIn }: TestRunRequest,
  headroom: number,
  tailroom: number,
): 0 | number {
  const size = dataSizeIn ?? dataIn.length;
  if (size > PAGE_BYTES - headroom - tailroom) return -EINVAL;
  return size > dataIn.length ? -EFAULT : 0;
}

/**
 * The context that came along, in full length: undefined when there is none, a negative errno when
 * something stands behind it.
 *
 * @linux net/bpf/test_run.c `bpf_ctx_init` (6.18)
 */
export function ctxInit(
  { ctxIn, ctxSizeOut }: TestRunRequest,
  bytes: number,
): Uint8Array<ArrayBuffer> | undefined | number {
  if (ctxIn === undefined && ctxSizeOut === undefined) return undefined;
  const given = ctxIn ?? new Uint8Array(0);
  if (given.length > PAGE_BYTES || given.subarray(bytes).some((byte) => byte !== 0)) return -E2BIG;
  const context = new Uint8Array(bytes);
  context.set(given.subarray(0, bytes));
  return context;
}

/** What a run came to. */
interface Ran {
  readonly retval: number;
  readonly executed: number;
  readonly data: Uint8Array;
  /** How much of `data`, at its end, lies in fragments. */
  readonly fragmentBytes?: number;
  readonly context: Uint8Array | undefined;
}

/** Hands packet and context back. @linux net/bpf/test_run.c `bpf_test_finish`, `bpf_ctx_finish` (6.18) */
export function finished(request: TestRunRequest, ran: Ran): TestRunOutcome {
  const { dataSizeOut: room = 0, ctxSizeOut: ctxRoom } = request;
  const { retval, executed, data, fragmentBytes = 0, context } = ran;
  const copied = room === 0 ? data.length : Math.min(room, data.length);
  const isCut = copied < data.length;
  // When there is not room for all, it is the first buffer that comes back shorter.
  const linear = copied - fragmentBytes;
  if (linear < 0) return refusedRun(-ENOSPC, request);
  const fragments = data.subarray(data.length - fragmentBytes);
  const answer = {
    errno: isCut ? -ENOSPC : 0,
    retval,
    executed,
    dataOut: isCut ? joined(data.subarray(0, linear), fragments) : data,
    dataSizeOut: data.length,
    ctxOut: undefined,
    ctxSizeOut: ctxRoom ?? 0,
  };
  if (isCut || context === undefined || ctxRoom === undefined) return answer;
  return {
    ...answer,
    errno: ctxRoom < context.length ? -ENOSPC : 0,
    ctxOut: context.subarray(0, ctxRoom),
    ctxSizeOut: context.length,
  };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** Runs `prog` on a CPU as often as asked and moves the machine's time on. */
export function repeated(
  kernel: BpfKernel,
  prog: LoadedProgram,
  context: number,
  repeat: number,
  cpuNumber = 0,
): { retval: number; executed: number } {
  kernel.runTimers();
  const storages = prog.maps.filter((map) => map instanceof CgroupStorageMap);
  for (const storage of storages) storage.beginRuns();
  const cpu = kernel.cpu(cpuNumber);
  const retval = kernel.jit.run(prog, cpu, context, repeat);
  kernel.clock.advance(cpu.executed);
  kernel.countRun(prog, Math.max(1, repeat), cpu.executed);
  return { retval, executed: cpu.executed };
}
