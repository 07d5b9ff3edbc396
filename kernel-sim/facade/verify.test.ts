import { expect, test } from "vitest";
import type { VerifierReport } from "../api.ts";
import { boot, bpf } from "../index.ts";
import { StepRecorder } from "./verifier-steps.ts";

const machine = boot();

function verify(text: string): VerifierReport {
  return machine.bpf.verify({ type: "xdp", program: bpf.asm(text) });
}

const FORK = "r0 = *(u32 *)(r1 +12); if r0 > 9 goto out; r6 = 1; out: exit";

test("each instruction that was processed is a step, in that order", () => {
  const { steps, insnsProcessed } = verify(FORK);
  expect(steps.map(({ index, insnIndex, insn }) => [index, insnIndex, insn])).toEqual([
    [0, 0, "r0 = *(u32 *)(r1 +12)"],
    [1, 1, "if r0 > 0x9 goto pc+1"],
    [2, 2, "r6 = 1"],
    [3, 3, "exit"],
    [4, 3, "exit"],
  ]);
  expect(insnsProcessed).toBe(steps.length);
});

test("a branch begins a path, which knows where it came from", () => {
  const { steps } = verify(FORK);
  expect(steps.map(({ path, parentPath, end }) => [path, parentPath, end])).toEqual([
    [0, undefined, undefined],
    [0, undefined, undefined],
    [0, undefined, undefined],
    [0, undefined, "exit"],
    [1, 0, "exit"],
  ]);
});

test("a path of a path names the one it branched from", () => {
  const { steps } = verify(
    "r0 = *(u32 *)(r1 +12); r6 = 0; if r0 > 9 goto a; if r0 > 4 goto b; r6 = 1; b: r6 += 1; a: r0 = r6; exit",
  );
  expect(new Map(steps.map(({ path, parentPath }) => [path, parentPath]))).toEqual(
    new Map([
      [0, undefined],
      [2, 0],
      [1, 0],
    ]),
  );
});

test("a step tells what was known before, and what the instruction read or changed", () => {
  const { steps } = verify(FORK);
  const names = (values: object | undefined) => Object.keys(values ?? {});
  expect(names(steps[0]?.before)).toEqual(["R1", "R10"]);
  expect(names(steps[0]?.after)).toEqual(["R0", "R1"]);
  expect(steps[0]?.before["R1"]).toMatchObject({ text: "ctx()", type: "ctx" });
  expect(steps[4]?.before["R0"]).toEqual({
    text: "scalar(smin=umin=umin32=10,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))",
    type: "scalar",
    tnum: { value: 0n, mask: 0xffff_ffffn },
    umin: 10n,
    umax: 0xffff_ffffn,
    smin: 10n,
    smax: 0xffff_ffffn,
    u32min: 10,
    u32max: 0xffff_ffff,
    s32min: -0x8000_0000,
    s32max: 0x7fff_ffff,
  });
});

test("the stack is shown by its slots, as Linux prints them", () => {
  const { steps } = verify("*(u32 *)(r10 -4) = 7; *(u64 *)(r10 -16) = r1; r0 = 0; exit");
  expect(steps.map(({ stack }) => stack)).toEqual([
    { "fp-8": "mmmm????" },
    { "fp-8": "mmmm????", "fp-16": "ctx()" },
    { "fp-8": "mmmm????", "fp-16": "ctx()" },
    { "fp-8": "mmmm????", "fp-16": "ctx()" },
  ]);
});

test("a path that comes to a known state is pruned by the step that had it", () => {
  const ifs = Array.from({ length: 4 }, (_, k) =>
    [`call bpf_get_prandom_u32`, `if r0 > 7 goto skip${k}`, `r6 |= ${1 << k}`, `skip${k}:`].join(
      "\n",
    ),
  );
  const { steps } = verify(`r6 = 0\n${ifs.join("\n")}\nr0 = 0\nexit`);
  const pruned = steps.filter(({ end }) => end === "pruned");
  expect(pruned.length).toBeGreaterThan(0);
  for (const { index, insnIndex, prunedBy = index } of pruned) {
    expect(prunedBy).toBeLessThan(index);
    expect(steps[prunedBy]?.insnIndex).toBe(insnIndex);
  }
});

test("the last step of a refused program is the one that was refused", () => {
  const report = verify("r6 = 1; r0 = *(u8 *)(r6 +0); exit");
  expect(report).toMatchObject({ ok: false, errno: 13, error: "R6 invalid mem access 'scalar'" });
  expect(report.steps.map(({ end }) => end)).toEqual([undefined, "refused"]);
});

test("a program that was refused unseen has no steps", () => {
  const report = verify("r0 = 0; goto +1; r0 = 1; exit");
  expect(report).toMatchObject({ ok: false, error: "unreachable insn 2", steps: [] });
});

test("maps have the names of the program", () => {
  const counts = machine.bpf.createMap({
    type: "array",
    keySize: 4,
    valueSize: 8,
    maxEntries: 1,
  });
  const program = bpf.asm("r1 = map_value[counts]+4; r0 = 0; exit");
  const { steps } = machine.bpf.verify({ type: "xdp", program, maps: { counts } });
  expect(steps.map(({ insnIndex, insn }) => [insnIndex, insn])).toEqual([
    [0, "r1 = map_value[counts]+4"],
    [2, "r0 = 0"],
    [3, "exit"],
  ]);
});

test("a log that is too long for its buffer changes no answer", () => {
  const text = "r1 = 0; again: r1 += 1; if r1 < 60000 goto again; r0 = 2; exit";
  const report = machine.bpf.verify({ type: "xdp", program: bpf.asm(text), logLevel: 2 });
  expect(report).toMatchObject({ ok: true, errno: 0, error: "", insnsProcessed: 120_003 });
  expect(report.log.length).toBe((1 << 24) - 1);
});

