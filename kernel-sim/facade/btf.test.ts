import { expect, test } from "vitest";
import { BtfBuilder } from "../bpf/btf/build.ts";
import { type BpfError, boot, bpf, type MapTypeName } from "../index.ts";

const BPF_F_NO_PREALLOC = 1;
const BPF_F_MMAPABLE = 1024;
const GLOBAL = 1;

/** What `create` throws. */
function refusal(create: () => unknown): BpfError {
  try {
    create();
  } catch (error) {
    return error as BpfError;
  }
  throw new Error("nothing was refused");
}

/** An int, and a struct of a lock and an int. */
function lockTypes() {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const lock = builder.struct("bpf_spin_lock", 4, [{ name: "val", type: int, bitOffset: 0 }]);
  const value = builder.struct("value", 8, [
    { name: "lock", type: lock, bitOffset: 0 },
    { name: "count", type: int, bitOffset: 32 },
  ]);
  return { builder, int, value };
}

test("a cell makes maps of all types that the kernel has, and says no more than it must", () => {
  const { bpf } = boot({ seed: 1 });
  const one = { maxEntries: 1 };
  const made = [
    bpf.createMap({ type: "perf_event_array", ...one }),
    bpf.createMap({ type: "cgroup_array", ...one }),
    bpf.createMap({ type: "stack_trace", valueSize: 80, ...one }),
    bpf.createMap({ type: "xskmap", ...one }),
    bpf.createMap({ type: "sockmap", valueSize: 4, ...one }),
    bpf.createMap({ type: "sockhash", keySize: 8, valueSize: 8, ...one }),
    bpf.createMap({ type: "reuseport_sockarray", valueSize: 8, ...one }),
    bpf.createMap({ type: "cgroup_storage", keySize: 8, valueSize: 4 }),
    bpf.createMap({ type: "percpu_cgroup_storage", keySize: 8, valueSize: 4 }),
    bpf.createMap({ type: "ringbuf", maxEntries: 4096 }),
    bpf.createMap({ type: "arena", maxEntries: 1, flags: BPF_F_MMAPABLE }),
  ];
  const sizes = made.map(({ keySize, valueSize }) => [keySize, valueSize].join());
  expect(sizes.join(" ")).toBe("4,4 4,4 4,80 4,4 4,4 8,8 4,8 8,4 8,4 0,0 0,0");
  expect(made.every(({ fd }) => fd > 0)).toBe(true);
});

test.each(["sk_storage", "inode_storage", "task_storage", "cgrp_storage"] as const)(
  "a map of the type %s has the sizes of its types, and none without them",
  (type) => {
    const machine = boot({ seed: 1 });
    const { builder, int, value } = lockTypes();
    const types = { btf: builder.bytes(), btfKeyTypeId: int, btfValueTypeId: value };
    const create = (more: object) => machine.bpf.createMap({ type, ...types, ...more });
    const { keySize, valueSize, maxEntries } = create({ flags: BPF_F_NO_PREALLOC });
    expect([keySize, valueSize, maxEntries]).toEqual([4, 8, 0]);
    const untyped = { btf: undefined, valueSize: 8, flags: 1 };
    const refused = [{}, { flags: 1, maxEntries: 1 }, { ...untyped, btfKeyTypeId: 0 }];
    expect(refused.map((more) => refusal(() => create(more)).message.split(": ")[1])).toEqual([
      "flags need BPF_F_NO_PREALLOC (1)",
      "maxEntries has to be 0",
      "btfKeyTypeId has to be said, and btf with it",
    ]);
  },
);

test("a refused map says which field is wrong, where that is known", () => {
  const { bpf } = boot({ seed: 1 });
  const message = (type: MapTypeName, attr: object) =>
    refusal(() => bpf.createMap({ type, ...attr })).message;
  const array = message("array", { keySize: 8, valueSize: 4, maxEntries: 1 });
  expect(array).toBe(
    "bpf(BPF_MAP_CREATE) refused a map of the type array with keySize 8, valueSize 4, maxEntries 1, flags 0: keySize has to be 4",
  );
  expect(message("ringbuf", { maxEntries: 4097 })).toMatch("has to be a power of 2");
  expect(message("array", { valueSize: 4, maxEntries: 1, flags: 1 })).toMatch(/flags 1$/);
  expect(message("hash", { keySize: 4, maxEntries: 1 })).toBe(
    "a map of the type hash needs valueSize",
  );
});

test("a table of functions is made by its name or by its type's number", () => {
  const { bpf } = boot({ seed: 1 });
  const table = bpf.createMap({ type: "struct_ops", vmlinuxValueType: "bpf_dummy_ops" });
  expect([table.keySize, table.valueSize, table.maxEntries]).toEqual([4, 128, 1]);
  expect(table.lookup(0)).toEqual(new Uint8Array(128));
  const create = (more: { readonly vmlinuxValueType?: string | number }) => () =>
    bpf.createMap({ type: "struct_ops", valueSize: 128, ...more });
  expect(refusal(create({ vmlinuxValueType: 1 })).errnoName).toBe("ENOTSUPP");
  expect(refusal(create({})).message).toMatch(/: vmlinuxValueType has to be said$/);
  expect(create({ vmlinuxValueType: "none" })).toThrow('the kernel has no table "none"');
});

