import type { BpfKernel } from "../../kernel-sim/bpf/kernel.ts";
import { mapBatch } from "../../kernel-sim/bpf/map-batch.ts";
import type { BatchCommand } from "../../kernel-sim/bpf/maps/map.ts";
import type { MapOpRecord } from "./bpf-record.ts";
import { fromHex, perCpu, toHex } from "./bpf-verify.ts";

/** Where the last batch of a record ended. */
export interface BatchPosition {
  at: Uint8Array | null;
}

const COMMANDS: Readonly<Record<string, BatchCommand>> = {
  lookup_batch: "lookup",
  lookup_and_delete_batch: "lookup_and_delete",
  update_batch: "update",
  delete_batch: "delete",
};

export function isBatch({ op }: MapOpRecord): boolean {
  return op in COMMANDS;
}

/** @param valueBytes what a value of the record is in memory */
export function performBatch(
  kernel: BpfKernel,
  mapFd: number,
  op: MapOpRecord,
  position: BatchPosition,
  valueBytes: (value: string | readonly string[]) => Uint8Array,
) {
  const { errno, count, keys, values, outBatch } = mapBatch(kernel, COMMANDS[op.op] ?? "lookup", {
    mapFd,
    count: op.count ?? 0,
    inBatch: op.continues === true ? position.at : null,
    keys: joined((op.keys_in ?? []).map(fromHex)),
    values: joined((op.values_in ?? []).map(valueBytes)),
    elemFlags: op.elem_flags ?? 0,
    flags: op.flags ?? 0,
  });
  position.at = outBatch ?? new Uint8Array(8);
  const valueSize = kernel.mapOfFd(mapFd)?.attr.valueSize ?? 0;
  const isPercpu = kernel.mapOfFd(mapFd)?.userValueSize !== valueSize;
  // Numbers of objects are others each time.
  const holdsMaps = kernel.mapOfFd(mapFd)?.innerMapMeta !== undefined;
  const pairs = keys.map((key, i) => {
    if (holdsMaps) return [toHex(key), null] as const;
    const hex = toHex(values[i] ?? new Uint8Array(0));
    return [toHex(key), isPercpu ? perCpu(hex, valueSize) : hex] as const;
  });
  return {
    errno: -errno,
    count_out: count,
    ...(op.out_sorted === undefined ? {} : { out_sorted: pairs.sort(byKey) }),
  };
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
