import type { BpfKernel } from "../bpf/kernel.ts";
import { KernelMap } from "../bpf/maps/map.ts";
import { mapGetNextKey, mapLookupElem } from "../bpf/syscall.ts";
import { BPF_MAP_TYPE_NAMES } from "../bpf/uapi.ts";
import type { Tracing } from "../trace/tracing.ts";

/** The BPF programs of a machine that listen, and its maps, as plain data. */
export interface BpfRows {
  readonly programs: readonly {
    readonly tracepoint: string;
    readonly id: number;
    readonly name: string;
    readonly runs: number;
  }[];
  readonly maps: readonly {
    readonly id: number;
    readonly name: string;
    readonly type: string;
    readonly keySize: number;
    readonly valueSize: number;
    readonly maxEntries: number;
    readonly used: number;
  }[];
  /** Key and value as bytes in hex; of one CPU after the other in a map per CPU. */
  readonly entries: readonly {
    readonly map: number;
    readonly key: string;
    readonly value: string;
  }[];
}

/** Of one map so many entries are shown; more are counted only. */
const ENTRIES_MAX = 32;
const COUNTED_MAX = 10_000;

export function bpfRows(kernel: BpfKernel | undefined, tracing: Tracing): BpfRows {
  const maps: BpfRows["maps"][number][] = [];
  const entries: BpfRows["entries"][number][] = [];
  for (const [fd, map] of kernel?.ownFiles ?? []) {
    if (!(map instanceof KernelMap) || kernel === undefined) continue;
    const { mapType, keySize, valueSize, maxEntries, name } = map.attr;
    let used = 0;
    let key = mapGetNextKey(kernel, fd, null);
    while (typeof key !== "number" && used < COUNTED_MAX) {
      const value = used < ENTRIES_MAX ? mapLookupElem(kernel, fd, key, 0) : 0;
      if (typeof value !== "number") {
        entries.push({ map: map.id, key: hexText(key), value: hexText(value) });
      }
      used++;
      key = mapGetNextKey(kernel, fd, key);
    }
    const type = BPF_MAP_TYPE_NAMES[mapType] ?? String(mapType);
    maps.push({ id: map.id, name, type, keySize, valueSize, maxEntries, used });
  }
  return { programs: tracing.attachedPrograms(), maps, entries };
}

function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