const COUNT_LOCKED = `
  *(u32 *)(r10 - 4) = 0
  r2 = r10
  r2 += -4
  r1 = map[counts] ll
  call bpf_map_lookup_elem
  if r0 == 0 goto out
  r6 = r0
  r1 = r6
  call bpf_spin_lock
  r7 = *(u32 *)(r6 + 4)
  r7 += 1
  *(u32 *)(r6 + 4) = r7
  r1 = r6
  call bpf_spin_unlock
out:
  r0 = 0
  exit
`;

test("a program takes the lock in a value, and neither needs the types' descriptor longer", () => {
  const machine = boot({ seed: 1 });
  const { builder, int, value } = lockTypes();
  const context = builder.ptr(0);
  const proto = builder.funcProto(int, [{ name: "ctx", type: context }]);
  const typeId = builder.func("count", proto, GLOBAL);
  const btf = machine.bpf.loadBtf(builder.bytes());
  expect(btf.log).toContain("[2] STRUCT bpf_spin_lock size=4 vlen=1");
  const types = { btfKeyTypeId: int, btfValueTypeId: value };
  const counts = machine.bpf.createMap({ type: "array", maxEntries: 1, btf, ...types });
  const prog = machine.bpf.mustLoad({
    ...{ type: "sched_cls", program: bpf.asm(COUNT_LOCKED), maps: { counts } },
    ...{ btf, funcInfo: [{ insnOff: 0, typeId }] },
  });
  btf.close();
  prog.run();
  prog.run();
  expect(counts.lookup(0)).toEqual(Uint8Array.of(0, 0, 0, 0, 2, 0, 0, 0));
  expect(refusal(() => btf.close()).errnoName).toBe("EBADF");
  const plain = machine.bpf.createMap({ type: "array", valueSize: 8, maxEntries: 1 });
  const attr = { type: "sched_cls", program: bpf.asm(COUNT_LOCKED), maps: { counts: plain } };
  expect(refusal(() => machine.bpf.mustLoad(attr)).message).toMatch("has to have BTF");
});

const WITH_FUNCTION = `
  r1 = 7
  call pc+1
  exit
  r0 = r1
  exit
`;

test("the log has the names of a program's functions, also when its steps are asked for later", () => {
  const machine = boot({ seed: 1 });
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const context = builder.ptr(0);
  const main = builder.func("main", builder.funcProto(int, [{ name: "c", type: context }]), GLOBAL);
  const sub = builder.func("twice", builder.funcProto(int, [{ name: "a", type: int }]), GLOBAL);
  const line = builder.string("return twice(7);");
  const funcInfo = [
    { insnOff: 0, typeId: main },
    { insnOff: 3, typeId: sub },
  ];
  const lineInfo = [0, 3].map((insnOff) => ({
    ...{ insnOff, fileNameOff: 0, lineOff: line, lineCol: 1 << 10 },
  }));
  const attr = { type: "socket_filter", program: bpf.asm(WITH_FUNCTION), btf: builder.bytes() };
  const loaded = machine.bpf.load({ ...attr, funcInfo, lineInfo });
  expect(loaded.log).toContain("Func#1 ('twice') is safe for any args that match its prototype");
  const wordy = machine.bpf.load({ ...attr, funcInfo, lineInfo, logLevel: 2 });
  expect(wordy.log).toContain("Validating twice() func#1...");
  expect(wordy.log).toContain("; return twice(7); @");
  const report = machine.bpf.verify({ ...attr, funcInfo, lineInfo });
  expect(report.steps.length).toBeGreaterThan(0);
  const wrong = machine.bpf.load({ ...attr, funcInfo: funcInfo.slice(1) });
  expect([wrong.ok, wrong.log]).toEqual([false, expect.stringContaining("func info")]);
  const badly = [{ insnOff: -1, typeId: main }];
  expect(() => machine.bpf.load({ ...attr, funcInfo: badly })).toThrow("insnOff of funcInfo[0]");
  const both = { ...attr, funcInfo, sourceLines: { 0: "a" } };
  expect(() => machine.bpf.load(both)).toThrow("sourceLines are types of their own");
});

test("refused types come with the kernel's errno and log", () => {
  const machine = boot({ seed: 1 });
  const builder = new BtfBuilder();
  builder.ptr(9);
  const { name, errnoName, log } = refusal(() => machine.bpf.loadBtf(builder.bytes()));
  expect([name, errnoName]).toEqual(["BpfError", "EINVAL"]);
  expect(log).toContain("type_id=9");
  const attr = { type: "hash", keySize: 4, valueSize: 4, maxEntries: 1 } as const;
  const btf = new Uint8Array(3);
  expect(refusal(() => machine.bpf.createMap({ ...attr, btf })).errnoName).toBe("EINVAL");
});
