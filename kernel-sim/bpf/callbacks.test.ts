import { expect, test } from "vitest";
import type { Insn } from "../api.ts";
import { Clock } from "../hw/clock.ts";
import { bpf } from "../index.ts";
import { TraceRing } from "../trace/ring.ts";
import { isPseudoFunc } from "./isa.ts";
import { JitProgram } from "./jit/jit-program.ts";
import { R0_AT } from "./jit/run-area.ts";
import { BpfKernel } from "./kernel.ts";
import type { RingbufMap } from "./maps/ringbuf.ts";
import { type CodeNotes, predecode, SLOT_WORDS } from "./predecode.ts";
import { LoadedProgram } from "./program.ts";
import { mapCreate, mapUpdateElem } from "./syscall.ts";
import { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_USER_RINGBUF } from "./uapi.ts";

const newKernel = () => new BpfKernel(1, 1, new Clock(), new TraceRing());

/** R0 of a program that nobody has checked. `r1 = 0 ll` stands for the map. */
function run(program: { readonly insns: readonly Insn[] }, options: RunOptions = {}): bigint {
  const interpreted = newKernel();
  interpreted.jit.enabled = false;
  const answer = runOn(interpreted, program, options);
  const compiled = newKernel();
  compiled.jit.warmInsns = 0;
  expect(runOn(compiled, program, options)).toBe(answer);
  expect(compiled.cpu(0).executed).toBe(interpreted.cpu(0).executed);
  return answer;
}

function runOn(
  kernel: BpfKernel,
  program: { readonly insns: readonly Insn[] },
  { withMap, notes }: RunOptions,
): bigint {
  const map = withMap?.(kernel) ?? 0;
  const callbacks: number[] = [];
  const insns = program.insns.map((insn, at) => {
    if (isPseudoFunc(insn)) {
      callbacks.push(at + insn.imm + 1);
      return { ...insn, srcReg: 0, imm: kernel.addFunction((at + insn.imm + 1) * SLOT_WORDS) };
    }
    const isMap = insn.code === 0x18 && insn.dstReg === 1 && insn.imm === 0;
    return isMap ? { ...insn, imm: map } : insn;
  });
  const cpu = kernel.cpu(0);
  const prog = new LoadedProgram({
    ...{
      id: 1,
      type: 6,
      expectedAttachType: 0,
      name: "",
      license: "GPL",
      runInsns: insns,
      maps: [],
    },
    ...{ code: predecode(insns, notes), callbacks, stackDepth: 512, maxCtxOffset: 0 },
    isRunnable: true,
  });
  kernel.jit.run(prog, cpu, 0);
  if (!kernel.jit.enabled) {
    return BigInt.asIntN(64, (BigInt(cpu.r[1]!) << 32n) | BigInt(cpu.r[0]! >>> 0));
  }
  expect(prog.jited).toBeInstanceOf(JitProgram);
  return kernel.memory.view.getBigInt64(R0_AT, true);
}

interface RunOptions {
  /** Makes the map and answers its address. */
  readonly withMap?: (kernel: BpfKernel) => number;
  readonly notes?: CodeNotes;
}

/** Adds up what it is called with; ends the loop at `last`. */
const sumUpTo = (rounds: bigint, last: number, flags = 0) => bpf.asm`
    *(u64 *)(r10 -8) = 0
    r6 = 5
    r1 = ${rounds} ll
    r2 = func[body]
    r3 = r10
    r3 += -8
    r4 = ${flags}
    call bpf_loop
    r1 = *(u64 *)(r10 -8)
    r1 <<= 32
    r0 |= r1
    exit
  body:
    r3 = *(u64 *)(r2 +0)
    r3 += r1
    *(u64 *)(r2 +0) = r3
    r6 = 77
    r0 = 0
    if r1 < ${last} goto +1
    r0 = 1
    exit
`;

test.each([
  { name: "runs as often as asked", program: sumUpTo(10n, 100), sum: 45n, answer: 10n },
  { name: "ends when the function says so", program: sumUpTo(10n, 3), sum: 6n, answer: 4n },
  { name: "of no rounds answers 0", program: sumUpTo(0n, 3), sum: 0n, answer: 0n },
  { name: "looks at 32 bits of the count", program: sumUpTo(1n << 40n, 3), sum: 0n, answer: 0n },
])("bpf_loop $name", ({ program, sum, answer }) => {
  expect(run(program)).toBe((sum << 32n) | answer);
});

test("bpf_loop refuses flags, and more than eight million rounds", () => {
  expect(run(sumUpTo(1n, 1, 1))).toBe(-22n);
  expect(run(sumUpTo((8n << 20n) + 1n, 1))).toBe(-7n);
});

const INLINED: CodeNotes = {
  isLoopInlined: () => true,
  isThrow: () => false,
  arenaAt: () => 0,
  isKernelLoad: () => false,
  exceptionCallbackSlot: -1,
};

test("a bpf_loop in the program itself counts in 64 bits and answers in 32", () => {
  expect(run(sumUpTo(10n, 3), { notes: INLINED })).toBe((6n << 32n) | 4n);
  expect(run(sumUpTo(1n << 40n, 3), { notes: INLINED })).toBe(0xffff_fff9n);
});

