import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { E2BIG, EBADF, EEXIST, EINVAL, ENOENT } from "../../include/errno.ts";
import { boot, bpf, type MapTypeName } from "../../index.ts";
import { BPF_ANY, BPF_EXIST, BPF_F_NO_PREALLOC, BPF_NOEXIST } from "./flags.ts";

const ROOM = 5;

type Step =
  | { readonly do: "update"; readonly key: number; readonly value: number; readonly flags: number }
  | { readonly do: "delete"; readonly key: number };

const key = fc.integer({ min: 0, max: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("update" as const),
    key,
    value: fc.nat(),
    flags: fc.constantFrom(BPF_ANY, BPF_NOEXIST, BPF_EXIST),
  }),
  fc.record({ do: fc.constant("delete" as const), key }),
);

/** What a hash map answers, on a plain Map. */
function onPlainMap(plain: Map<number, number>, step: Step): number {
  const isThere = plain.has(step.key);
  if (step.do === "delete") return plain.delete(step.key) ? 0 : -ENOENT;
  if (isThere && step.flags === BPF_NOEXIST) return -EEXIST;
  if (!isThere && step.flags === BPF_EXIST) return -ENOENT;
  if (!isThere && plain.size === ROOM) return -E2BIG;
  plain.set(step.key, step.value);
  return 0;
}

describe.each<{ type: MapTypeName; flags: number; keySize: number }>([
  { type: "hash", flags: 0, keySize: 4 },
  { type: "hash", flags: BPF_F_NO_PREALLOC, keySize: 4 },
  { type: "hash", flags: 0, keySize: 1 },
  { type: "hash", flags: 0, keySize: 13 },
  { type: "percpu_hash", flags: 0, keySize: 8 },
  { type: "percpu_hash", flags: BPF_F_NO_PREALLOC, keySize: 4 },
])("a $type map with flags $flags and $keySize-byte keys", ({ type, flags, keySize }) => {
  test("answers as a plain Map with Linux's errno", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const machine = boot();
        const map = machine.bpf.createMap({ type, keySize, valueSize: 8, maxEntries: ROOM, flags });
        const plain = new Map<number, number>();
        for (const next of steps) {
          const answer =
            next.do === "update"
              ? map.update(next.key, next.value, next.flags)
              : map.delete(next.key);
          expect(answer).toBe(onPlainMap(plain, next));
        }
        expect(map.entries().map((entry) => entry.key[0])).toEqual([...plain.keys()].sort());
        for (const [k, v] of plain) expect(map.lookupUint(k)).toBe(BigInt(v));
        machine.close();
      }),
      { numRuns: 40 },
    );
  });
});

describe("an array", () => {
  test.each([
    { name: "holds every index from the start", key: 3, answer: 0n },
    { name: "has nothing behind its end", key: 4, answer: undefined },
  ])("$name", ({ key: index, answer }) => {
    const map = boot().bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 4 });
    expect(map.lookupUint(index)).toBe(answer);
  });

  test("refuses to delete, to add an index and to create one that is there", () => {
    const map = boot().bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 4 });
    expect(map.delete(0)).toBe(-EINVAL);
    expect(map.update(4, 1)).toBe(-E2BIG);
    expect(map.update(0, 1, BPF_NOEXIST)).toBe(-EEXIST);
  });
});

test("per-CPU maps keep one value for each CPU", () => {
  const machine = boot({ cpus: 3 });
  const map = machine.bpf.createMap({
    type: "percpu_array",
    keySize: 4,
    valueSize: 4,
    maxEntries: 1,
  });
  const all = new Uint8Array(24);
  all[0] = 1;
  all[8] = 2;
  all[16] = 3;
  expect(map.update(0, all)).toBe(0);
  expect([0, 1, 2].map((cpu) => map.lookupUint(0, cpu))).toEqual([1n, 2n, 3n]);
});

test("what lookup answers is a copy", () => {
  const map = boot().bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
  map.lookup(0)?.fill(255);
  expect(map.lookupUint(0)).toBe(0n);
});

test("a frozen map refuses changes from outside", () => {
  const map = boot().bpf.createMap({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 1 });
  expect([map.freeze(), map.update(0, 1), map.freeze()]).toEqual([0, -1, -1]);
});

test.each([
  { name: "too few bytes", value: [1, 2], error: /value has 8 bytes, not 2/ },
  { name: "too large a number", value: 1n << 64n, error: /does not fit into 8 bytes/ },
  { name: "what is no byte", value: [0, 0, 0, 0, 0, 0, 0, 256], error: /from 0 to 255/ },
])("$name as a value is an error that says so", ({ value, error }) => {
  const map = boot().bpf.createMap({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 1 });
  expect(() => map.update(0, value)).toThrow(error);
});

test("a map that Linux refuses is a BpfError with its errno", () => {
  const refused = () =>
    boot().bpf.createMap({ type: "array", keySize: 8, valueSize: 8, maxEntries: 1 });
  expect(refused).toThrow(
    expect.objectContaining({ name: "BpfError", errno: EINVAL, errnoName: "EINVAL" }),
  );
});

test("a queue gives back what came first, a stack what came last, and neither has keys", () => {
  const machine = boot();
  const attr = { keySize: 0, valueSize: 4, maxEntries: 2 } as const;
  const queue = machine.bpf.createMap({ type: "queue", ...attr });
  const stack = machine.bpf.createMap({ type: "stack", ...attr });
  for (const map of [queue, stack]) {
    expect([map.push(1), map.push(2), map.push(3), map.push(3, BPF_EXIST)]).toEqual([
      ...[0, 0, -E2BIG, 0],
    ]);
    expect(map.entries()).toEqual([]);
    expect(() => map.lookup(0)).toThrow(/has no keys: use push\(\) and pop\(\) or peek\(\)/);
  }
  const rest = (map: typeof queue) => [map.peek(), map.pop(), map.pop(), map.pop()];
  expect(rest(queue).map((value) => value?.[0])).toEqual([2, 2, 3, undefined]);
  expect(rest(stack).map((value) => value?.[0])).toEqual([3, 3, 2, undefined]);
});

