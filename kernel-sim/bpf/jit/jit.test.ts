import fc from "fast-check";
import { expect, test } from "vitest";
import type { Insn } from "../../api.ts";
import { Clock } from "../../hw/clock.ts";
import { bpf } from "../../index.ts";
import { TraceRing } from "../../trace/ring.ts";
import { BpfKernel } from "../kernel.ts";
import type { KernelMap } from "../maps/map.ts";
import { predecode } from "../predecode.ts";
import { LoadedProgram } from "../program.ts";
import { mapCreate, mapUpdateElem } from "../syscall.ts";
import { BPF_MAP_TYPE_PROG_ARRAY } from "../uapi.ts";
import { jitListing } from "./listing.ts";

const newKernel = () => new BpfKernel(1, 1, new Clock(), new TraceRing());

/** A program that nobody has checked. */
function loaded(insns: readonly Insn[], maps: readonly KernelMap[] = []): LoadedProgram {
  return new LoadedProgram({
    ...{ id: 1, type: 6, expectedAttachType: 0, name: "", license: "GPL", runInsns: insns },
    ...{ code: predecode(insns), maps, maxCtxOffset: 0, callbacks: [], stackDepth: 512 },
    isRunnable: true,
  });
}

/** What can be seen of a run: R0, the instructions that it took, the stacks. */
function outcome(insns: readonly Insn[], isCompiled: boolean) {
  const kernel = newKernel();
  kernel.jit.enabled = isCompiled;
  kernel.jit.warmInsns = 0;
  const prog = loaded(insns);
  const cpu = kernel.cpu(0);
  const r0 = kernel.jit.run(prog, cpu, 0x1234, 2);
  expect(prog.jited !== undefined).toBe(isCompiled);
  if (isCompiled) expect(prog.jited).not.toBeNull();
  const stack = kernel.memory.copyOut(cpu.frame, 1024);
  return { r0, executed: cpu.executed, stack };
}

const mov = (dstReg: number, imm: number): Insn => ({ code: 0xb7, dstReg, srcReg: 0, off: 0, imm });
const EXIT: Insn = { code: 0x95, dstReg: 0, srcReg: 0, off: 0, imm: 0 };

/** Instructions that are entered at the first of them only. A jump has a group as its target. */
interface Group {
  readonly insns: readonly Insn[];
  readonly to?: number;
  readonly isCall?: boolean;
}

const FUEL = 9;
const reg = fc.integer({ min: 0, max: 8 });
const imm = fc.oneof(
  fc.integer(),
  fc.integer({ min: -3, max: 70 }),
  fc.constantFrom(-(2 ** 31), 2 ** 31 - 1),
);
const ALU = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80, 0x90, 0xa0, 0xb0, 0xc0];

const arithmetic = fc
  .record({
    op: fc.constantFrom(...ALU),
    class: fc.constantFrom(0x04, 0x07),
    isReg: fc.boolean(),
    ...{ d: reg, s: reg, imm, variant: fc.nat(2) },
  })
  .map(({ op, class: width, isReg, d, s, imm: constant, variant }): Group => {
    const isDivision = op === 0x30 || op === 0x90;
    const extensions = width === 0x07 ? [8, 16, 32] : [0, 8, 16];
    let off = isDivision ? variant & 1 : 0;
    if (op === 0xb0 && isReg) off = extensions[variant]!;
    const code = op | width | (isReg && op !== 0x80 ? 0x08 : 0);
    return { insns: [{ code, dstReg: d, srcReg: isReg ? s : 0, off, imm: isReg ? 0 : constant }] };
  });

const swap = fc.tuple(reg, fc.constantFrom(0xd4, 0xdc, 0xd7), fc.constantFrom(16, 32, 64)).map(
  ([dstReg, code, width]): Group => ({
    insns: [{ code, dstReg, srcReg: 0, off: 0, imm: width }],
  }),
);

const wide = fc.tuple(reg, imm, imm).map(
  ([dstReg, low, high]): Group => ({
    insns: [
      { code: 0x18, dstReg, srcReg: 0, off: 0, imm: low },
      { code: 0, dstReg: 0, srcReg: 0, off: 0, imm: high },
    ],
  }),
);

