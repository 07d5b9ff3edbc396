import { expect, test } from "vitest";
import { EBUSY, EINVAL, ENOENT, ENOSPC, EPERM } from "../../include/errno.ts";
import { boot, bpf } from "../../index.ts";
import { BPF_F_MMAPABLE, BPF_F_ZERO_SEED } from "./flags.ts";

const RING = { type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 } as const;
const PACKET = { dataIn: new Uint8Array(64) };

/** Reserves 1000 bytes, writes the number of the run into both ends and submits, or gives it up every third time. */
const recording = bpf.asm`
  r1 = map[ring]
  r2 = 1000
  r3 = 0
  call bpf_ringbuf_reserve
  if r0 == 0 goto full
  r6 = map_value[runs]
  r7 = *(u64 *)(r6 +0)
  r7 += 1
  *(u64 *)(r6 +0) = r7
  *(u64 *)(r0 +0) = r7
  *(u64 *)(r0 +992) = r7
  r1 = r0
  r2 = 0
  r7 %= 3
  if r7 == 0 goto discard
  call bpf_ringbuf_submit
  r0 = 1
  exit
discard:
  call bpf_ringbuf_discard
  r0 = 2
  exit
full:
  r0 = 0
  exit
`;

test("records come out of a ring buffer in order and whole, also where the ring begins anew", () => {
  const machine = boot();
  const ring = machine.bpf.createMap(RING);
  const runs = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
  const program = machine.bpf.mustLoad({
    ...{ type: "socket_filter", program: recording, maps: { ring, runs } },
  });
  const run = () => program.run(PACKET).retval;
  const ends = () => ring.consume().map((record) => [record[0], record[992], record.length]);
  expect([run(), run(), run(), run(), run()]).toEqual([1, 1, 2, 1, 0]);
  expect(ends()).toEqual([1, 2, 4].map((n) => [n, n, 1000]));
  // The fifth record begins at 4032 and reaches over the end of the ring.
  expect([run(), run()]).toEqual([1, 2]);
  const data = ring.mmap();
  expect(data.read(4096 * 2 + 4032 + 8, 1)[0]).toBe(5);
  expect(data.read(4096 * 2 + 4032 + 8 + 992 - 4096, 1)[0]).toBe(5);
  expect(ends()).toEqual([[5, 5, 1000]]);
  // Both positions, in the first eight bytes of their pages.
  const position = (page: number) =>
    new DataView(data.read(page * 4096, 8).buffer).getUint32(0, true);
  expect([position(0), position(1)]).toEqual([6 * 1008, 6 * 1008]);
  expect(() => ring.mmap({ isWritable: true })).toThrow(expect.objectContaining({ errno: EPERM }));
});

test("a program finds the map that was put into a map of maps, and counts in it", () => {
  const machine = boot();
  const counter = () =>
    machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
  const [first, second] = [counter(), counter()];
  const outer = machine.bpf.createMap({
    ...({ type: "array_of_maps", keySize: 4, valueSize: 4, maxEntries: 1 } as const),
    innerMap: first,
  });
  const program = bpf.asm`
    *(u32 *)(r10 -4) = 0
    r1 = map[outer]
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r1 = r0
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r1 = 1
    lock *(u64 *)(r0 +0) += r1
  out:
    r0 = 0
    exit
  `;
  const loaded = machine.bpf.mustLoad({ type: "socket_filter", program, maps: { outer } });
  loaded.run(PACKET);
  expect(outer.update(0, first.fd)).toBe(0);
  loaded.run(PACKET);
  expect(outer.update(0, second.fd)).toBe(0);
  loaded.run(PACKET);
  loaded.run(PACKET);
  expect([first.lookupUint(0), second.lookupUint(0)]).toEqual([1n, 2n]);
  const other = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 2 });
  expect(outer.update(0, other.fd)).toBe(-EINVAL);
});

test("a hash is read bucket by bucket, and one that does not fit is left", () => {
  const attr = { keySize: 4, valueSize: 4, maxEntries: 8, flags: BPF_F_ZERO_SEED } as const;
  const map = boot().bpf.createMap({ type: "hash", ...attr });
  const entries = Array.from({ length: 8 }, (_, key) => ({ key, value: key * key }));
  expect(map.updateBatch(entries)).toEqual({ errno: 0, done: 8 });
  const found: number[] = [];
  let from: Uint8Array | undefined;
  for (let count = 1; ; ) {
    const batch = map.lookupBatch(count, from);
    found.push(...batch.entries.map(({ key }) => key[0]!));
    from = batch.next;
    if (batch.errno === -ENOENT) break;
    // One bucket holds more than one element.
    count = batch.errno === -ENOSPC ? count + 1 : 1;
  }
  expect(found.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(map.deleteBatch([0, 1, 9, 2])).toEqual({ errno: -ENOENT, done: 2 });
  expect(map.lookupAndDeleteBatch(100).entries).toHaveLength(6);
  expect(map.entries()).toEqual([]);
});

test("what a program writes is seen in an array's memory, which keeps the array from being frozen", () => {
  const machine = boot();
  const attr = { type: "array", keySize: 4, valueSize: 12, maxEntries: 3 } as const;
  const array = machine.bpf.createMap({ ...attr, flags: BPF_F_MMAPABLE });
  const memory = array.mmap({ isWritable: true });
  expect(memory.lengthBytes).toBe(4096);
  memory.write(16, Uint8Array.of(40));
  const program = bpf.asm`
    *(u32 *)(r10 -4) = 1
    r1 = map[array]
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r1 = 2
    lock *(u32 *)(r0 +0) += r1
  out:
    r0 = 0
    exit
  `;
  machine.bpf.mustLoad({ type: "socket_filter", program, maps: { array } }).run(PACKET);
  expect([...memory.read(16, 2)]).toEqual([42, 0]);
  expect(array.freeze()).toBe(-EBUSY);
  memory.unmap();
  expect(() => memory.read(16, 1)).toThrow(/SIGSEGV/);
  expect([array.freeze(), array.freeze()]).toEqual([0, -EPERM]);
  expect(() => array.mmap({ isWritable: true })).toThrow(expect.objectContaining({ errno: EPERM }));
  expect(array.mmap().read(16, 1)[0]).toBe(42);
  expect(() => machine.bpf.createMap(attr).mmap()).toThrow(
    expect.objectContaining({ errno: EINVAL }),
  );
});
