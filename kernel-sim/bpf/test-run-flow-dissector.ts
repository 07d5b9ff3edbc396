import { EINVAL, ENOMEM } from "../include/errno.ts";
import * as ctx from "./contexts.ts";
import type { BpfKernel } from "./kernel.ts";
import type { LoadedProgram } from "./program.ts";
import {
  asksForMore,
  checkDataIn,
  ctxInit,
  finished,
  refusedRun,
  repeated,
  type TestRunOutcome,
  type TestRunRequest,
} from "./test-run-request.ts";

/** `struct bpf_flow_keys`: offsets in bytes. */
const NHOFF = 0;
const THOFF = 2;
const N_PROTO = 10;
const FLAGS = 48;
const FLOW_KEYS_BYTES = 56;
const U32_BYTES = 4;

/** Where the Ethernet header says what follows it. */
const ETH_PROTO = 12;

/**
 * What comes back are the keys that the program has found.
 *
 * @linux net/bpf/test_run.c `bpf_prog_test_run_flow_dissector`, net/core/flow_dissector.c `bpf_flow_dissect` (6.18)
 */
export function runFlowDissector(
  kernel: BpfKernel,
  prog: LoadedProgram,
  request: TestRunRequest,
): TestRunOutcome {
  const { dataIn } = request;
  if (asksForMore(request)) return refusedRun(-EINVAL, request);
  const size = request.dataSizeIn ?? dataIn.length;
  if (size < ctx.ETH_HLEN) return refusedRun(-EINVAL, request);
  const err = checkDataIn(request, 0, 0);
  if (err !== 0) return refusedRun(err, request);
  const user = ctxInit(request, FLOW_KEYS_BYTES);
  if (typeof user === "number") return refusedRun(user, request);
  if (user !== undefined && !hasOnlyFlags(user)) return refusedRun(-EINVAL, request);
  const { memory } = kernel;
  const rooms = memory.allocAll(size, FLOW_KEYS_BYTES, ctx.SK_BUFF_BYTES);
  if (rooms === undefined) return refusedRun(-ENOMEM, request);
  const [data, keys, context] = rooms as [number, number, number];
  const { bytes, view } = memory;
  bytes.set(dataIn, data);
  view.setInt32(context + ctx.SKB_DATA, data, true);
  view.setInt32(context + ctx.SKB_DATA_END, data + size, true);
  view.setInt32(context + ctx.SKB_FLOW_KEYS, keys, true);
  kernel.packet = {
    data,
    length: size,
    macHeader: data,
    networkHeader: data + ctx.ETH_HLEN,
    buffer: data,
    bufferBytes: size,
    isXdp: false,
  };
  let retval = 0;
  let executed = 0;
  for (let i = 0; i < Math.max(1, request.repeat); i++) {
    memory.bytes.fill(0, keys, keys + FLOW_KEYS_BYTES);
    memory.view.setUint16(keys + NHOFF, ctx.ETH_HLEN, true);
    memory.view.setUint16(keys + THOFF, ctx.ETH_HLEN, true);
    memory.bytes.set(dataIn.subarray(ETH_PROTO, ETH_PROTO + 2), keys + N_PROTO);
    if (user !== undefined) memory.bytes.set(user.subarray(FLAGS, FLAGS + U32_BYTES), keys + FLAGS);
    const ran = repeated(kernel, prog, context, 1);
    retval = ran.retval;
    executed += ran.executed;
    clampOffsets(memory.view, keys, size);
  }
  const found = memory.copyOut(keys, FLOW_KEYS_BYTES);
  memory.free(data, size);
  memory.free(keys, FLOW_KEYS_BYTES);
  memory.free(context, ctx.SK_BUFF_BYTES);
  return finished(request, { retval, executed, data: found, context: user });
}

function hasOnlyFlags(keys: Uint8Array): boolean {
  return keys.every((byte, at) => byte === 0 || (at >= FLAGS && at < FLAGS + U32_BYTES));
}

/** Headers follow each other inside the packet, whatever the program says. */
function clampOffsets(view: DataView, keys: number, size: number): void {
  const nhoff = clamp(view.getUint16(keys + NHOFF, true), ctx.ETH_HLEN, size);
  view.setUint16(keys + NHOFF, nhoff, true);
  view.setUint16(keys + THOFF, clamp(view.getUint16(keys + THOFF, true), nhoff, size), true);
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
