import { describe, expect, test } from "vitest";
import { Clock } from "../../hw/clock.ts";
import { TraceRing } from "../../trace/ring.ts";
import { btfLoad } from "../btf/btf-load.ts";
import { BtfBuilder } from "../btf/build.ts";
import { BpfKernel } from "../kernel.ts";
import { mapCreate, mapLookupElem, mapUpdateElem } from "../syscall.ts";
import { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH } from "../uapi.ts";
import { BPF_F_LOCK } from "./flags.ts";

const KEY = new Uint8Array(4);

/** A map whose values are a number, a lock or a refcount, and a number. */
function mapWith(mapType: number, field: string) {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4);
  const inner = builder.struct(field, 4, [{ name: "val", type: int, bitOffset: 0 }]);
  const value = builder.struct("value", 12, [
    { name: "a", type: int, bitOffset: 0 },
    { name: "inner", type: inner, bitOffset: 32 },
    { name: "b", type: int, bitOffset: 64 },
  ]);
  const kernel = new BpfKernel(1, 1, new Clock(), new TraceRing());
  const attr = { btf: builder.bytes(), logLevel: 0, logSize: 0, hasLogBuffer: false };
  const fd = mapCreate(kernel, {
    ...{ mapType, keySize: 4, valueSize: 12, maxEntries: 1, mapFlags: 0, mapExtra: 0, name: "m" },
    ...{ btfFd: btfLoad(kernel, attr).fd, btfKeyTypeId: int, btfValueTypeId: value },
  });
  return { kernel, fd };
}

function words(...numbers: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(numbers).buffer);
}

describe.each([
  { name: "array", mapType: BPF_MAP_TYPE_ARRAY },
  { name: "hash", mapType: BPF_MAP_TYPE_HASH },
])("what is the kernel's own in a value of $name", ({ mapType }) => {
  test.each([
    { field: "bpf_spin_lock", seen: 0 },
    { field: "bpf_refcount", seen: 1 },
  ])("is neither written nor read by system calls: $field", ({ field, seen }) => {
    const { kernel, fd } = mapWith(mapType, field);
    expect(mapUpdateElem(kernel, fd, KEY, words(7, 99, 8), 0)).toBe(0);
    expect(mapLookupElem(kernel, fd, KEY, 0)).toEqual(words(7, seen, 8));
  });

  test("lets only a value with a lock be written and read under it", () => {
    const locked = mapWith(mapType, "bpf_spin_lock");
    expect(mapUpdateElem(locked.kernel, locked.fd, KEY, words(1, 2, 3), BPF_F_LOCK)).toBe(0);
    expect(mapLookupElem(locked.kernel, locked.fd, KEY, BPF_F_LOCK)).toEqual(words(1, 0, 3));
    const plain = mapWith(mapType, "bpf_refcount");
    expect(mapUpdateElem(plain.kernel, plain.fd, KEY, words(1, 2, 3), BPF_F_LOCK)).toBe(-22);
  });
});
