import { expect, test } from "vitest";
import { neededParts, partsOfWorker, type SandboxPart } from "./needed-parts.ts";

const rows: readonly { name: string; source: string; parts: readonly SandboxPart[] }[] = [
  { name: "plain code", source: "const a = boot({ seed: 2 }).now()", parts: [] },
  { name: "the toolkit", source: "bpf.asm`exit`", parts: ["bpf"] },
  { name: "a machine's BPF taken apart", source: "const { bpf } = boot()", parts: ["bpf"] },
  { name: "a recording", source: "recordings.second.events.length", parts: ["recordings"] },
  { name: "events that happen again", source: "m.replay(made)", parts: ["bpf", "kernel-types"] },
  { name: "many runs", source: "prog.run({ repeat: 1e6 })", parts: ["jit"] },
  { name: "what Linux makes of it", source: "prog.xlated()", parts: ["xlate"] },
  { name: "tasks", source: "bpf_obj.attach(name)", parts: ["bpf", "kernel-types"] },
  { name: "a refusal in words", source: "report.explanation", parts: ["explanations"] },
  { name: "a program", source: "m.run(function* (sys) {})", parts: ["kernel"] },
  {
    name: "bpf(2)",
    source: "*main(sys) { yield* sys.bpf(0) }",
    parts: ["bpf", "kernel"],
  },
  { name: "bpf(2) as a helper", source: "call bpf_sys_bpf", parts: ["bpf", "bpf-calls"] },
  { name: "no verification", source: "bpf.runUnverified({})", parts: ["bpf", "checked-runs"] },
  {
    name: "functions of the kernel",
    source: "bpf.asm`call kfunc bpf_task_release`",
    parts: ["bpf", "kernel-calls", "kernel-types"],
  },
  {
    name: "a classic filter on a socket",
    source: "*main(sys) { yield* sys.setsockopt(3, SOL_SOCKET, SO_ATTACH_FILTER, f) }",
    parts: ["bpf", "kernel"],
  },
  { name: "the pins", source: 'm.readFile("/sys/fs/bpf/a")', parts: ["bpf", "kernel"] },
  { name: "data", source: 'import { unixFamily } from "course-data"', parts: ["course-data"] },
];

test.each(rows)("$name: what a text needs is told by its words", ({ source, parts }) => {
  expect(neededParts(source)).toEqual(parts);
});

test("what takes from the script of BPF comes after it, and never without it", () => {
  expect(partsOfWorker(new Set(["kernel", "jit"]))).toEqual(["kernel"]);
  expect(partsOfWorker(new Set(["kernel", "jit", "bpf"]))).toEqual(["bpf", "jit", "kernel"]);
});
