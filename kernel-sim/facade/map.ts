import type { BpfMap, MapAttr, MapTypeName } from "../api.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import * as syscall from "../bpf/syscall.ts";
import { BPF_MAP_TYPE_NAMES } from "../bpf/uapi.ts";
import { makeBpfError } from "./bpf-error.ts";
import { bytesOf, compareBytes, uintOf } from "./bytes.ts";
import { facade } from "./facade.ts";

/** Answers the machine's BPF, or throws when the machine is closed. */
export type OpenKernel = () => BpfKernel;

const MAP_TYPES: readonly MapTypeName[] = ["array", "hash", "percpu_array", "percpu_hash"];

/** BPF_MAP_CREATE. Throws a `BpfError` when Linux refuses. */
export function createMap(open: OpenKernel, attr: MapAttr): BpfMap {
  const { type, keySize, valueSize, maxEntries } = attr;
  const flags = attr.flags ?? 0;
  const name = attr.name ?? "";
  if (!MAP_TYPES.includes(type)) {
    throw new TypeError(
      `there is no map type "${String(type)}"; there are ${MAP_TYPES.join(", ")}`,
    );
  }
  for (const [what, value] of Object.entries({ keySize, valueSize, maxEntries, flags })) {
    if (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) continue;
    throw new TypeError(`${what} is a whole number from 0 to 4294967295, not ${String(value)}`);
  }
  const fd = syscall.mapCreate(open(), {
    mapType: BPF_MAP_TYPE_NAMES.indexOf(type),
    keySize,
    valueSize,
    maxEntries,
    mapFlags: flags,
    mapExtra: 0,
    name: String(name),
  });
  if (fd < 0) {
    const sizes = `keySize ${keySize}, valueSize ${valueSize}, maxEntries ${maxEntries}, flags ${flags}`;
    throw makeBpfError(`bpf(BPF_MAP_CREATE) refused a ${type} map with ${sizes}`, -fd);
  }
  return mapFacade(open, fd, { type, keySize, valueSize, maxEntries });
}

function mapFacade(
  open: OpenKernel,
  fd: number,
  attr: Pick<BpfMap, "type" | "keySize" | "valueSize" | "maxEntries">,
): BpfMap {
  const { type, keySize, valueSize } = attr;
  const isPercpu = type === "percpu_array" || type === "percpu_hash";
  const stride = isPercpu ? Math.ceil(valueSize / 8) * 8 : valueSize;
  const copies = (kernel: BpfKernel) => (isPercpu ? kernel.cpus : 1);
  const keyBytes = (key: Parameters<BpfMap["lookup"]>[0]) => bytesOf(key, keySize, "key");

  function lookup(key: Parameters<BpfMap["lookup"]>[0]): Uint8Array | undefined {
    const value = syscall.mapLookupElem(open(), fd, keyBytes(key), 0);
    return typeof value === "number" ? undefined : value;
  }

  return facade({
    fd,
    ...attr,
    lookup,
    lookupUint(key, cpu = 0) {
      const value = lookup(key);
      const kernel = open();
      if (!Number.isInteger(cpu) || cpu < 0 || cpu >= kernel.cpus) {
        throw new RangeError(
          `the machine has the CPUs 0 to ${kernel.cpus - 1}, not ${String(cpu)}`,
        );
      }
      const from = isPercpu ? cpu * stride : 0;
      return value === undefined ? undefined : uintOf(value.subarray(from, from + valueSize));
    },
    update(key, value, flags = 0) {
      const kernel = open();
      const answer = syscall.mapUpdateElem(
        kernel,
        fd,
        keyBytes(key),
        valueBytes(value, copies(kernel)),
        flags,
      );
      return answer;
    },
    delete(key) {
      return syscall.mapDeleteElem(open(), fd, keyBytes(key));
    },
    entries() {
      const kernel = open();
      const entries: { readonly key: Uint8Array; readonly value: Uint8Array }[] = [];
      let key = syscall.mapGetNextKey(kernel, fd, null);
      while (typeof key !== "number") {
        const value = syscall.mapLookupElem(kernel, fd, key, 0);
        if (typeof value !== "number") entries.push(Object.freeze({ key, value }));
        key = syscall.mapGetNextKey(kernel, fd, key);
      }
      return Object.freeze(entries.sort((a, b) => compareBytes(a.key, b.key)));
    },
    freeze() {
      return syscall.mapFreeze(open(), fd);
    },
  } satisfies BpfMap);

  /** In a per-CPU map one value stands for all CPUs; or all of them come behind each other. */
  function valueBytes(value: Parameters<BpfMap["update"]>[1], count: number): Uint8Array {
    const isAll =
      isPercpu && typeof value === "object" && value.length === stride * count && count > 1;
    if (isAll) return bytesOf(value, stride * count, "value");
    const one = bytesOf(value, valueSize, "value");
    if (!isPercpu) return one;
    const all = new Uint8Array(stride * count);
    for (let cpu = 0; cpu < count; cpu++) all.set(one, cpu * stride);
    return all;
  }
}
