import { EINVAL, ENOMEM, ENOTSUPP } from "../include/errno.ts";
import * as ctx from "./contexts.ts";
import type { BpfKernel } from "./kernel.ts";
import { ProgArrayMap } from "./maps/fd-array.ts";
import type { LoadedProgram } from "./program.ts";
import {
  LOOPBACK_IFINDEX,
  PAGE_BYTES,
  refusedRun,
  repeated,
  SHARED_INFO_BYTES,
  type TestRunOutcome,
  type TestRunRequest,
} from "./test-run-request.ts";
import { runSkb } from "./test-run-skb.ts";
import {
  BPF_PROG_TYPE_SCHED_ACT,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_SOCKET_FILTER,
  BPF_PROG_TYPE_XDP,
} from "./uapi.ts";

const XDP_PACKET_HEADROOM = 256;
/** What of a packet lies in the first buffer; the rest goes into fragments of a page each. */
const LINEAR_BYTES_MAX = PAGE_BYTES - XDP_PACKET_HEADROOM - SHARED_INFO_BYTES;
const FRAGMENTS_MAX = 17;

/**
 * Runs a program on a packet of the caller's.
 *
 * @linux net/bpf/test_run.c (6.18)
 * @spec bpf(2) BPF_PROG_TEST_RUN
 * @simplified a program that calls a helper which the machine can only check answers ENOTSUPP.
 */
export function testRun(
  kernel: BpfKernel,
  prog: LoadedProgram,
  request: TestRunRequest,
): TestRunOutcome {
  if (!isRunnable(prog)) return refusedRun(-ENOTSUPP);
  switch (prog.type) {
    case BPF_PROG_TYPE_XDP:
      return runXdp(kernel, prog, request);
    case BPF_PROG_TYPE_SOCKET_FILTER:
      return runSkb(kernel, prog, request, false);
    case BPF_PROG_TYPE_SCHED_CLS:
    case BPF_PROG_TYPE_SCHED_ACT:
      return runSkb(kernel, prog, request, true);
    default:
      return refusedRun(-ENOTSUPP);
  }
}

/** Also what it may go on with. */
function isRunnable(prog: LoadedProgram, seen = new Set<LoadedProgram>()): boolean {
  if (seen.has(prog)) return true;
  seen.add(prog);
  const next = prog.maps.flatMap((map) => (map instanceof ProgArrayMap ? [...map.held] : []));
  return prog.isRunnable && next.every((one) => isRunnable(one, seen));
}

/**
 * @linux net/bpf/test_run.c `bpf_prog_test_run_xdp` (6.18)
 * @simplified of a packet with fragments, helpers change the first buffer only.
 */
function runXdp(kernel: BpfKernel, prog: LoadedProgram, request: TestRunRequest): TestRunOutcome {
  const { dataIn } = request;
  const metaBytes = metadataBytes(request);
  if (metaBytes < 0) return refusedRun(metaBytes);
  if (dataIn.length < ctx.ETH_HLEN) return refusedRun(-EINVAL);
  const linear = dataIn.subarray(0, LINEAR_BYTES_MAX + metaBytes);
  const fragments = dataIn.subarray(linear.length);
  if (fragments.length > FRAGMENTS_MAX * PAGE_BYTES) return refusedRun(-ENOMEM);
  const { memory } = kernel;
  const frame = memory.alloc(PAGE_BYTES);
  const context = memory.alloc(ctx.XDP_MD_BYTES);
  if (frame === 0 || context === 0) return refusedRun(-ENOMEM);
  const { bytes, view } = memory;
  const start = frame + XDP_PACKET_HEADROOM - metaBytes;
  bytes.set(linear, start);
  view.setInt32(context + ctx.XDP_DATA_META, start, true);
  view.setInt32(context + ctx.XDP_DATA, start + metaBytes, true);
  view.setInt32(context + ctx.XDP_DATA_END, start + linear.length, true);
  view.setInt32(context + ctx.XDP_INGRESS_IFINDEX, LOOPBACK_IFINDEX, true);
  kernel.packet = {
    data: start,
    length: PAGE_BYTES - SHARED_INFO_BYTES,
    macHeader: frame,
    networkHeader: 0,
  };
  const { retval, executed } = repeated(kernel, prog, context, request.repeat);
  // The memory may have grown, and the program may have moved both ends.
  const first = memory.view.getInt32(context + ctx.XDP_DATA_META, true);
  const end = memory.view.getInt32(context + ctx.XDP_DATA_END, true);
  const dataOut = new Uint8Array(end - first + fragments.length);
  dataOut.set(memory.copyOut(first, end - first));
  dataOut.set(fragments, end - first);
  memory.free(frame, PAGE_BYTES);
  memory.free(context, ctx.XDP_MD_BYTES);
  return { errno: 0, retval, dataOut, executed };
}

/** How much of the data stands in front of the packet, by the context that came along. */
function metadataBytes({ ctxIn, dataIn }: TestRunRequest): number {
  if (ctxIn === undefined) return 0;
  if (ctxIn.length > ctx.XDP_MD_BYTES) return -EINVAL;
  const padded = new Uint8Array(ctx.XDP_MD_BYTES);
  padded.set(ctxIn);
  const view = new DataView(padded.buffer);
  const data = view.getUint32(ctx.XDP_DATA, true);
  if (view.getUint32(ctx.XDP_DATA_END, true) !== dataIn.length) return -EINVAL;
  if (view.getUint32(ctx.XDP_DATA_META, true) !== 0 || data > dataIn.length) return -EINVAL;
  if ((data & 3) !== 0 || data > 255) return -EINVAL;
  if (view.getUint32(ctx.XDP_EGRESS_IFINDEX, true) !== 0) return -EINVAL;
  return data;
}