test("a bloom filter knows what was put in, and mostly what was not", () => {
  const attr = { keySize: 0, valueSize: 4, maxEntries: 100 } as const;
  const filter = boot().bpf.createMap({ type: "bloom_filter", mapExtra: 7, ...attr });
  for (let n = 0; n < 100; n++) expect(filter.push(n)).toBe(0);
  const held = (from: number) =>
    Array.from({ length: 100 }, (_, n) => filter.mayHold(from + n)).filter(Boolean).length;
  expect(held(0)).toBe(100);
  expect(held(1000)).toBeLessThan(10);
  expect(() => filter.pop()).toThrow(/map\.pop\(\) is for maps of the type queue, stack/);
});

test("a program moves values through a queue, and asks a bloom filter", () => {
  const machine = boot();
  const maps = {
    jobs: machine.bpf.createMap({ type: "queue", keySize: 0, valueSize: 8, maxEntries: 4 }),
    seen: machine.bpf.createMap({ type: "bloom_filter", keySize: 0, valueSize: 8, maxEntries: 64 }),
  };
  const program = bpf.asm`
    *(u64 *)(r10 -8) = 41
    r1 = map[jobs]
    r2 = r10
    r2 += -8
    r3 = 0
    call bpf_map_push_elem
    r1 = map[jobs]
    r2 = r10
    r2 += -16
    call bpf_map_pop_elem
    r6 = *(u64 *)(r10 -16)
    r1 = map[seen]
    r2 = r10
    r2 += -16
    call bpf_map_peek_elem
    r7 = r0
    r1 = map[seen]
    r2 = r10
    r2 += -16
    r3 = 0
    call bpf_map_push_elem
    r1 = map[seen]
    r2 = r10
    r2 += -16
    call bpf_map_peek_elem
    if r0 != 0 goto wrong
    if r7 != -2 goto wrong
    r0 = r6
    exit
  wrong:
    r0 = 0
    exit
  `;
  const loaded = machine.bpf.mustLoad({ type: "socket_filter", program, maps });
  expect(loaded.run({ dataIn: new Uint8Array(64) }).retval).toBe(41);
  expect(maps.jobs.pop()).toBeUndefined();
});

describe("a program array", () => {
  const machine = boot();
  const next = machine.bpf.createMap({
    ...({ type: "prog_array", keySize: 4, valueSize: 4, maxEntries: 4 } as const),
  });
  const counts = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
  const counting = machine.bpf.mustLoad({
    type: "xdp",
    maps: { next, counts },
    program: bpf.asm`
      r6 = r1
      r1 = map_value[counts]
      r2 = 1
      lock *(u64 *)(r1 +0) += r2
      r1 = r6
      r2 = map[next]
      r3 = 0
      call bpf_tail_call
      r0 = 7
      exit
    `,
  });

  test("is where programs go on, 33 times at most", () => {
    const run = () => counting.run({ dataIn: new Uint8Array(64) }).retval;
    expect(run()).toBe(7);
    expect(counts.lookupUint(0)).toBe(1n);
    expect(next.update(0, counting.fd)).toBe(0);
    expect(run()).toBe(7);
    expect(counts.lookupUint(0)).toBe(1n + 1n + 33n);
  });

  test("takes programs of one kind alone, and answers their numbers", () => {
    const program = bpf.asm`r0 = 1; exit`;
    const filter = machine.bpf.mustLoad({ type: "socket_filter", program });
    expect(next.update(1, filter.fd)).toBe(-EINVAL);
    expect(next.update(1, counts.fd)).toBe(-EINVAL);
    expect(next.update(1, 9999)).toBe(-EBADF);
    expect(next.lookupUint(0)).toBeGreaterThan(0n);
    expect(next.lookup(1)).toBeUndefined();
    expect([next.delete(0), next.delete(0), next.delete(4)]).toEqual([0, -ENOENT, -E2BIG]);
  });
});

test("the first program that uses a map of devices decides which others may", () => {
  const machine = boot();
  const devices = machine.bpf.createMap({
    ...({ type: "devmap", keySize: 4, valueSize: 8, maxEntries: 2 } as const),
  });
  const load = (type: string, expectedAttachType?: string, flags = 0) =>
    machine.bpf.load({
      ...{ type, flags, maps: { devices } },
      ...(expectedAttachType === undefined ? {} : { expectedAttachType }),
      program: bpf.asm`r1 = map[devices]; r0 = 2; exit`,
    });
  const first = load("xdp");
  expect(first.ok).toBe(true);
  expect(load("socket_filter")).toMatchObject({ ok: false, errno: EINVAL });
  // BPF_F_XDP_HAS_FRAGS
  expect(load("xdp", undefined, 32)).toMatchObject({ ok: false, errno: EINVAL });
  const behind = load("xdp", "xdp_devmap");
  const value = (fd: number) => Uint8Array.of(1, 0, 0, 0, fd, 0, 0, 0);
  expect(behind.ok && devices.update(0, value(behind.prog.fd))).toBe(0);
  expect(first.ok && devices.update(1, value(first.prog.fd))).toBe(-EINVAL);
});
