import { disks } from "../../kernel-sim/drivers/block/disk.ts";
import { LivingKernel } from "../../kernel-sim/facade/living-kernel.ts";
import { fput } from "../../kernel-sim/fs/file-table.ts";
import { Clock } from "../../kernel-sim/hw/clock.ts";
import { checkKernel, watchKernel } from "../../kernel-sim/kernel/check-kernel.ts";
import type { Kernel } from "../../kernel-sim/kernel/kernel.ts";
import { TASK_INTERRUPTIBLE } from "../../kernel-sim/kernel/state.ts";
import type { Task } from "../../kernel-sim/kernel/task.ts";
import { memoryOf } from "../../kernel-sim/mm/mm-init.ts";
import type { Page } from "../../kernel-sim/mm/page.ts";
import { TraceRing } from "../../kernel-sim/trace/ring.ts";
import { randomMachine } from "./random-machine.ts";

/** A mistake that a kernel could make, made on purpose, and what the checker has to say to it. */
export interface PlantedBug {
  readonly name: string;
  /** Makes it and answers what the checker says. */
  readonly plant: () => readonly string[];
  readonly sees: RegExp;
}

/** One CPU in the middle of its work: somebody runs, waits to run, sleeps, and has ended. */
interface Scene {
  readonly kernel: Kernel;
  readonly main: Task;
  readonly busy: Task;
  readonly sleeper: Task;
  readonly zombie: Task;
  readonly page: Page;
}

const SCENE_NS = 50e6;

function scene(): Scene {
  const living = new LivingKernel({ seed: 1, disk: "ssd" }, 1, new Clock(), new TraceRing());
  const { kernel } = living;
  const spawned = living.spawn(function* main(sys) {
    const at = yield* sys.mmap(0, 8192, 3, 0x22);
    yield* sys.store(at, Uint8Array.of(1));
    const ends = yield* sys.pipe2();
    const from = typeof ends === "number" ? 0 : ends[0];
    if ((yield* sys.fork()) === 0) for (;;) yield* sys.compute(1e6);
    if ((yield* sys.fork()) === 0) yield* sys.read(from, 1);
    if ((yield* sys.fork()) === 0) yield* sys.exit(1);
    for (;;) {
      yield* sys.compute(1e6);
      yield* sys.store(at, Uint8Array.of(1));
    }
  }, {});
  const page = () =>
    [...memoryOf(kernel).allocator.pages.values()].find(({ kind }) => kind === "anon");
  kernel.run(SCENE_NS);
  const main = spawned.task;
  const [busy, sleeper, zombie] = main.children;
  const anon = page();
  if (busy === undefined || sleeper === undefined || zombie === undefined || anon === undefined) {
    throw new Error("the scene is not as it should be");
  }
  const wrong = checkKernel(kernel);
  if (wrong.length > 0) throw new Error(`something is wrong before: ${wrong.join("; ")}`);
  return { kernel, main, busy, sleeper, zombie, page: anon };
}

/** A mistake in the state of a machine that stands still. */
function inState(name: string, sees: RegExp, spoil: (scene: Scene) => void): PlantedBug {
  const plant = () => {
    const made = scene();
    spoil(made);
    return checkKernel(made.kernel);
  };
  return { name, sees, plant };
}

/** A mistake in what the kernel does, seen after the step that makes it. */
function inWork(name: string, sees: RegExp, spoil: (kernel: Kernel) => void): PlantedBug {
  const plant = () => {
    const { kernel } = randomMachine(7);
    let found: readonly string[] = [];
    watchKernel(kernel, (wrong) => {
      if (found.length === 0) found = wrong;
    });
    spoil(kernel);
    while (found.length === 0 && (kernel.step() || kernel.advanceToNextEvent()));
    return found;
  };
  return { name, sees, plant };
}

function cpu({ sched }: Kernel) {
  const [first] = sched.runQueues;
  if (first === undefined) throw new Error("there is no CPU");
  return first;
}

function firstFile(task: Task) {
  for (const [, file] of task.files.entries()) return file;
  throw new Error("no file is open");
}

