import type { BpfMap, BytesLike, MapAttr, MapTypeName } from "../api.ts";
import { BTF_KIND_STRUCT } from "../bpf/btf/kinds.ts";
import { btfVmlinux } from "../bpf/btf/vmlinux.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import { mapTypeOf } from "../bpf/maps/types.ts";
import * as syscall from "../bpf/syscall.ts";
import { BPF_MAP_TYPE_NAMES } from "../bpf/uapi.ts";
import { EBADF, EINVAL } from "../include/errno.ts";
import { makeBpfError } from "./bpf-error.ts";
import { withBtf } from "./btf.ts";
import { bytesOf, compareBytes, uintOf } from "./bytes.ts";
import { facade } from "./facade.ts";
import { batchMethods } from "./map-batch.ts";
import { mapMemory, ringbufOf, submittedIn } from "./map-memory.ts";
import { askedShape, typedSizes, wrongField } from "./map-shape.ts";
import { intTypes } from "./source-lines.ts";

/** Answers the machine's BPF, or throws when the machine is closed. */
export type OpenKernel = () => BpfKernel;

const PERCPU: readonly MapTypeName[] = [
  "percpu_array",
  "percpu_hash",
  "lru_percpu_hash",
  "percpu_cgroup_storage",
];
const VALUES_ONLY: readonly MapTypeName[] = ["queue", "stack", "bloom_filter"];
const KEYLESS: readonly MapTypeName[] = [...VALUES_ONLY, "ringbuf", "user_ringbuf"];

/** BPF_MAP_CREATE. Throws a `BpfError` when Linux refuses. */
export function createMap(open: OpenKernel, attr: MapAttr): BpfMap {
  const { type } = attr;
  const mapType = BPF_MAP_TYPE_NAMES.indexOf(type);
  if (mapTypeOf(mapType) === undefined) {
    const names = BPF_MAP_TYPE_NAMES.filter((_, number) => mapTypeOf(number) !== undefined);
    throw new TypeError(`there is no map type "${String(type)}"; there are ${names.join(", ")}`);
  }
  const isTable = type === "struct_ops";
  const types = attr.btf ?? (isTable ? intTypes() : undefined);
  return withBtf(open(), types, (btfFd) => createTyped(open, attr, mapType, btfFd));
}

/** @param btfFd 0: it comes without types */
function createTyped(open: OpenKernel, attr: MapAttr, mapType: number, btfFd: number): BpfMap {
  const kernel = open();
  const { type, flags = 0, mapExtra = 0, btfKeyTypeId = 0, btfValueTypeId = 0 } = attr;
  const name = attr.name ?? "";
  const btfVmlinuxValueTypeId = tableType(attr.vmlinuxValueType);
  const typed = typedSizes(attr, btfFd, kernel, btfVmlinuxValueTypeId);
  const { keySize, valueSize, maxEntries } = askedShape(attr, typed);
  const numbers = { keySize, valueSize, maxEntries, flags, mapExtra };
  const typeIds = { btfKeyTypeId, btfValueTypeId, btfVmlinuxValueTypeId };
  for (const [what, value] of Object.entries({ ...numbers, ...typeIds })) {
    const max = what === "mapExtra" ? Number.MAX_SAFE_INTEGER : 0xffff_ffff;
    if (Number.isInteger(value) && value >= 0 && value <= max) continue;
    throw new TypeError(`${what} is a whole number from 0 to ${max}, not ${String(value)}`);
  }
  const fd = syscall.mapCreate(kernel, {
    mapType,
    keySize,
    valueSize,
    maxEntries,
    mapFlags: flags,
    mapExtra,
    btfFd,
    ...typeIds,
    ...(attr.innerMap === undefined ? {} : { innerMapFd: Number(attr.innerMap.fd) }),
    name: String(name),
  });
  if (fd < 0) {
    const sizes = `keySize ${keySize}, valueSize ${valueSize}, maxEntries ${maxEntries}, flags ${flags}`;
    const wrong = fd === -EINVAL ? wrongField(attr, numbers, typed) : undefined;
    throw makeBpfError(
      `bpf(BPF_MAP_CREATE) refused a map of the type ${type} with ${sizes}${wrong === undefined ? "" : `: ${wrong}`}`,
      -fd,
    );
  }
  return mapFacade(open, fd, { type, keySize, valueSize, maxEntries });
}

/** The kernel's type of the value of a table of functions; 0: it was not said. @throws a TypeError when there is none */
function tableType(given: MapAttr["vmlinuxValueType"]): number {
  if (typeof given !== "string") return given ?? 0;
  const found = btfVmlinux().findByNameKind(`bpf_struct_ops_${given}`, BTF_KIND_STRUCT);
  if (found !== undefined) return found.id;
  throw new TypeError(`the kernel has no table "${given}" that programs could stand behind`);
}

