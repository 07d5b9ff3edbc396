import { expect, test } from "vitest";
import type { UnverifiedRunAttr } from "../api.ts";
import { boot, bpf } from "../index.ts";

const LOOKUP = `
  *(u32 *)(r10 - 4) = KEY
  r2 = r10
  r2 += -4
  r1 = map[counts] ll
  call bpf_map_lookup_elem
`;

/** A run in both engines, which have to agree. */
function run(text: string, options: Partial<UnverifiedRunAttr> = {}) {
  const [first, second] = (["interpreter", "jit"] as const).map((engine) => {
    const machine = boot({ seed: 1 });
    const counts = machine.bpf.createMap({
      ...{ type: "array", keySize: 4, valueSize: 8, maxEntries: 4, name: "counts" },
    });
    const ring = machine.bpf.createMap({
      ...{ type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096, name: "ring" },
    });
    // In texts of several lines a semicolon begins a comment.
    const program = bpf.asm(text.replaceAll(";", "\n"));
    const maps = { counts, ring };
    return machine.bpf.runUnverified({ type: "xdp", program, maps, engine, ...options });
  });
  expect(second).toEqual(first);
  return first!;
}

test.each([
  { name: "its own stack", text: "*(u64 *)(r10 - 8) = 7; r0 = *(u64 *)(r10 - 8); exit", retval: 7 },
  {
    name: "its packet",
    text: "r2 = *(u32 *)(r1 + 0); r0 = *(u8 *)(r2 + 13); exit",
    retval: 0,
  },
  {
    name: "a value of a map, through a function",
    text: `call f; exit; f: ${LOOKUP.replace("KEY", "1")} *(u32 *)(r0 + 4) = 3; r0 = *(u32 *)(r0 + 4); exit`,
    retval: 3,
  },
  {
    name: "what a callback is given",
    text: `
      *(u64 *)(r10 - 8) = 0
      r1 = map[counts] ll; r2 = func[f]; r3 = r10; r3 += -8; r4 = 0
      call bpf_for_each_map_elem
      r0 = *(u64 *)(r10 - 8)
      exit
      f: r1 = *(u32 *)(r2 + 0); r2 = *(u64 *)(r4 + 0); r2 += r1; *(u64 *)(r4 + 0) = r2; r0 = 0; exit
    `,
    retval: 6,
  },
  {
    name: "a record that it reserves and submits",
    text: `
      r1 = map[ring] ll; r2 = 8; r3 = 0
      call bpf_ringbuf_reserve
      *(u64 *)(r0 + 0) = 1
      r1 = r0; r2 = 0
      call bpf_ringbuf_submit
      r0 = 2; exit
    `,
    retval: 2,
  },
])("a program may use $name", ({ text, retval }) => {
  expect(run(text)).toMatchObject({ retval, stop: undefined });
});

const OOPS = { outcome: "oops" };

