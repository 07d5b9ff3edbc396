/** Looks for what a cell could change: walks from its globals, and from what the API answers. */

import { parentPort } from "node:worker_threads";
import { compileModule } from "../../../notebook/runtime/compile/compile.ts";
import { courseData } from "../../../notebook/runtime/course-data.ts";
import { openKernel } from "../../../notebook/runtime/kernel.ts";
import { createRealm } from "../../../notebook/runtime/realm/realm.ts";

export interface Walk {
  readonly objects: number;
  /** Paths to what is not frozen. */
  readonly open: readonly string[];
}

export interface Walked {
  readonly globals: Walk;
  readonly results: Walk;
  /** Names of the answers that were walked. */
  readonly answered: readonly string[];
}

/** One answer of every kind that the simulator gives; copies of bytes are the caller's own. */
const CALLS = `
import { boot, bpf, explore, i386, recordings, x86 } from "kernel-sim";
const machine = boot({ seed: 3 });
const map = machine.bpf.createMap({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 4 });
map.update(1, 2n);
const program = bpf.asm\`
  r0 = 1
  exit
\`;
const prog = machine.bpf.mustLoad({ type: "tracepoint", program });
const link = prog.attach("sched:sched_switch");
machine.replay(recordings.second);
function failure(action) { try { action(); return undefined } catch (error) { return error } }
const kept = [];
const worker = machine.spawn(function* worker(sys, argv, env) {
  const call = sys.read(0, 1);
  kept.push(["sys", sys], ["argv", argv], ["env", env], ["request copy", sys.getpid().next().value], ["call copy", call], ["number call", sys.getpid()]);
  kept.push(["stat", yield* sys.stat("/")], ["pipe", yield* sys.getcwd()], ["load call", sys.load(0, 1).next().value]);
  if ((yield* sys.fork()) === 0) yield* sys.exit(3);
  kept.push(["child", yield* sys.wait4()]);
});
machine.runUntilIdle();
const code = i386.asm("_start: mov $1, %eax\\nint $0x80");
const stepped = machine.spawn(code);
const step = machine.stepInstruction(stepped);
const registers = stepped.registers();
machine.run(code);
const found = explore({
  shared: { word: 0 },
  *setup(sys, shared, prepared) { kept.push(["word", shared.word], ["words", shared]); return { open: 1 }; },
  threads: { *A(sys, { word }) { kept.push(["word call", word.load()]); yield* word.store(yield* word.load() + 1); }, *B(sys, { word }) { yield* word.add(1); } },
  invariant(end) { kept.push(["end", end], ["end's kernel", end.kernel]); return end.shared.word === 2; },
}, { schedules: 20 });
export const answers = [
  ["exploration", found],
  ["failing schedule", found.failures[0]],
  ["failing steps", found.failures[0].steps],
  ["failing machine", found.failures[0].machine()],
  ["explore error", failure(() => explore({}))],
  ...kept,
  ["process", worker],
  ["machine code", code],
  ["code bytes", code.bytes()],
  ["stepped", stepped],
  ["step", step],
  ["registers", registers],
  ["memory", stepped.memory(code.entry, 4)],
  ["entry steps", i386.entrySteps()],
  ["copy steps", x86.userCopySteps()],
  ["careless copy", x86.userCopySteps({ routine: "careless_copy" })],
  ["sysenter steps", i386.entrySteps({ door: "sysenter" })],
  ["assembler error", failure(() => i386.asm("nop 5"))],
  ["assembler option error", failure(() => i386.assemble("nop", { syntax: "none" }))],
  ["processes", machine.processes()],
  ["descriptors", machine.descriptors(1)],
  ["kernel", machine.kernel],
  ["tree", machine.kernel.processTree()],
  ["listing's text", machine.kernel.processTree().toString],
  ["all descriptors", machine.kernel.descriptors()],
  ["open files", machine.kernel.openFiles()],
  ["mappings", machine.kernel.addressSpace(1)],
  ["pages", machine.kernel.pages(1)],
  ["page walk", machine.kernel.pageWalk(1, 0x401000)],
  ["wait queues", machine.kernel.waitQueues()],
  ["run queues", machine.kernel.runQueues()],
  ["interrupts of CPUs", machine.kernel.cpuInterrupts()],
  ["interrupt lines", machine.kernel.interruptLines()],
  ["saved registers", machine.kernel.registers(1)],
  ["stack", machine.kernel.stack(1)],
  ["why", machine.kernel.why(1)],
  ["past", machine.past],
  ["past moment", machine.past.at(machine.past.last - 3)],
  ["forward", machine.past.at(machine.past.first).forward("call")],
  ["stops", machine.past.findAll({ event: "sched:sched_switch" })],
  ["stop error", failure(() => machine.past.find({}))],
  ["stop", machine.runUntilStop({ state: 1 })],
  ["machine", machine],
  ["map", map],
  ["entries", map.entries()],
  ["program", program],
  ["prog", prog],
  ["run", machine.bpf.mustLoad({ type: "socket_filter", program }).run({ dataIn: new Uint8Array(64) })],
  ["link", link],
  ["loaded", machine.bpf.load({ type: "xdp", program })],
  ["refused", machine.bpf.load({ type: "xdp", program: bpf.asm("r0 = r3\\nexit") })],
  ["explanation", machine.bpf.load({ type: "xdp", program: bpf.asm("r0 = r3\\nexit") }).explanation],
  ["jit lines", prog.jit()],
  ["unverified", machine.bpf.runUnverified({ type: "xdp", program: bpf.asm("r0 = *(u64 *)(r1 +4096)\\nexit") })],
  ["ring buffer", machine.bpf.createMap({ type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 })],
  ["classic", bpf.classic],
  ["verified", machine.bpf.verify({ type: "xdp", program })],
  ["steps", machine.bpf.verify({ type: "xdp", program: bpf.asm("r0 = *(u32 *)(r1 +12)\\n*(u64 *)(r10 -8) = r0\\nif r0 > 9 goto +1\\nr0 = 0\\nexit") }).steps],
  ["events", machine.trace.events()],
  ["last", machine.trace.last("sched:sched_switch")],
  ["built", bpf.program(bpf.insn.mov64Imm(0, 1), bpf.insn.exitInsn?.() ?? [])],
  ["insn", bpf.insn.mov64Imm(0, 1)],
  ["tnum", bpf.tnum.range(0n, 9n)],
  ["bpf error", failure(() => machine.bpf.createMap({ type: "hash", keySize: 0, valueSize: 8, maxEntries: 4 }))],
  ["syntax error", failure(() => bpf.asm("r0 = "))],
  ["attach error", failure(() => prog.attach("no:such"))],
];
`;