/** The machine's BPF as long as a descriptor is open. Throws a `BpfError` then. */
export function whileOpen(open: OpenKernel, fd: number, what: string): OpenKernel {
  return () => {
    const kernel = open();
    if (kernel.ownFiles.has(fd)) return kernel;
    throw makeBpfError(`the ${what} was closed`, EBADF);
  };
}

/** How values come in and out of maps without keys. */
function waysOf(type: MapTypeName): string {
  if (type === "ringbuf") return "consume()";
  if (type === "user_ringbuf") return "produce()";
  return `push() and ${type === "bloom_filter" ? "mayHold()" : "pop() or peek()"}`;
}

function mapFacade(
  machine: OpenKernel,
  fd: number,
  attr: Pick<BpfMap, "type" | "keySize" | "valueSize" | "maxEntries">,
): BpfMap {
  const { type, keySize, valueSize } = attr;
  const open = whileOpen(machine, fd, "map");
  const isPercpu = PERCPU.includes(type);
  const key = (given: BytesLike) => {
    if (!KEYLESS.includes(type)) return bytesOf(given, keySize, "key");
    throw new TypeError(`a ${type} map has no keys: use ${waysOf(type)}`);
  };
  const keyless = (what: string, types: readonly MapTypeName[]) => {
    if (types.includes(type)) return;
    throw new TypeError(
      `map.${what}() is for maps of the type ${types.join(", ")}; this is a ${type}`,
    );
  };
  const bytesIn = (answer: Uint8Array | number) =>
    typeof answer === "number" ? undefined : answer;
  const stride = isPercpu ? Math.ceil(valueSize / 8) * 8 : valueSize;
  const copies = (kernel: BpfKernel) => (isPercpu ? kernel.cpus : 1);

  function lookup(given: BytesLike): Uint8Array | undefined {
    return bytesIn(syscall.mapLookupElem(open(), fd, key(given), 0));
  }

  return facade({
    fd,
    ...attr,
    lookup,
    lookupUint(given, cpu = 0) {
      const value = lookup(given);
      const kernel = open();
      if (!Number.isInteger(cpu) || cpu < 0 || cpu >= kernel.cpus) {
        throw new RangeError(
          `the machine has the CPUs 0 to ${kernel.cpus - 1}, not ${String(cpu)}`,
        );
      }
      const from = isPercpu ? cpu * stride : 0;
      return value === undefined ? undefined : uintOf(value.subarray(from, from + valueSize));
    },
    update(given, value, flags = 0) {
      const kernel = open();
      const bytes = valueBytes(value, copies(kernel));
      return syscall.mapUpdateElem(kernel, fd, key(given), bytes, flags);
    },
    delete(given) {
      return syscall.mapDeleteElem(open(), fd, key(given));
    },
    push(value, flags = 0) {
      keyless("push", VALUES_ONLY);
      return syscall.mapUpdateElem(open(), fd, null, bytesOf(value, valueSize, "value"), flags);
    },
    pop() {
      keyless("pop", ["queue", "stack"]);
      return bytesIn(syscall.mapLookupAndDeleteElem(open(), fd, null, 0));
    },
    peek() {
      keyless("peek", ["queue", "stack"]);
      return bytesIn(syscall.mapLookupElem(open(), fd, null, 0));
    },
    mayHold(value) {
      keyless("mayHold", ["bloom_filter"]);
      const bytes = bytesOf(value, valueSize, "value");
      return typeof syscall.mapLookupElem(open(), fd, null, 0, bytes) !== "number";
    },
    entries() {
      const kernel = open();
      const entries: { readonly key: Uint8Array; readonly value: Uint8Array }[] = [];
      let at = syscall.mapGetNextKey(kernel, fd, null);
      while (typeof at !== "number") {
        const value = syscall.mapLookupElem(kernel, fd, at, 0);
        if (typeof value !== "number") entries.push(Object.freeze({ key: at, value }));
        at = syscall.mapGetNextKey(kernel, fd, at);
      }
      return Object.freeze(entries.sort((a, b) => compareBytes(a.key, b.key)));
    },
    freeze() {
      return syscall.mapFreeze(open(), fd);
    },
    ...batchMethods(open, fd, key, (value) => valueBytes(value, copies(open()))),
    consume() {
      keyless("consume", ["ringbuf"]);
      return Object.freeze(submittedIn(open(), fd));
    },
    produce(record) {
      keyless("produce", ["user_ringbuf"]);
      const kernel = open();
      const bytes = bytesOf(record, record.length, "record");
      return kernel.sharedPages.within(() => ringbufOf(kernel, fd)?.produce(bytes) === true);
    },
    mmap: (options) => mapMemory(open, machine, fd, options),
    close() {
      open().ownFiles.closeFd(fd);
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
