import { EINVAL, EOPNOTSUPP } from "../include/errno.ts";
import type { FilteredPacket, SocketFilter, SocketFilters } from "../net/core/filter.ts";
import { bpfConvertFilter } from "./classic/convert.ts";
import { CLASSIC_SKB_BYTES, SKB_HATYPE } from "./classic/extensions.ts";
import { bpfPrepareFilter } from "./classic/migrate.ts";
import { readSockFilters, type SockFilter } from "./classic/sock-filter.ts";
import * as ctx from "./contexts.ts";
import type { BpfKernel } from "./kernel.ts";
import { predecode } from "./predecode.ts";
import { LoadedProgram } from "./program.ts";
import { PAGE_BYTES } from "./test-run-request.ts";
import { BPF_PROG_TYPE_SOCKET_FILTER } from "./uapi.ts";

/** What sockets need of BPF. @linux net/core/filter.c (6.18) */
export function socketFiltersOf(open: () => BpfKernel): SocketFilters {
  return {
    classic(original) {
      const filter = readSockFilters(original);
      const length = bpfPrepareFilter(filter);
      if (length < 0) return length;
      const code = predecode(bpfConvertFilter(filter));
      return {
        ...{ original, sizeBytes: bpfProgSize(length) },
        run: (packet) => runFilter(open(), code, packet),
        hold: () => {},
        release: () => {},
      };
    },
    ofObject(object) {
      if (!(object instanceof LoadedProgram)) return -EINVAL;
      if (object.type !== BPF_PROG_TYPE_SOCKET_FILTER) return -EINVAL;
      if (!object.isRunnable) return -EOPNOTSUPP;
      const filter: SocketFilter = {
        ...{ original: undefined, sizeBytes: bpfProgSize(object.runInsns.length) },
        run: (packet) => runFilter(open(), object, packet),
        hold: () => open().ref(object),
        release: () => open().unref(object),
      };
      return filter;
    },
  };
}

/** `struct bpf_prog` with its instructions. @linux include/linux/filter.h `bpf_prog_size` (6.18) */
function bpfProgSize(insns: number): number {
  return 96 + insns * 8;
}

/** An Ethernet card. */
const DEVICE = { ifindex: 2, type: 1 } as const;

/**
 * What a checked filter answers for a packet from its Ethernet header on, as a socket of the whole
 * link would see it: how many bytes of it the socket gets.
 */
export function runClassic(
  kernel: BpfKernel,
  filter: readonly SockFilter[],
  bytes: Uint8Array,
): number {
  const protocol = bytes.length < ctx.ETH_HLEN ? 0 : (bytes[12]! << 8) | bytes[13]!;
  return runFilter(kernel, predecode(bpfConvertFilter(filter)), {
    bytes,
    dataOff: 0,
    networkOff: ctx.ETH_HLEN,
    protocol,
    mark: 0,
    priority: 0,
    device: DEVICE,
    cpu: 0,
  });
}

/** @linux net/core/filter.c `sk_filter_trim_cap` (6.18) */
function runFilter(
  kernel: BpfKernel,
  filter: LoadedProgram | Int32Array,
  packet: FilteredPacket,
): number {
  const { bytes, dataOff, networkOff, device } = packet;
  const { memory } = kernel;
  const room = Math.ceil(Math.max(bytes.length, 1) / PAGE_BYTES) * PAGE_BYTES;
  const rooms = memory.allocAll(room, CLASSIC_SKB_BYTES);
  // Without memory nothing is let through.
  if (rooms === undefined) return 0;
  const [buffer, context] = rooms as [number, number];
  memory.bytes.set(bytes, buffer);
  const { view } = memory;
  const length = bytes.length - dataOff;
  view.setInt32(context + ctx.SKB_LEN, length, true);
  view.setInt32(context + ctx.SKB_MARK, packet.mark, true);
  view.setInt32(context + ctx.SKB_PRIORITY, packet.priority, true);
  view.setUint16(context + ctx.SKB_PROTOCOL, packet.protocol, false);
  view.setInt32(context + ctx.SKB_IFINDEX, device?.ifindex ?? 0, true);
  view.setInt32(context + ctx.SKB_INGRESS_IFINDEX, device?.ifindex ?? 0, true);
  view.setInt32(context + SKB_HATYPE, device?.type ?? 0, true);
  kernel.packet = {
    data: buffer + dataOff,
    length,
    macHeader: device === undefined ? 0 : buffer,
    networkHeader: buffer + networkOff,
    buffer,
    bufferBytes: room,
    isXdp: false,
  };
  const cpu = kernel.cpu(packet.cpu);
  // What was converted has no maps.
  const answer =
    filter instanceof LoadedProgram
      ? kernel.jit.run(filter, cpu, context)
      : cpu.run(filter, context);
  memory.free(buffer, room);
  memory.free(context, CLASSIC_SKB_BYTES);
  return answer;
}
