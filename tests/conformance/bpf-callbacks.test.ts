import { join } from "node:path";
import { expect, test } from "vitest";
import "../../kernel-sim/facade/with-kernel.ts";
import type { BpfKernel } from "../../kernel-sim/bpf/kernel.ts";
import type { LoadedProgram } from "../../kernel-sim/bpf/program.ts";
import { mapLookupElem } from "../../kernel-sim/bpf/syscall.ts";
import { testRun } from "../../kernel-sim/bpf/test-run.ts";
import type { LivingKernel } from "../../kernel-sim/facade/living-kernel.ts";
import { bootWith } from "../../kernel-sim/facade/machine.ts";
import { replay } from "../../kernel-sim/facade/replay.ts";
import { bpfTaskOf, livingTasks } from "../../kernel-sim/kernel/bpf-task.ts";
import { HRTIMER_SOFTIRQ } from "../../kernel-sim/kernel/softirq.ts";
import { readCorpus } from "./bpf-corpus.ts";
import { fromHex, loadRecord, newKernel } from "./bpf-verify.ts";

const RECORDS = readCorpus(join(import.meta.dirname, "../fixtures/bpf/values.jsonl.gz"));
const MS = 1_000_000;
/** What the recorded programs do, by the first byte of a packet. */
const [INIT, SET_CALLBACK, START, STOP, START_AT, SET_AGAIN] = [0, 1, 2, 3, 4, 7];

/** One of the recorded programs on a machine that runs programs. */
function living(note: string) {
  let machine: LivingKernel | undefined;
  const facade = bootWith({ seed: 1, cpus: 2, kernelThreads: true }, (made) => {
    machine = made;
  });
  if (machine === undefined) throw new Error("there is no kernel");
  const { kernel } = machine;
  const bpf: BpfKernel = newKernel(1, kernel.clock);
  bpf.living = livingTasks(kernel);
  bpf.async.join(machine.bpfCallbacks);
  const record = RECORDS.find((one) => one.kind === "verify" && one.note === note);
  if (record?.kind !== "verify") throw new Error(`there is no record "${note}"`);
  const { fd } = loadRecord(bpf, record);
  const prog = bpf.files.get(fd) as LoadedProgram;
  const [mapFd] = [...bpf.ownFiles.keys()].filter((one) => bpf.mapOfFd(one) !== undefined);
  const run = (action: number, index: number, argument: number): number => {
    const dataIn = fromHex("00".repeat(16));
    dataIn.set([action, index, argument]);
    return testRun(bpf, prog, { dataIn, ctxIn: undefined, repeat: 0 }).retval | 0;
  };
  /** How often the function was called for a value. */
  const calls = (index: number): number => {
    const value = mapLookupElem(bpf, mapFd ?? -1, Uint8Array.of(index, 0, 0, 0), 0);
    return typeof value === "number" ? value : (value[0] ?? -1);
  };
  return { machine, facade, kernel, bpf, run, calls };
}

test("a timer goes off at its time, in a softirq, while nobody uses BPF", () => {
  const { kernel, machine, run, calls } = living(
    "a timer in array 0: answers, and when it goes off",
  );
  expect([run(INIT, 0, 1), run(SET_CALLBACK, 0, 0), run(START, 0, 5)]).toEqual([0, 0, 0]);
  const softirqs = () => kernel.irq.cpus.map((cpu) => cpu.softirqs[HRTIMER_SOFTIRQ]);
  machine.runFor(4 * MS);
  expect(softirqs()).toEqual([0, 0]);
  machine.runFor(2 * MS);
  expect(softirqs()).toEqual([1, 0]);
  expect(calls(0)).toBe(1);
});

test("a timer that was stopped, or whose value went, does not go off", () => {
  const { machine, run, calls } = living("a timer in array 0: answers, and when it goes off");
  for (const index of [0, 1]) for (const action of [INIT, SET_CALLBACK]) run(action, index, 1);
  expect([run(START, 0, 5), run(START_AT, 1, 5), run(STOP, 0, 0)]).toEqual([0, 0, 1]);
  machine.runFor(10 * MS);
  expect([calls(0), calls(1)]).toEqual([0, 1]);
});

test("a work is done by the kworker of its CPU", () => {
  const { machine, bpf, run, calls } = living("a work in array 0");
  expect([run(INIT, 0, 0), run(SET_CALLBACK, 0, 0)]).toEqual([0, 0]);
  const seen: string[] = [];
  const call = bpf.cpu(0).call.bind(bpf.cpu(0));
  bpf.cpu(0).call = (...args) => {
    seen.push(bpf.current.comm);
    return call(...args);
  };
  expect(run(START, 0, 0)).toBe(0);
  machine.runFor(MS);
  expect(seen).toEqual(["kworker/0:0-even"]);
  expect(calls(0)).toBe(1);
});

test.each([
  { how: "a signal", action: 0, sleeping: 1 },
  { how: "its return", action: 1, sleeping: 0 },
])("a task does its work at $how, and sleeps on", ({ action, sleeping }) => {
  const { facade, machine, bpf, run, calls } = living("work for a task in array 0");
  const process = facade.spawn("/bin/sleep", { argv: ["sleep", "1"] });
  machine.runFor(10 * MS);
  const task = [...machine.kernel.tasks].find(({ pid }) => pid === process.pid);
  if (task === undefined) throw new Error("there is no such task");
  bpf.current = bpfTaskOf(task);
  expect(run(action, 0, 0)).toBe(0);
  machine.runFor(10 * MS);
  expect(calls(0)).toBe(sleeping);
  facade.runUntilIdle();
  expect(calls(0)).toBe(1);
  expect(process.exited).toBe(0);
});

test("the past of a machine with timers is as it was, without their programs", () => {
  const { facade, machine, run, calls } = living(
    "a timer in array 0: answers, and when it goes off",
  );
  facade.spawn("/bin/sleep", { argv: ["sleep", "1"] });
  for (const index of [0, 1]) for (const action of [INIT, SET_AGAIN]) run(action, index, 1);
  expect([run(START, 0, 5), run(START, 1, 7)]).toEqual([0, 0]);
  machine.runFor(6 * MS);
  expect(run(STOP, 1, 0)).toBe(1);
  machine.runFor(10 * MS);
  expect([calls(0), calls(1)]).toEqual([3, 0]);
  const eventsOf = ({ kernel: { trace } }: LivingKernel) =>
    trace.events().map(({ name, time, cpu }) => `${time} ${cpu} ${name}`);
  const past = replay(machine, () => false);
  expect(eventsOf(past)).toEqual(eventsOf(machine));
  expect(past.kernel.now()).toBe(machine.kernel.now());
});