test("loops in loops keep their own places, and nothing of the host's stack", () => {
  const program = bpf.asm`
      *(u64 *)(r10 -8) = 0
      r1 = 300
      r2 = func[outer]
      r3 = r10
      r3 += -8
      r4 = 0
      call bpf_loop
      r0 = *(u64 *)(r10 -8)
      exit
    outer:
      r1 = 100
      r3 = r2
      r2 = func[inner]
      r4 = 0
      call bpf_loop
      r0 = 0
      exit
    inner:
      r3 = *(u64 *)(r2 +0)
      r3 += 1
      *(u64 *)(r2 +0) = r3
      r0 = 0
      exit
  `;
  expect(run(program)).toBe(30_000n);
});

/** Adds keys times 1000 plus values up, and deletes the element from a hash. */
const SUM = bpf.asm`
    *(u64 *)(r10 -8) = 0
    r1 = 0 ll
    r2 = func[body]
    r3 = r10
    r3 += -8
    r4 = 0
    call bpf_for_each_map_elem
    r1 = *(u64 *)(r10 -8)
    r1 <<= 32
    r0 |= r1
    exit
  body:
    r5 = *(u32 *)(r2 +0)
    r5 *= 1000
    r0 = *(u64 *)(r3 +0)
    r5 += r0
    r0 = *(u64 *)(r4 +0)
    r0 += r5
    *(u64 *)(r4 +0) = r0
    call bpf_map_delete_elem
    r0 = 0
    exit
`;

test.each([
  { name: "an array, zeros included", mapType: BPF_MAP_TYPE_ARRAY, answer: 8n, sum: 28_060n },
  { name: "a hash", mapType: BPF_MAP_TYPE_HASH, answer: 3n, sum: 6_060n },
])("bpf_for_each_map_elem shows all of $name, though it is emptied meanwhile", (row) => {
  const attr = { keySize: 4, valueSize: 8, maxEntries: 8, mapFlags: 0, mapExtra: 0, name: "" };
  const withMap = (kernel: BpfKernel) => {
    const fd = mapCreate(kernel, { mapType: row.mapType, ...attr });
    for (const key of [1, 2, 3]) {
      mapUpdateElem(kernel, fd, Uint8Array.of(key, 0, 0, 0), Uint8Array.of(key * 10, ...ZEROS), 0);
    }
    return kernel.mapOfFd(fd)!.address;
  };
  expect(run(SUM, { withMap })).toBe((row.sum << 32n) | row.answer);
});

const ZEROS = [0, 0, 0, 0, 0, 0, 0];

/** Throws 7 two functions down. The kernel function is the one that is called by number 5. */
const THROWS = bpf.asm`
    r6 = 1
    call down
    r0 = 1
    exit
  down:
    call further
    r0 = 2
    exit
  further:
    r1 = 7
    call 5
    r0 = 3
    exit
    r0 = r1
    r0 += 100
    exit
`;
const THROW_SLOT = THROWS.insns.findIndex(({ code, imm }) => code === 0x85 && imm === 5);
const withThrow: Insn[] = THROWS.insns.map((insn, slot) =>
  slot === THROW_SLOT ? { ...insn, srcReg: 2 } : insn,
);

test.each([
  { name: "answers what was thrown", exceptionCallbackSlot: -1, answer: 7n },
  { name: "goes on in the callback", exceptionCallbackSlot: THROW_SLOT + 3, answer: 107n },
])("bpf_throw ends all functions and $name", ({ exceptionCallbackSlot, answer }) => {
  const notes = { ...INLINED, isThrow: () => true, exceptionCallbackSlot };
  expect(run({ insns: withThrow }, { notes })).toBe(answer);
});

test.each([
  { name: "all of them", last: 99, answer: (1n + 2n + 3n) * 256n + 3n },
  { name: "up to the one after which the function stops", last: 2, answer: (1n + 2n) * 256n + 2n },
])("bpf_user_ringbuf_drain takes records out: $name", ({ last, answer }) => {
  const program = bpf.asm`
    *(u64 *)(r10 -8) = 0
    r1 = 0 ll
    r2 = func[body]
    r3 = r10
    r3 += -8
    r4 = 0
    call bpf_user_ringbuf_drain
    r1 = *(u64 *)(r10 -8)
    r1 <<= 8
    r0 += r1
    exit
  body:
    r6 = r2
    r2 = 0
    r3 = 8
    call bpf_dynptr_data
    if r0 == 0 goto stop
    r1 = *(u64 *)(r0 +0)
    r2 = *(u64 *)(r6 +0)
    r2 += r1
    *(u64 *)(r6 +0) = r2
    if r1 == ${last} goto stop
    r0 = 0
    exit
  stop:
    r0 = 1
    exit
  `;
  const withMap = (kernel: BpfKernel) => {
    const fd = mapCreate(kernel, {
      ...{ mapType: BPF_MAP_TYPE_USER_RINGBUF, keySize: 0, valueSize: 0, maxEntries: 4096 },
      ...{ mapFlags: 0, mapExtra: 0, name: "" },
    });
    const ring = kernel.mapOfFd(fd) as RingbufMap;
    for (const n of [1, 2, 3])
      expect(ring.produce(Uint8Array.of(n, 0, 0, 0, 0, 0, 0, 0))).toBe(true);
    return ring.address;
  };
  expect(run(program, { withMap })).toBe(answer);
});
