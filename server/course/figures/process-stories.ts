import { boot, type Machine, type ProcessRow, type UserProgram } from "#kernel-sim";
import type { ProcessMoment, ProcessStory, TreeProcess } from "#notebook/document";
import { sleepUntil } from "./sleep-until.ts";

const MS = 1_000_000;
const SIGKILL = 9;
const WNOHANG = 1;

interface Plot {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly programs: Readonly<Record<string, UserProgram>>;
  /** Started from init, in this order. */
  readonly start: readonly string[];
  /** What has happened n ms after the start. */
  readonly says: readonly string[];
}

/** A program that only lives until `n` ms. */
function until(n: number, status = 0): UserProgram {
  return function* sleeper(sys) {
    yield* sleepUntil(sys, n);
    return status;
  };
}

const PLOTS: readonly Plot[] = [
  {
    id: "orphan",
    title: "an orphan",
    hint: "A shell runs make, make runs cc. Then somebody kills make.",
    programs: {
      *"/bin/sh"(sys) {
        yield* sleepUntil(sys, 1);
        yield* sys.spawn("/bin/make", ["make"]);
        yield* sys.wait4();
        yield* sleepUntil(sys, 6);
        return 0;
      },
      *"/bin/make"(sys) {
        yield* sleepUntil(sys, 2);
        yield* sys.spawn("/bin/cc", ["cc"]);
        yield* sys.wait4();
        return 0;
      },
      "/bin/cc": until(4),
    },
    start: ["/bin/sh"],
    says: [
      "init, whose pid is 1, and a shell.",
      "The shell has started make and sleeps in wait4() until a child of its own ends.",
      "make has started cc and waits in its turn.",
      "make is killed with SIGKILL. Its child goes on: cc is an orphan, and its new parent is init. The shell has learnt from wait4() how make ended.",
      "cc ends. init waits for whatever ends, so nothing of cc is left, not even a zombie.",
    ],
  },
  {
    id: "zombie",
    title: "a zombie",
    hint: "A parent that does not ask for the status of its child.",
    programs: {
      *"/bin/parent"(sys) {
        yield* sleepUntil(sys, 1);
        const child = yield* sys.spawn("/bin/child", ["child"]);
        yield* sleepUntil(sys, 4);
        yield* sys.wait4(child, WNOHANG);
        yield* sleepUntil(sys, 5.2);
        return 0;
      },
      "/bin/child": until(2, 7),
    },
    start: ["/bin/parent"],
    says: [
      "A parent, before it has a child.",
      "The child runs its program. Its parent does something else.",
      "The child has ended with status 7. Memory, descriptors and all else are gone; the entry in the process table stays, because the 7 is still to be fetched. Letter Z: a zombie.",
      "One ms later it is a zombie still. No signal can kill it, since it is dead already.",
      "The parent has called wait4(), got pid and status, and the entry is gone.",
      "The parent has ended too, and init has waited for it.",
    ],
  },
  {
    id: "pipeline",
    title: "a pipeline",
    hint: "Three processes for three commands, all started by the shell, all at once.",
    programs: {
      *"/bin/sh"(sys) {
        yield* sleepUntil(sys, 0.6);
        for (const command of ["/bin/yes", "/bin/grep", "/bin/less"]) {
          yield* sys.spawn(command, [command.slice(5)]);
        }
        for (let n = 0; n < 3; n++) yield* sys.wait4();
        yield* sleepUntil(sys, 6);
        return 0;
      },
      "/bin/yes": until(3),
      "/bin/grep": until(3.2),
      "/bin/less": until(2),
    },
    start: ["/bin/sh"],
    says: [
      "The shell has read a line: yes | grep y | less.",
      "Three children of the same shell, brothers and sisters of each other. None of them knows that it is part of a pipeline.",
      "less was left with q. The shell waits for the others.",
      "yes was the next to go, and after it grep. The shell has waited for all three and takes the status of the last.",
    ],
  },
];

/** Three stories of parents and children, looked at each ms. */
export function processStories(): readonly ProcessStory[] {
  return PLOTS.map(tell);
}

function tell({ id, title, hint, programs, start, says }: Plot): ProcessStory {
  const machine = boot({ seed: 3, cpus: 1 });
  for (const [path, program] of Object.entries(programs)) machine.install(path, program);
  for (const path of start) machine.spawn(path, { argv: [path.slice(5)] });
  const moments: ProcessMoment[] = [];
  machine.runFor(MS / 2);
  for (const [n, text] of says.entries()) {
    if (n > 0) machine.runFor(MS);
    if (id === "orphan" && n === 3) killMake(machine);
    moments.push({ timeNs: n * MS, says: text, processes: asTree(machine.processes()) });
  }
  machine.close();
  return { id, title, hint, moments };
}

function killMake(machine: Machine): void {
  const make = machine.processes().find(({ comm }) => comm === "make");
  if (make === undefined) return;
  machine.run(function* kill(sys) {
    return yield* sys.kill(make.pid, SIGKILL);
  });
  machine.runFor(MS / 10);
}

/** init and what descends from it, children behind their parents, as pstree prints them. */
function asTree(rows: readonly ProcessRow[], ppid = 0, depth = 0): TreeProcess[] {
  return rows
    .filter((row) => row.ppid === ppid && (ppid !== 0 || row.pid === 1))
    .flatMap((row) => {
      const { pid, comm, state, why } = row;
      return [{ pid, ppid, depth, comm, state, why }, ...asTree(rows, pid, depth + 1)];
    });
}
