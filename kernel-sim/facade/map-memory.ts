import type { BpfMap, BpfMapMemory } from "../api.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import { mapMmap } from "../bpf/map-mmap.ts";
import { ArenaMap } from "../bpf/maps/arena.ts";
import { PAGE_SIZE } from "../bpf/maps/flags.ts";
import { RingbufMap } from "../bpf/maps/ringbuf.ts";
import { makeBpfError } from "./bpf-error.ts";
import { facade } from "./facade.ts";
import type { OpenKernel } from "./map.ts";

/** Pages of a ring buffer beside its data: where the consumer and the producer are. */
const POSITION_PAGES = 2;

/**
 * mmap(2) of a map.
 *
 * @param machine answers as long as the machine is there: the memory stays when the map is closed
 * @throws a BpfError when Linux refuses
 */
export function mapMemory(
  open: OpenKernel,
  machine: OpenKernel,
  fd: number,
  options: Parameters<BpfMap["mmap"]>[0] = {},
): BpfMapMemory {
  const kernel = open();
  const { offset = 0, isWritable = false } = options;
  const lengthBytes = options.lengthBytes ?? wholeOf(kernel, fd) - offset;
  for (const [what, value] of Object.entries({ lengthBytes, offset })) {
    if (!Number.isInteger(value) || value < 0) {
      throw new TypeError(`${what} is a whole number of bytes, not ${String(value)}`);
    }
  }
  const map = kernel.mapOfFd(fd);
  const address = map instanceof ArenaMap ? map.userStart : 0;
  const mapping = mapMmap(kernel, { fd, address, lengthBytes, offset, isWritable, isShared: true });
  if (typeof mapping === "number") {
    const what = `mmap() refused ${lengthBytes} bytes of the map from ${offset} on`;
    throw makeBpfError(what, -mapping);
  }
  const outside = (at: number) => new RangeError(`SIGSEGV at byte ${at} of the mapping`);
  return facade({
    lengthBytes: mapping.lengthBytes,
    read(at: number, count: number) {
      machine();
      const bytes = mapping.read(at, count);
      if (bytes === undefined) throw outside(at);
      return bytes;
    },
    write(at: number, bytes: Uint8Array) {
      machine();
      // A copy: what the cell gave could have another length each time that it is asked.
      if (!mapping.write(at, Uint8Array.from(bytes))) throw outside(at);
    },
    unmap: () => mapping.unmap(),
  });
}

function wholeOf(kernel: BpfKernel, fd: number): number {
  const map = kernel.mapOfFd(fd);
  if (map instanceof ArenaMap) return map.userBytes || map.attr.maxEntries * PAGE_SIZE;
  if (map instanceof RingbufMap) return map.size * 2 + POSITION_PAGES * PAGE_SIZE;
  const stride = Math.ceil((map?.attr.valueSize ?? 0) / 8) * 8;
  return stride * (map?.attr.maxEntries ?? 0);
}

export function ringbufOf(kernel: BpfKernel, fd: number): RingbufMap | undefined {
  const map = kernel.mapOfFd(fd);
  return map instanceof RingbufMap ? map : undefined;
}

/** What programs have submitted; what they have given up is passed over. */
export function submittedIn(kernel: BpfKernel, fd: number): Uint8Array[] {
  const ring = ringbufOf(kernel, fd);
  const records = kernel.sharedPages.within(() => [...(ring?.consume() ?? [])]);
  return records.filter((record) => !record.isDiscarded).map(({ bytes }) => bytes);
}