export const plantedBugs: readonly PlantedBug[] = [
  inState("leaves who sleeps in the run queue", /queued or running in state 1/, ({ kernel }) => {
    for (const task of kernel.sched.queued(cpu(kernel))) task.state = TASK_INTERRUPTIBLE;
  }),
  inState("queues a task that is queued", /queued or running 2 times/, ({ kernel }) => {
    const { fair } = cpu(kernel);
    fair.tasks.push(...fair.tasks);
  }),
  inState("leaves a priority with who has no lock", /which nobody lends/, ({ main }) => {
    main.se.boostPrio = 10;
  }),
  inState("queues the task that runs", /runs and is queued|2 times/, ({ kernel }) => {
    const { fair, current } = cpu(kernel);
    if (current !== undefined) fair.tasks.push(current);
  }),
  inState("drops a ready task from its queue", /runnable and in no queue/, ({ kernel }) => {
    cpu(kernel).fair.tasks.pop();
  }),
  inState("loses a reference to a page", /holders, \d+ are known/, ({ page }) => {
    page.refs--;
  }),
  inState("counts a mapping of a page twice", /is mapped \d+ times/, ({ page }) => {
    page.mapcount++;
  }),
  inState("never gives a frame back", /1 holders, 0 are known/, ({ kernel }) => {
    memoryOf(kernel).allocator.alloc("table", 0);
  }),
  inState("lets a read-only mapping be written", /may be written in a mapping/, ({ main }) => {
    for (const vma of main.mm?.vmas ?? []) vma.flags &= ~2;
  }),
  inState("leaves a zombie its memory", /zombie with memory/, ({ zombie, main }) => {
    zombie.mm = main.mm;
  }),
  inState("has a zombie that may run", /state 0 and exit state/, ({ zombie }) => {
    zombie.state = 0;
  }),
  inState("gives a child the wrong parent", /child \d+ of another parent/, ({ sleeper, busy }) => {
    sleeper.realParent = busy;
  }),
  inState("takes a child off its parent's list", /unknown to its parent/, ({ main }) => {
    main.children.pop();
  }),
  inState("frees the number of a process that lives", /does not lead to task/, (made) => {
    made.kernel.initPidNs.pids.delete(made.sleeper.pid);
  }),
  inState("attaches a process to a second group", /is attached to \d+ as pgid/, (made) => {
    made.busy.threadPid.attach("pgid", made.sleeper);
  }),
  inState("takes a sleeper off its queue", /sleeps on a queue that does not know/, (made) => {
    const queue = made.sleeper.waitingOn;
    for (const entry of [...(queue?.entries() ?? [])]) queue?.remove(entry);
  }),
  inState("leaves a woken task in a wait queue", /does not sleep/, ({ main, busy }) => {
    main.signal.waitChldexit.add({ task: busy, exclusive: false, func: () => true });
  }),
  inState("does not tell a task of its signal", /a signal to take/, ({ sleeper }) => {
    sleeper.pending.signal |= 1n << 8n;
  }),
  inState("loses time at a switch", /are accounted for/, ({ kernel }) => {
    cpu(kernel).now += 10;
  }),
  inState("charges a task twice", /ran \d+ ns/, ({ main }) => {
    main.stime += 70;
  }),
  inState("forgets a process of a user", /processes, \d+ are counted/, ({ main }) => {
    main.cred.user.processes--;
  }),
  inState("forgets a request of a disk", /has told of 1 of 0 requests/, ({ kernel }) => {
    for (const { stats } of disks(kernel).values()) stats.begin();
  }),
  inState("puts a file twice", /has \d+ holders/, ({ main }) => {
    fput(firstFile(main));
  }),
  inState("takes a file out of a table and keeps it", /counted as open/, ({ main }) => {
    main.files.remove(3);
    main.children.forEach(({ files }) => {
      files.remove(3);
    });
  }),
  inWork("forgets to count the files of a child", /has \d+ holders/, ({ hooks }) => {
    const { taskForked } = hooks;
    hooks.taskForked = (task, child, args) => {
      taskForked(task, child, args);
      firstFile(child).count--;
    };
  }),
  inWork("keeps the memory of who ends", /address space|holders, 0 are known/, ({ hooks }) => {
    hooks.taskExits.push(({ mm }) => {
      if (mm !== undefined) mm.users++;
    });
  }),
  inWork("wakes a task and leaves its state", /in state \d/, ({ sched }) => {
    const wake = sched.tryToWakeUp.bind(sched);
    sched.tryToWakeUp = (task, mode) => {
      const isWoken = wake(task, mode);
      if (isWoken) task.state = TASK_INTERRUPTIBLE;
      return isWoken;
    };
  }),
  inWork("takes the kernel's time for the user's", /user time differs/, ({ sched }) => {
    const account = sched.account.bind(sched);
    sched.account = (rq, task, ns) => {
      account(rq, task, ns);
      task.stime--;
      task.utime++;
    };
  }),
];
