import { expect, test } from "vitest";
import { bpf } from "#kernel-sim";
import { FIGURE_NAMES } from "#notebook/document";
import { figureData } from "./figure-data.ts";
import { COMPARED_PROGRAMS } from "./jit-programs.ts";
import { JIT_RECORDINGS } from "./jit-recordings.ts";

test.each(FIGURE_NAMES)("%s has what it draws", (name) => {
  expect(figureData(name).name).toBe(name);
});

test("the pipeline ends where the first cell of lecture 11 ends", () => {
  const run = figureData("bpf-pipeline");
  if (run.name !== "bpf-pipeline") throw new Error(run.name);
  // Four instructions in five slots: the address of the counter takes two.
  expect(run.insns.map(({ slot, bytes }) => [slot, bytes.length])).toEqual([
    [0, 2],
    [2, 1],
    [3, 1],
    [4, 1],
  ]);
  // RFC 9669: MOV of a constant of 64 bits is 0xb7, EXIT is 0x95.
  expect(run.insns[1]?.bytes).toEqual(["b7 00 00 00 01 00 00 00"]);
  expect(run.insns[3]?.bytes).toEqual(["95 00 00 00 00 00 00 00"]);
  expect(run.insnsProcessed).toBe(4);
  expect(run.counter).toBe(String(run.runs));
});

test("of the stepper's programs one is refused, one pruned, and the loop is walked turn by turn", () => {
  const data = figureData("verifier-stepper");
  if (data.name !== "verifier-stepper") throw new Error(data.name);
  const [, refused, pruned, loop] = data.traces;
  expect(data.traces.map(({ isAccepted }) => isAccepted)).toEqual([true, false, true, true]);
  expect(refused?.error).toBe("R1 max value is outside of the allowed memory range");
  expect(refused?.steps.at(-1)?.end).toBe("refused");
  const covered = pruned?.steps.find(({ end }) => end === "pruned");
  expect(covered?.slot).toBe(pruned?.steps[covered?.prunedBy ?? -1]?.slot);
  // One instruction before the loop, two in each of four turns, two behind it.
  expect(loop?.steps.length).toBe(1 + 4 * 2 + 2);
});

test("each instruction stands beside what was recorded of it, and the recording is of these programs", () => {
  const data = figureData("jit-side-by-side");
  if (data.name !== "jit-side-by-side") throw new Error(data.name);
  for (const { id, text } of COMPARED_PROGRAMS) {
    const { insns, rows } = JIT_RECORDINGS[id];
    const program = bpf.asm(text);
    expect(Buffer.from(program.bytes()).toString("hex"), id).toBe(insns);
    const shown = data.programs.find((other) => other.id === id);
    expect(
      shown?.rows.slice(1).map(({ slot }) => String(slot)),
      id,
    ).toEqual(Object.keys(rows));
    for (const row of shown?.rows ?? []) {
      expect([row.native.length, row.wasm.length], `${id} ${row.bpf}`).not.toContain(0);
      expect(row.says, `${id} ${row.bpf}`).not.toBe("");
    }
  }
  const [frame] = data.programs;
  // Nine slots of 8 bytes; bpf_prog_info.jited_prog_len.
  expect(frame?.bytes).toEqual({ bpf: 72, native: 52 });
  expect(frame?.rows[0]?.wasm.at(-1)).toBe("block");
});

test("a step that changes a register is followed by one that knows it", () => {
  const data = figureData("verifier-stepper");
  if (data.name !== "verifier-stepper") throw new Error(data.name);
  const ranges = data.traces[0]?.steps.map(({ registers }) => registers["R6"]?.range);
  expect(ranges?.slice(0, 3)).toEqual([undefined, "0 … 2^32-1", "0 … 15"]);
  // The other side of the comparison, taken up after the first path has ended.
  expect(ranges?.[6]).toBe("16 … 2^32-1");
});

test("by int 0x80 the processor pushes five words, by sysenter none; both frames have 17", () => {
  const data = figureData("int80-steps");
  if (data.name !== "int80-steps") throw new Error(data.name);
  const pushed = data.runs.map(({ events }) =>
    events.filter(({ by, writes }) => by === "processor" && writes.length > 0),
  );
  expect(pushed.map((some) => some.length)).toEqual([5, 0]);
  for (const { id, events, stacks } of data.runs) {
    // The frame and the return address of the call.
    expect(stacks.at(-1), id).toMatchObject({ padding: 2, words: 2 + 17 + 1 });
    const answers = events.flatMap(({ writes }) => writes.filter(({ name }) => name === "ax"));
    // As unsigned words: -ENOSYS first, at last what write() answers.
    expect([answers[0]?.value, answers.at(-1)?.value], id).toEqual([2 ** 32 - 38, 3]);
    expect(
      events.every(({ says }) => says !== ""),
      id,
    ).toBe(true);
    expect(new Set(events.map(({ step }) => step)), id).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  }
});

test("each slot of a frame says what it is for", () => {
  const data = figureData("pt-regs-frame");
  if (data.name !== "pt-regs-frame") throw new Error(data.name);
  const counts = data.frames.map(({ slots }) => slots.length);
  expect(counts).toEqual([17, 21]);
  for (const { slots } of data.frames) {
    expect(slots.filter(({ says }) => says === "")).toEqual([]);
    expect(slots.filter(({ role }) => role.startsWith("argument"))).toHaveLength(6);
  }
});

test("with a shadow stack the overwritten return address is found, and an honest one is equal", () => {
  const data = figureData("twin-stacks");
  if (data.name !== "twin-stacks") throw new Error(data.name);
  const compared = data.runs.map(({ steps }) => steps.flatMap(({ isEqual }) => isEqual ?? []));
  expect(compared).toEqual([[], [false], [true, true]]);
  expect(data.runs.flatMap(({ steps }) => steps.filter(({ says }) => says === ""))).toEqual([]);
});

test("of the doors only int 0x80 lets the processor push, and the cheapest is none", () => {
  const data = figureData("entry-doors");
  if (data.name !== "entry-doors") throw new Error(data.name);
  expect(data.doors.map(({ pushed }) => pushed)).toEqual([
    { byProcessor: 5, byKernel: 12 },
    { byProcessor: 0, byKernel: 17 },
    { byProcessor: 0, byKernel: 21 },
    undefined,
  ]);
  expect(Math.min(...data.doors.map(({ ns }) => ns))).toBe(data.doors.at(-1)?.ns);
});
