import { expect, test } from "vitest";
import { Clock } from "../../hw/clock.ts";
import { E2BIG, EINVAL, ENOENT, ENOTSUPP, EOPNOTSUPP } from "../../include/errno.ts";
import { TraceRing } from "../../trace/ring.ts";
import { btfLoad } from "../btf/btf-load.ts";
import { BTF_KIND_STRUCT } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { BpfKernel } from "../kernel.ts";
import * as syscall from "../syscall.ts";
import { BPF_MAP_TYPE_STRUCT_OPS } from "../uapi.ts";
import { BPF_F_LINK } from "./flags.ts";

const VALUE_BYTES = 128;
/** Types of which the only one is `int`. */
const INT_TYPES =
  "9feb010018000000000000001000000010000000050000000100000000000001040000002000000100696e7400";

function make(kernel: BpfKernel, valueSize: number, mapFlags = 0, type = "bpf_dummy_ops"): number {
  const log = { logLevel: 0, logSize: 0, hasLogBuffer: false };
  const { fd } = btfLoad(kernel, { btf: Uint8Array.from(Buffer.from(INT_TYPES, "hex")), ...log });
  const value = btfVmlinux().findByNameKind(`bpf_struct_ops_${type}`, BTF_KIND_STRUCT);
  return syscall.mapCreate(kernel, {
    ...{ mapType: BPF_MAP_TYPE_STRUCT_OPS, keySize: 4, valueSize, maxEntries: 1, mapFlags },
    ...{ mapExtra: 0, name: "", btfFd: fd, btfVmlinuxValueTypeId: value?.id ?? 1 },
  });
}

function newKernel(): BpfKernel {
  return new BpfKernel(1, 2, new Clock(), new TraceRing());
}

function valueWith(at: number): Uint8Array {
  const value = new Uint8Array(VALUE_BYTES);
  value[at] = 1;
  return value;
}

const key = (index: number) => Uint8Array.of(index, 0, 0, 0);

// Each answer as Linux 6.18 gave it.
test("a table of functions is as large as its type says, and there are no others", () => {
  const sizes = [0, 64, 127, 129].map((bytes) => make(newKernel(), bytes));
  expect(sizes).toEqual(sizes.map(() => -EINVAL));
  expect(make(newKernel(), VALUE_BYTES)).toBeGreaterThan(0);
  expect(make(newKernel(), VALUE_BYTES, 0, "none")).toBe(-ENOTSUPP);
});

test.each([0, BPF_F_LINK])("a table with flags %i is checked, and takes nothing in", (flags) => {
  const kernel = newKernel();
  const map = make(kernel, VALUE_BYTES, flags);
  const update = (value: Uint8Array, index = 0, how = 0) =>
    syscall.mapUpdateElem(kernel, map, key(index), value, how);
  const empty = new Uint8Array(VALUE_BYTES);
  expect([update(empty), update(valueWith(64))]).toEqual([-EOPNOTSUPP, -EOPNOTSUPP]);
  expect([update(empty, 0, 1), update(empty, 1)]).toEqual([-EINVAL, -E2BIG]);
  // References, the state, and what lies beside the members.
  const refused = [0, 4, 8, 63, 88, 127].map((at) => update(valueWith(at)));
  expect(refused).toEqual(refused.map(() => -EINVAL));
  expect(syscall.mapLookupElem(kernel, map, key(0), 0)).toEqual(empty);
  expect(syscall.mapLookupElem(kernel, map, key(1), 0)).toBe(-ENOENT);
  expect(syscall.mapDeleteElem(kernel, map, key(0))).toBe(flags === 0 ? -ENOENT : -EOPNOTSUPP);
  expect(syscall.mapGetNextKey(kernel, map, null)).toEqual(key(0));
  expect(syscall.mapGetNextKey(kernel, map, key(0))).toBe(-ENOENT);
  expect(syscall.mapFreeze(kernel, map)).toBe(-ENOTSUPP);
});