test("what the caller changes afterwards changes no step and no explanation", () => {
  const given = bpf.asm("r0 = r3; exit");
  const program = { ...given, insns: given.insns.map((insn) => ({ ...insn })) };
  const report = machine.bpf.verify({ type: "xdp", program });
  const refused = machine.bpf.load({ type: "xdp", program });
  program.insns.reverse();
  expect(report.steps.map(({ insn }) => insn)).toEqual(["r0 = r3"]);
  expect(refused).toMatchObject({ explanation: report.explanation });
});

test("verify() loads nothing", () => {
  const first = machine.bpf.mustLoad({ type: "xdp", program: bpf.asm("r0 = 0; exit") });
  verify(FORK);
  const second = machine.bpf.mustLoad({ type: "xdp", program: bpf.asm("r0 = 0; exit") });
  expect(second.fd).toBe(first.fd + 1);
});

test("a report agrees with load(), whose limits are Linux's", () => {
  const program = bpf.asm("r6 = r1; r0 = r7; exit");
  const report = machine.bpf.verify({ type: "xdp", program, logLevel: 2 });
  const { ok, errno, error, log, insnsProcessed, explanation } = report;
  expect(machine.bpf.load({ type: "xdp", program, logLevel: 2 })).toEqual({
    ok,
    errno,
    errnoName: "EACCES",
    error,
    log,
    insnsProcessed,
    explanation,
  });
});

test("a recording that is full keeps its first steps as they are", () => {
  const whole = verify(FORK).steps;
  expect(Object.isFrozen(whole[0])).toBe(true);
  const recorder = new StepRecorder([], 2);
  const env = {
    insnIdx: 0,
    lineInfo: [],
    frame: { slots: 0, frameno: 0, reg: () => ({ type: 0 }) },
    touchedRegs: 0,
  };
  for (let i = 0; i < 4; i++) {
    recorder.beforeInsn(env as never);
    recorder.afterInsn(env as never);
  }
  recorder.pathEnd(env as never, "exit", null);
  expect(recorder.steps().map(({ index, end }) => [index, end])).toEqual([
    [0, undefined],
    [1, undefined],
  ]);
});

const LOOKS_UP = `
    r6 = 3
    r6 += 4
    r1 = map_value[table]+0
    r1 += r6
    r0 = *(u8 *)(r1 +0)
    exit`;

test("what had to be exact is told, back to where it was made", () => {
  const table = machine.bpf.createMap({
    type: "array",
    keySize: 4,
    valueSize: 16,
    maxEntries: 1,
  });
  const report = machine.bpf.verify({
    type: "socket_filter",
    program: bpf.asm(LOOKS_UP),
    maps: { table },
  });
  const step = report.steps.find(({ insn }) => insn === "r1 += r6");
  expect(step?.precision).toEqual([
    { insnIndex: 2, frame: 0, names: ["R6"] },
    { insnIndex: 1, frame: 0, names: ["R6"] },
    { insnIndex: 0, frame: 0, names: ["R6"] },
  ]);
  expect(report.steps.filter(({ precision }) => precision !== undefined)).toHaveLength(1);
  expect(report.stepsText).toContain("      had to be exact: R6 behind 2 to 0\n");
});

test("lines of source come back in the log, in the steps and beside the compiled code", () => {
  const program = bpf.asm("r2 = *(u32 *)(r1 +0); r0 = 0x100000000 ll; r0 = 2; exit");
  const sourceLines = { 3: "return 2; /* – */", 0: "\tvoid *data = ctx->data;" };
  const attr = { type: "xdp", program, sourceLines };
  // As Linux prints them, without what they are indented by.
  const { log, ok, steps, stepsText } = machine.bpf.verify({ ...attr, logLevel: 2 });
  expect(ok).toBe(true);
  expect(log.split("\n").filter((line) => line.startsWith(";"))).toEqual([
    "; void *data = ctx->data; @ source:1",
    "; return 2; /* ? */ @ source:2",
  ]);
  expect(steps.map(({ source }) => source?.slice(0, 6))).toEqual([
    "void *",
    "void *",
    "return",
    "return",
  ]);
  expect(stepsText).toMatch(/ {6}; void \*data = ctx->data; @ source:1\n {3}0 {2}0: /);
  const lines = machine.bpf.mustLoad(attr).jit();
  expect(lines.map(({ slot, source }) => [slot, source.slice(0, 6)])).toEqual([
    [0, "void *"],
    [1, "void *"],
    [3, "return"],
    [4, "return"],
  ]);
  expect(() => machine.bpf.load({ ...attr, sourceLines: { [-1]: "x" } })).toThrow(TypeError);
  // A slot that begins no instruction.
  expect(machine.bpf.verify({ ...attr, sourceLines: { 0: "a", 2: "b" } }).error).toBe(
    "Invalid insn code at line_info[1].insn_off",
  );
});

test("the steps as text name the paths, what covers what, and how each ends", () => {
  const { stepsText } = verify(
    "r0 = *(u32 *)(r1 +12); r6 = 1; if r0 > 9 goto +1; r6 = 2; r0 = 1; exit",
  );
  expect(stepsText.split("\n").filter((line) => /path|covered/.test(line))).toEqual([
    "path 0: R1=ctx() R10=fp0",
    "      path ends: the program returns",
    expect.stringMatching(/^path 1, left path 0 at step 2: R0=scalar\(/),
    "      path ends: the program returns",
  ]);
});