const slot = fc.integer({ min: 1, max: 8 }).map((n) => -8 * n);
const memory = fc
  .tuple(
    fc.constantFrom(0x71, 0x69, 0x61, 0x79, 0x91, 0x89, 0x81, 0x73, 0x6b, 0x63, 0x7b, 0x72, 0x7a),
    ...([reg, slot, imm] as const),
  )
  .map(([code, r, off, constant]): Group => {
    const isLoad = (code & 7) === 1;
    const [dstReg, srcReg] = isLoad ? [r, 10] : [10, r];
    const isConstant = (code & 7) === 2;
    return { insns: [{ code, dstReg, srcReg: isConstant ? 0 : srcReg, off, imm: constant }] };
  });

const atomic = fc
  .tuple(
    fc.constantFrom(0xc3, 0xdb),
    fc.constantFrom(0x00, 0x01, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1, 0x110),
    ...([reg, slot] as const),
  )
  .map(
    ([code, operation, srcReg, off]): Group => ({
      insns: [{ code, dstReg: 10, srcReg, off, imm: operation }],
    }),
  );

const JUMPS = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0];

/** Anywhere, backwards and into loops too, as long as there is fuel. */
const jump = fc
  .record({
    op: fc.constantFrom(...JUMPS),
    width: fc.constantFrom(0x05, 0x06),
    ...{ isReg: fc.boolean(), d: reg, s: reg, imm, to: fc.nat(1000) },
  })
  .map(({ op, width, isReg, d, s, imm: constant, to }): Group => {
    const burn: Insn = { code: 0x17, dstReg: FUEL, srcReg: 0, off: 0, imm: 1 };
    const isEmpty: Insn = { code: 0xc5, dstReg: FUEL, srcReg: 0, off: 1, imm: 0 };
    const code = op | width | (isReg ? 0x08 : 0);
    const srcReg = isReg ? s : 0;
    return { insns: [burn, isEmpty, { code, dstReg: d, srcReg, off: 0, imm: constant }], to };
  });

/** What the function leaves in R1 to R5 is nobody's business. */
const call = fc.constant<Group>({
  insns: [
    { code: 0x85, dstReg: 0, srcReg: 1, off: 0, imm: 0 },
    ...[1, 2, 3, 4, 5].map((r) => mov(r, r)),
  ],
  isCall: true,
});

const plain = fc.oneof(
  { arbitrary: arithmetic, weight: 8 },
  { arbitrary: jump, weight: 5 },
  { arbitrary: memory, weight: 3 },
  ...[swap, wide, atomic].map((arbitrary) => ({ arbitrary, weight: 1 })),
);

/**
 * A function that starts at a slot and calls the one at `callee`. Jumps do not lead to its beginning,
 * where there is fuel.
 */
function laidOut(
  beginning: readonly Group[],
  others: readonly Group[],
  { start, callee }: { readonly start: number; readonly callee: number },
): Insn[] {
  const groups = [...beginning, ...others];
  const places = [0];
  for (const { insns } of groups) places.push(places.at(-1)! + insns.length);
  const out: Insn[] = [];
  for (const { insns, to, isCall } of groups) {
    out.push(...insns);
    const at = out.length - 1;
    const targets = places.slice(beginning.length);
    if (to !== undefined) out[at] = { ...out[at]!, off: targets[to % targets.length]! - at - 1 };
    const first = out.length - insns.length;
    if (isCall === true) out[first] = { ...out[first]!, imm: callee - (start + first) - 1 };
  }
  return [...out, EXIT];
}

const START: Group = { insns: [0, 1, 2, 3, 4, 5, 6, 7, 8].map((r) => mov(r, r * 1_000_003)) };
const fuelled = (fuel: number): Group => ({ insns: [mov(FUEL, fuel)] });

const programs = fc
  .tuple(
    fc.array(fc.oneof({ arbitrary: plain, weight: 12 }, { arbitrary: call, weight: 1 }), {
      maxLength: 40,
    }),
    fc.array(plain, { maxLength: 12 }),
  )
  .map(([main, sub]) => {
    const own = [START, fuelled(40)];
    const callee = laidOut(own, main, { start: 0, callee: 0 }).length;
    const inSub = [0, 6, 7, 8].map((r): Group => ({ insns: [mov(r, r)] }));
    return [
      ...laidOut(own, main, { start: 0, callee }),
      ...laidOut([...inSub, fuelled(9)], sub, { start: callee, callee: 0 }),
    ];
  });

test("interpreter and compiled code answer the same, count the same, and leave the same stacks", () => {
  fc.assert(
    fc.property(programs, (insns) => {
      expect(outcome(insns, true)).toEqual(outcome(insns, false));
    }),
    { numRuns: 150 },
  );
});

