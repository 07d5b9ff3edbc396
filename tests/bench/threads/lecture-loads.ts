/** Runs the cells of lecture 11 in a locked-down realm; says how long each call of `load`, `mustLoad` and `verify` took. */
import { parentPort } from "node:worker_threads";
import { compileCell } from "../../../notebook/runtime/compile/compile.ts";
import { courseData } from "../../../notebook/runtime/course-data.ts";
import { openKernel } from "../../../notebook/runtime/kernel.ts";
import { createRealm } from "../../../notebook/runtime/realm/realm.ts";
import { readLecture } from "../../../server/course/lecture.ts";

/** One call that loads or verifies a program. */
export interface LectureLoad {
  readonly ms: number;
  /** How many the verifier followed. */
  readonly insnsProcessed: number;
}

type Call = (...args: unknown[]) => unknown;

/** How often each cell is run: the first time, code is not compiled yet. */
const ROUNDS = 3;
const TIMED: ReadonlySet<PropertyKey> = new Set(["load", "mustLoad", "verify"]);
const lecture = await readLecture("11-ebpf-1-machine");
const options = openKernel(courseData);
const boot = options.globals?.["boot"] as Call;
let calls: LectureLoad[] = [];
const timedBoot = (...args: unknown[]) => withTimes(boot(...args) as object);
const realm = createRealm({
  globals: { ...options.globals, boot: timedBoot },
  modules: {
    ...options.modules,
    "kernel-sim": { ...options.modules?.["kernel-sim"], boot: timedBoot },
  },
});

/** The machine, of which `bpf` takes times. */
function withTimes(machine: object): object {
  // Its own members are frozen, so another object stands in front of it.
  return new Proxy(
    {},
    {
      get(_, key) {
        const value: unknown = Reflect.get(machine, key, machine);
        if (key === "bpf") return timed(value as object);
        return typeof value === "function" ? value.bind(machine) : value;
      },
    },
  );
}

function timed(syscall: object): object {
  return Object.fromEntries(
    Object.entries(syscall).map(([name, call]) => [
      name,
      TIMED.has(name) && typeof call === "function" ? timedCall(call as Call) : call,
    ]),
  );
}

function timedCall(call: Call): Call {
  return (...args) => {
    const began = performance.now();
    const answer = call(...args);
    const ms = performance.now() - began;
    const { insnsProcessed } = answer as { insnsProcessed?: number };
    calls.push({ ms, insnsProcessed: insnsProcessed ?? 0 });
    return answer;
  };
}

/** By cell: the calls of a run of it. */
const rounds: Record<string, LectureLoad[]>[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const cells: Record<string, LectureLoad[]> = {};
  for (const { id, source } of lecture?.cells ?? []) {
    calls = [];
    const compiled = compileCell(source);
    if (compiled.kind === "refused") throw new Error(`${id}: ${compiled.message}`);
    await realm.runCell(id, compiled, { seed: 1, onOutput: () => undefined });
    cells[id] = calls;
  }
  rounds.push(cells);
}
parentPort?.postMessage(rounds);
