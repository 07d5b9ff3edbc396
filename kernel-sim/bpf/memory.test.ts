import fc from "fast-check";
import { expect, test } from "vitest";
import { bpf } from "../facade/toolkit.ts";
import { Clock } from "../hw/clock.ts";
import { ENOMEM } from "../include/errno.ts";
import { TraceRing } from "../trace/ring.ts";
import { BTF_KIND_FUNC } from "./btf/kinds.ts";
import { btfVmlinux } from "./btf/vmlinux.ts";
import { IterFile } from "./iter-file.ts";
import { BpfKernel } from "./kernel.ts";
import { ITER_INFO_BYTES, iterFileOf, iterLink } from "./link/iter.ts";
import type { KernelLink } from "./link/link.ts";
import { BPF_F_NO_PREALLOC } from "./maps/flags.ts";
import { BpfMemory } from "./memory.ts";
import { type ProgLoadAttr, progLoad } from "./prog-load.ts";
import type { LoadedProgram } from "./program.ts";
import { mapCreate, mapDeleteElem, mapUpdateElem } from "./syscall.ts";
import { testRun } from "./test-run.ts";
import * as uapi from "./uapi.ts";

const MIB = 1 << 20;

test("what is in use never overlaps, is zero at first, and comes back whole", () => {
  const sizes = fc.array(fc.nat({ max: 20_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.boolean()), (wanted, isFreed) => {
      const memory = new BpfMemory();
      const used: { address: number; size: number }[] = [];
      for (const size of wanted) {
        const address = memory.alloc(size);
        const overlaps = used.some(
          (other) => address < other.address + other.size && other.address < address + size,
        );
        expect([address % 8, overlaps]).toEqual([0, false]);
        expect(memory.copyOut(address, size).every((byte) => byte === 0)).toBe(true);
        memory.bytes.fill(0xff, address, address + size);
        used.push({ address, size });
        if (!isFreed.next().value) continue;
        const [{ address: gone, size: bytes }] = used.splice(used.length >> 1, 1) as [
          { address: number; size: number },
        ];
        memory.free(gone, bytes);
      }
      for (const { address, size } of used) memory.free(address, size);
      // Empty pages are kept for the sizes that were asked for.
      expect(memory.alloc(240 * MIB)).not.toBe(0);
    }),
    { numRuns: 20 },
  );
});

const MAP = { keySize: 4, mapFlags: 0, mapExtra: 0, name: "" } as const;

const ARRAY = { ...MAP, mapType: uapi.BPF_MAP_TYPE_ARRAY, valueSize: 8, maxEntries: 1 };
const CODE = bpf.asm("r0 = 2; exit").insns;
const ANSWER_0 = bpf.asm("r0 = 0; exit").insns;

function kernelOf(cpus: number): BpfKernel {
  return new BpfKernel(1, cpus, new Clock(), new TraceRing());
}

function close(kernel: BpfKernel, fd: number): void {
  kernel.objects.release(kernel.files.get(fd)!);
}

test.each([
  { name: "array", attr: { mapType: uapi.BPF_MAP_TYPE_ARRAY, valueSize: 4096 } },
  { name: "hash", attr: { mapType: uapi.BPF_MAP_TYPE_HASH, valueSize: 4000 } },
  { name: "percpu array", attr: { mapType: uapi.BPF_MAP_TYPE_PERCPU_ARRAY, valueSize: 2048 } },
  { name: "queue", attr: { mapType: uapi.BPF_MAP_TYPE_QUEUE, valueSize: 4096, keySize: 0 } },
])("the memory of an $name is given back with the map", ({ attr }) => {
  const kernel = kernelOf(2);
  for (let i = 0; i < 4; i++) {
    const fd = mapCreate(kernel, { ...MAP, ...attr, maxEntries: 20_000 });
    expect(fd).toBeGreaterThan(0);
    close(kernel, fd);
  }
});

/** A descriptor of a small program, or a negative errno. */
function load(kernel: BpfKernel, change: Partial<ProgLoadAttr> = {}): number {
  return progLoad(kernel, {
    ...{ progType: uapi.BPF_PROG_TYPE_XDP, expectedAttachType: 0, insns: CODE, insnCnt: 2 },
    ...{ license: "GPL", progFlags: 0, logLevel: 0, logSize: 0, hasLogBuffer: false, name: "" },
    ...change,
  }).fd;
}