/** Runs a program that goes on with itself, or with another one, at index 0 of a program array. */
function tailCalling(isCompiled: boolean, first: string, other: string) {
  const kernel = newKernel();
  kernel.jit.enabled = isCompiled;
  kernel.jit.warmInsns = 0;
  const attr = { mapType: BPF_MAP_TYPE_PROG_ARRAY, keySize: 4, valueSize: 4, maxEntries: 1 };
  const fd = mapCreate(kernel, { ...attr, mapFlags: 0, mapExtra: 0, name: "" });
  const map = kernel.mapOfFd(fd)!;
  const withMap = (text: string) =>
    loaded(bpf.asm(text.replaceAll("MAP", `${map.address} ll`)).insns, [map]);
  const prog = withMap(first);
  const next = kernel.install(other === "" ? prog : withMap(other));
  mapUpdateElem(kernel, fd, new Uint8Array(4), Uint8Array.of(next, 0, 0, 0), 0);
  const cpu = kernel.cpu(0);
  const r0 = kernel.jit.run(prog, cpu, 0, 2);
  return { r0, executed: cpu.executed };
}

const CHAIN = "r6 = r1; r2 = MAP; r3 = 0; call bpf_tail_call; r0 = 9; exit";
const FROM_FUNCTION = `
    call sub
    r0 >>= 32
    r0 += 1
    exit
  sub:
    r2 = MAP
    r3 = 0
    call bpf_tail_call
    r0 = 5
    exit
`;

test.each([
  { name: "end after 33", first: CHAIN, other: "", r0: 9, executed: 2 * (34 * 4 + 2) },
  {
    name: "come back to who called the function that made one, with all of R0",
    ...{ first: FROM_FUNCTION, other: "r0 = 0x700000001 ll; exit", r0: 8 },
    executed: 2 * (4 + 3 + 2),
  },
])("tail calls $name", ({ first, other, r0, executed }) => {
  for (const isCompiled of [false, true]) {
    expect(tailCalling(isCompiled, first, other)).toEqual({ r0, executed });
  }
});

test("a program that is longer than a function of WebAssembly may be is interpreted", () => {
  const divide: Insn = { code: 0x3f, dstReg: 0, srcReg: 1, off: 1, imm: 0 };
  const divisions = new Array<Insn>(330_000).fill(divide);
  const kernel = newKernel();
  kernel.jit.warmInsns = 0;
  const prog = loaded([mov(0, 7), mov(1, 1), ...divisions, EXIT]);
  expect(kernel.jit.run(prog, kernel.cpu(0), 0)).toBe(7);
  expect(prog.jited).toBeNull();
});

test("a program is shown beside what it is compiled to", () => {
  const { insns } = bpf.asm("r0 = 0x100000002 ll; r0 += r1; if w0 s> 5 goto +0; exit");
  const listing = jitListing(newKernel(), loaded(insns));
  expect(listing?.[0]?.slice(-2)).toEqual(["i64.const 4294967298", "local.set $r0"]);
  expect(listing?.[1]).toEqual([]);
  expect(listing?.[2]?.slice(-4)).toEqual([
    ...["local.get $r0", "local.get $r1", "i64.add", "local.set $r0"],
  ]);
  expect(listing?.[3]?.slice(0, 3)).toEqual(["local.get $r0", "i32.wrap_i64", "i32.const 5"]);
  expect(listing?.[4]).toContain("return");
});

test("a program of loops that lie in each other, all entered everywhere, is interpreted", () => {
  const blocks = 2000;
  // Each block goes on at another one far away, or behind it, until all have been at work.
  const insns = Array.from({ length: blocks }, (_, at): Insn[] => {
    const next = (at + (at % 2 === 0 ? 1 : -1) * (blocks - 2 * at) + blocks) % blocks;
    return [
      { code: 0x07, dstReg: 0, srcReg: 0, off: 0, imm: 1 },
      { code: 0x25, dstReg: 0, srcReg: 0, off: (blocks - at) * 3 - 2, imm: blocks },
      { code: 0x15, dstReg: 1, srcReg: 0, off: (next - at) * 3 - 3, imm: 0x1234 },
    ];
  });
  const kernel = newKernel();
  kernel.jit.warmInsns = 0;
  const prog = loaded([mov(0, 0), ...insns.flat(), EXIT]);
  expect(kernel.jit.run(prog, kernel.cpu(0), 0x1234)).toBe(blocks + 1);
  expect(prog.jited).toBeNull();
});