const realm = createRealm(openKernel(courseData));
const compiled = compileModule(CALLS);
if (compiled.kind === "refused") throw new Error(compiled.message);
const outcome = await realm.loadModule("calls", compiled, { seed: 1, onOutput: () => undefined });
if (outcome.kind === "failed") throw new Error(JSON.stringify(outcome.error));
const answers = outcome.exports["answers"] as readonly (readonly [string, unknown])[];

const globals = { objects: 0, open: [] as string[] };
walk(new Map([["globalThis", realm.globalThis]]), globals, new Set([realm.globalThis]));
const results = { objects: 0, open: [] as string[] };
walk(new Map(answers), results, new Set());
const answered = answers.filter(([, value]) => value !== undefined).map(([name]) => name);
parentPort?.postMessage({ globals, results, answered } satisfies Walked);

/** @param own objects that belong to the notebook itself */
function walk(
  starts: ReadonlyMap<string, unknown>,
  found: { objects: number; open: string[] },
  own: ReadonlySet<object>,
): void {
  const seen = new Set<object>();
  const queue: [string, object][] = [];
  const visit = (path: string, value: unknown): void => {
    const isThing = (typeof value === "object" && value !== null) || typeof value === "function";
    if (!isThing || seen.has(value)) return;
    seen.add(value);
    queue.push([path, value]);
  };
  for (const [name, value] of starts) visit(name, value);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [path, value] = next;
    found.objects++;
    if (!own.has(value) && !Object.isFrozen(value) && !isCopy(path, value)) found.open.push(path);
    visit(`${path}.__proto__`, Object.getPrototypeOf(value));
    for (const [key, property] of propertiesOf(value)) {
      visit(`${path}.${key}`, property.value);
      visit(`${path}.${key}.get`, property.get);
      visit(`${path}.${key}.set`, property.set);
    }
  }
}

function propertiesOf(value: object): [string, PropertyDescriptor][] {
  // The elements of bytes are numbers.
  if (ArrayBuffer.isView(value)) return [];
  return Reflect.ownKeys(value).flatMap((key) => {
    const property = Reflect.getOwnPropertyDescriptor(value, key);
    return property === undefined ? [] : [[String(key), property] as [string, PropertyDescriptor]];
  });
}

/** Bytes and errors are made for the one who asked; lists are copies where the path says so. */
function isCopy(path: string, value: object): boolean {
  if (ArrayBuffer.isView(value)) return true;
  // A call on its way and what it asks for belong to the program; their classes are walked all the same.
  if (/ (copy|call)$/.test(path)) return true;
  return / error$/.test(path) && value instanceof Error;
}