/** Takes all memory, down to the last page. */
function filled(kernel: BpfKernel): number[] {
  const fds: number[] = [];
  for (let valueSize = 128 * MIB; valueSize >= 8; ) {
    const attr = { ...MAP, mapType: uapi.BPF_MAP_TYPE_ARRAY, valueSize, maxEntries: 1 };
    const fd = mapCreate(kernel, attr);
    if (fd > 0) fds.push(fd);
    else {
      expect(fd).toBe(-ENOMEM);
      valueSize /= 2;
    }
  }
  return fds;
}

test("a full machine answers ENOMEM, and works again when something is given back", () => {
  const kernel = kernelOf(2);
  const hash = mapCreate(kernel, {
    ...{ ...MAP, mapType: uapi.BPF_MAP_TYPE_HASH, valueSize: 100_000, maxEntries: 1000 },
    mapFlags: BPF_F_NO_PREALLOC,
  });
  const prog = kernel.files.get(load(kernel)) as LoadedProgram;
  const lastFd = filled(kernel)[0]!;
  // Small objects still find room in the page of their size.
  for (let i = 0; i < 64 && load(kernel) > 0; i++);
  expect(load(kernel)).toBe(-ENOMEM);
  const run = () =>
    testRun(kernel, prog, { dataIn: new Uint8Array(64), ctxIn: undefined, repeat: 1 });
  const update = () =>
    mapUpdateElem(kernel, hash, Uint8Array.of(1, 2, 3, 4), new Uint8Array(100_000), 0);
  expect([update(), run().errno]).toEqual([-ENOMEM, -ENOMEM]);
  close(kernel, lastFd);
  expect([update(), run().errno, run().retval]).toEqual([0, 0, 2]);
  expect(load(kernel)).toBeGreaterThan(0);
});

test("on a full machine the file of an iterator answers ENOMEM", () => {
  const kernel = kernelOf(2);
  const attachBtfId = btfVmlinux().findByNameKind("bpf_iter_bpf_map", BTF_KIND_FUNC)!.id;
  const prog = load(kernel, {
    ...{ progType: uapi.BPF_PROG_TYPE_TRACING, expectedAttachType: uapi.BPF_TRACE_ITER },
    ...{ insns: ANSWER_0, attachBtfId },
  });
  const info = new DataView(new ArrayBuffer(ITER_INFO_BYTES));
  const loaded = kernel.files.get(prog) as LoadedProgram;
  const link = kernel.files.get(iterLink(kernel, kernel.ownFiles, info, loaded)) as KernelLink;
  expect(iterFileOf(kernel, link)).toBeInstanceOf(IterFile);
  filled(kernel);
  // Small objects still find room in the page of their size.
  for (let i = 0; i < 128 && iterFileOf(kernel, link) instanceof IterFile; i++);
  expect(iterFileOf(kernel, link)).toBe(-ENOMEM);
});

test("what a map of objects holds goes with its last place, or with the map", () => {
  const kernel = kernelOf(2);
  const key = new Uint8Array(4);
  const inner = mapCreate(kernel, ARRAY);
  const innerId = kernel.mapOfFd(inner)?.id ?? 0;
  const outer = mapCreate(kernel, {
    ...{ ...ARRAY, mapType: uapi.BPF_MAP_TYPE_HASH_OF_MAPS, valueSize: 4 },
    innerMapFd: inner,
  });
  expect(mapUpdateElem(kernel, outer, key, Uint8Array.of(inner, 0, 0, 0), 0)).toBe(0);
  close(kernel, inner);
  expect(kernel.objects.byId("map", innerId)).toBeDefined();
  expect(mapDeleteElem(kernel, outer, key)).toBe(0);
  expect(kernel.objects.byId("map", innerId)).toBeUndefined();

  const progs = mapCreate(kernel, {
    ...{ ...ARRAY, mapType: uapi.BPF_MAP_TYPE_PROG_ARRAY, valueSize: 4 },
  });
  const progFd = load(kernel);
  const { id } = kernel.files.get(progFd) as LoadedProgram;
  expect(mapUpdateElem(kernel, progs, key, Uint8Array.of(progFd, 0, 0, 0), 0)).toBe(0);
  close(kernel, progFd);
  expect(kernel.objects.byId("prog", id)).toBeDefined();
  close(kernel, progs);
  expect(kernel.objects.byId("prog", id)).toBeUndefined();
});