test.each([
  {
    name: "follows NULL",
    text: `${LOOKUP.replace("KEY", "9")} *(u64 *)(r0 + 0) = 1; r0 = 0; exit`,
    stop: {
      ...{ cause: "memory", insnIndex: 6, insn: "(7a) *(u64 *)(r0 +0) = 1", register: "R0" },
      linux: {
        ...OOPS,
        text: "BUG: kernel NULL pointer dereference, address: 0000000000000000",
      },
    },
  },
  {
    name: "writes behind a value",
    text: `${LOOKUP.replace("KEY", "1")} *(u64 *)(r0 + 4) = 1; r0 = 0; exit`,
    stop: {
      place: { access: "write", kind: "map value", sizeBytes: 8 },
      linux: {
        outcome: "corruption",
        text: "nothing stops it: another value of the map changes, and nobody is told",
      },
    },
  },
  {
    name: "overwrites the way back",
    text: "*(u64 *)(r10 + 8) = 1; r0 = 0; exit",
    stop: { cause: "memory", place: { kind: "stack" }, linux: OOPS },
  },
  {
    name: "reads behind its packet",
    text: "r2 = *(u32 *)(r1 + 0); r0 = *(u8 *)(r2 + 14); exit",
    stop: { place: { kind: "packet", access: "read" }, linux: { outcome: "leak" } },
  },
  {
    name: "uses half of a pointer",
    text: "w2 = w10; r0 = *(u8 *)(r2 - 1); exit",
    stop: { place: { kind: "none" }, linux: OOPS },
  },
  {
    name: "makes up an address",
    text: "r2 = 0x123456789abcdef0 ll; r0 = *(u8 *)(r2 + 0); exit",
    stop: {
      value: "123456789abcdef0",
      linux: {
        text: "Oops: general protection fault, probably for non-canonical address 0x123456789abcdef0",
      },
    },
  },
  {
    name: "follows a pointer into a frame that is gone",
    text: "call f; r0 = *(u64 *)(r0 - 8); exit; f: r0 = r10; exit",
    stop: { cause: "memory", place: { kind: "freed" } },
  },
  {
    name: "uses a record that it has given back",
    text: `
      r1 = map[ring] ll; r2 = 8; r3 = 0
      call bpf_ringbuf_reserve
      r6 = r0; r1 = r0; r2 = 0
      call bpf_ringbuf_submit
      r0 = *(u64 *)(r6 + 0); exit
    `,
    stop: { cause: "memory", place: { kind: "freed" } },
  },
  {
    name: "keeps a record",
    text: "r1 = map[ring] ll; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; r0 = 0; exit",
    stop: { cause: "left behind", linux: { outcome: "leak" } },
  },
  {
    name: "reads what nobody has written",
    text: "r0 = r5; exit",
    stop: { cause: "register", register: "R5", linux: { outcome: "leak" } },
  },
  {
    name: "hands a helper what is no map",
    text: "r1 = r10; r2 = r10; call bpf_map_lookup_elem; r0 = 0; exit",
    stop: { cause: "argument", register: "R1", place: { kind: "stack" } },
  },
  {
    name: "calls a helper that there is not",
    text: "call 999; exit",
    stop: { cause: "helper", linux: OOPS },
  },
  { name: "jumps out of itself", text: "goto +100; exit", stop: { cause: "jump", linux: OOPS } },
  { name: "has no end", text: "r0 = 0", stop: { cause: "jump", insnIndex: 1 } },
  {
    name: "calls itself for ever",
    text: "call f; exit; f: call f; exit",
    stop: { cause: "call depth", linux: OOPS },
  },
  {
    name: "never comes to its end",
    text: "r0 = 0; again: r0 += 1; goto again; exit",
    stop: { cause: "fuel", linux: { outcome: "hang" } },
  },
])("a program that $name is stopped", ({ text, stop }) => {
  const { retval, stop: stopped } = run(text, { fuel: 1001 });
  expect(retval).toBeUndefined();
  expect(stopped).toMatchObject(stop);
});

test("fuel is counted to the last instruction", () => {
  const loop = "r0 = 0; again: r0 += 1; if r0 < 100 goto again; exit";
  expect(run(loop).insnsExecuted).toBe(202);
  expect(run(loop, { fuel: 202 }).retval).toBe(100);
  expect(run(loop, { fuel: 201 })).toMatchObject({ insnsExecuted: 201, stop: { insnIndex: 3 } });
});

test("what is no instruction stops the run where it stands", () => {
  const program = new Uint8Array(24).fill(0xff);
  program.set([0xb7, 0, 0, 0, 5, 0, 0, 0]);
  const { stop, insnsExecuted } = boot({ seed: 1 }).bpf.runUnverified({ type: "xdp", program });
  expect(insnsExecuted).toBe(1);
  expect(stop).toMatchObject({ cause: "instruction", insnIndex: 1 });
});

test("pages of an arena are used, and what is not there reads as 0", () => {
  const machine = boot({ seed: 1 });
  const arena = machine.bpf.createMap({
    ...{ type: "arena", keySize: 0, valueSize: 0, maxEntries: 4, flags: 1024 },
    mapExtra: 0x7_0000_0000,
  });
  const memory = arena.mmap({ isWritable: true });
  memory.write(16, Uint8Array.of(40));
  const program = bpf.asm(`
    r1 = map[arena] ll
    r2 = 16
    r2 = addr_space_cast(r2, 0, 1)
    r0 = *(u8 *)(r2 +0)
    r0 += 2
    *(u8 *)(r2 +1) = r0
    r3 = 1
    lock *(u64 *)(r2 +8) += r3
    r4 = 4096
    r4 = addr_space_cast(r4, 0, 1)
    r5 = *(u64 *)(r4 +0)
    r0 += r5
    r2 = addr_space_cast(r2, 1, 0)
    r2 >>= 32
    r2 <<= 8
    r0 += r2
    exit`);
  for (const engine of ["interpreter", "jit"] as const) {
    const result = machine.bpf.runUnverified({ type: "xdp", program, maps: { arena }, engine });
    // Not -0.
    expect(result.errno).toBe(0);
    expect(result.retval).toBe(42 + 0x700);
  }
  expect([memory.read(17, 1)[0], memory.read(24, 1)[0]]).toEqual([42, 2]);
});
