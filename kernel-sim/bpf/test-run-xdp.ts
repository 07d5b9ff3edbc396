import { E2BIG, EFAULT, EINVAL, ENODEV, ENOMEM, EOPNOTSUPP } from "../include/errno.ts";
import * as ctx from "./contexts.ts";
import type { BpfKernel } from "./kernel.ts";
import type { LoadedProgram } from "./program.ts";
import {
  ctxInit,
  finished,
  LOOPBACK_IFINDEX,
  PAGE_BYTES,
  refusedRun,
  repeated,
  SHARED_INFO_BYTES,
  type TestRunOutcome,
  type TestRunRequest,
} from "./test-run-request.ts";
import { BPF_XDP_CPUMAP, BPF_XDP_DEVMAP } from "./uapi.ts";

const XDP_PACKET_HEADROOM = 256;
/** What of a packet lies in the first buffer; the rest goes into fragments of a page each. */
const LINEAR_BYTES_MAX = PAGE_BYTES - XDP_PACKET_HEADROOM - SHARED_INFO_BYTES;
const FRAGMENTS_MAX = 17;
/** In front of the packet the kernel keeps its own note of it. */
const META_BYTES_MAX = XDP_PACKET_HEADROOM - 40;

const BPF_F_TEST_XDP_LIVE_FRAMES = 2;
const BATCH_MAX = 256;

/**
 * @linux net/bpf/test_run.c `bpf_prog_test_run_xdp` (6.18)
 * @simplified of a packet with fragments, helpers change the first buffer only; packets do not go
 * on to the network from here (BPF_F_TEST_XDP_LIVE_FRAMES answers EOPNOTSUPP).
 */
export function runXdp(
  kernel: BpfKernel,
  prog: LoadedProgram,
  request: TestRunRequest,
): TestRunOutcome {
  const { dataIn } = request;
  const problem = checkAttr(prog, request);
  if (problem !== 0) return refusedRun(problem, request);
  const user = ctxInit(request, ctx.XDP_MD_BYTES);
  if (typeof user === "number") return refusedRun(user, request);
  const size = request.dataSizeIn ?? dataIn.length;
  const fields = user && new DataView(user.buffer);
  const metaBytes = fields === undefined ? 0 : metadataBytes(fields, size);
  if (metaBytes < 0) return refusedRun(metaBytes, request);
  if (size - metaBytes < ctx.ETH_HLEN) return refusedRun(-EINVAL, request);
  if (size > dataIn.length) return refusedRun(-EFAULT, request);
  if (request.flags === BPF_F_TEST_XDP_LIVE_FRAMES) return refusedRun(-EOPNOTSUPP, request);
  const linearMax = LINEAR_BYTES_MAX + metaBytes;
  const wanted = fields === undefined ? linearMax : fields.getUint32(ctx.XDP_DATA_END, true);
  const linear = dataIn.subarray(0, Math.min(wanted, linearMax));
  const fragments = dataIn.subarray(linear.length);
  if (fragments.length > FRAGMENTS_MAX * PAGE_BYTES) return refusedRun(-ENOMEM, request);
  const device = fields === undefined ? 0 : checkDevice(fields);
  if (device !== 0) return refusedRun(device, request);
  const { memory } = kernel;
  const rooms = memory.allocAll(PAGE_BYTES, ctx.XDP_MD_BYTES);
  if (rooms === undefined) return refusedRun(-ENOMEM, request);
  const [frame, context] = rooms as [number, number];
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
    buffer: frame,
    bufferBytes: PAGE_BYTES,
    isXdp: true,
  };
  const { retval, executed } = repeated(kernel, prog, context, request.repeat);
  // The memory may have grown, and the program may have moved both ends.
  const first = memory.view.getInt32(context + ctx.XDP_DATA_META, true);
  const end = memory.view.getInt32(context + ctx.XDP_DATA_END, true);
  const data = new Uint8Array(end - first + fragments.length);
  data.set(memory.copyOut(first, end - first));
  data.set(fragments, end - first);
  if (fields !== undefined) {
    const packet = memory.view.getInt32(context + ctx.XDP_DATA, true);
    fields.setInt32(ctx.XDP_DATA, packet - first, true);
    fields.setInt32(ctx.XDP_DATA_END, end - first, true);
  }
  memory.free(frame, PAGE_BYTES);
  memory.free(context, ctx.XDP_MD_BYTES);
  const fragmentBytes = fragments.length;
  return finished(request, { retval, executed, data, fragmentBytes, context: user });
}

function checkAttr(
  { expectedAttachType }: LoadedProgram,
  { flags = 0, batchSize = 0 }: TestRunRequest,
): 0 | number {
  if (expectedAttachType === BPF_XDP_DEVMAP || expectedAttachType === BPF_XDP_CPUMAP) {
    return -EINVAL;
  }
  if ((flags & ~BPF_F_TEST_XDP_LIVE_FRAMES) !== 0) return -EINVAL;
  if (flags === 0) return batchSize === 0 ? 0 : -EINVAL;
  return batchSize > BATCH_MAX ? -E2BIG : 0;
}

/** How much of the data stands in front of the packet, by the context that came along. */
function metadataBytes(fields: DataView, size: number): number {
  const data = fields.getUint32(ctx.XDP_DATA, true);
  // Up to there the packet lies in the first buffer.
  const dataEnd = fields.getUint32(ctx.XDP_DATA_END, true);
  if (fields.getUint32(ctx.XDP_DATA_META, true) !== 0) return -EINVAL;
  if (dataEnd > size || data > dataEnd) return -EINVAL;
  return (data & 3) !== 0 || data > META_BYTES_MAX ? -EINVAL : data;
}

/**
 * Where the packet comes in.
 *
 * @linux net/bpf/test_run.c `xdp_convert_md_to_buff` (6.18)
 * @simplified there is the loopback device only, with its one queue.
 */
function checkDevice(fields: DataView): 0 | number {
  const ingressIfindex = fields.getUint32(ctx.XDP_INGRESS_IFINDEX, true);
  const rxQueueIndex = fields.getUint32(ctx.XDP_RX_QUEUE_INDEX, true);
  if (fields.getUint32(ctx.XDP_EGRESS_IFINDEX, true) !== 0) return -EINVAL;
  if (ingressIfindex === 0) return rxQueueIndex === 0 ? 0 : -EINVAL;
  if (ingressIfindex !== LOOPBACK_IFINDEX) return -ENODEV;
  return rxQueueIndex === 0 ? 0 : -EINVAL;
}
