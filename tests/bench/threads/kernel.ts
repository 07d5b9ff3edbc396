/** Loops of the kernel in a locked-down realm: each message names one, and gets its figure back. */
import { parentPort } from "node:worker_threads";
import { EventQueue } from "../../../kernel-sim/hw/event-queue.ts";
import {
  boot,
  type ConcurrentProgram,
  explore,
  type SharedWord,
  type SystemCalls,
} from "../../../kernel-sim/index.ts";
import { openKernel } from "../../../notebook/runtime/kernel.ts";

openKernel({});

/** What a loop has done, and in how many ms. */
interface Measured {
  readonly count: number;
  readonly ms: number;
}

const LOOPS: Readonly<Record<string, () => Measured>> = {
  syscalls() {
    const machine = boot({ cpus: 1 });
    const count = 400_000;
    machine.spawn(function* loop(sys) {
      for (let i = 0; i < count; i++) yield* sys.getpid();
    });
    return { count, ms: timed(() => machine.runUntilIdle()) };
  },

  block_and_wake() {
    const machine = boot({ cpus: 1 });
    const count = 100_000;
    machine.spawn(function* pingpong(sys) {
      const there = yield* sys.call("eventfd2", 0, 0);
      const back = yield* sys.call("eventfd2", 0, 0);
      const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
      yield* sys.thread(function* partner(other) {
        for (let i = 0; i < count; i++) {
          yield* other.read(there, 8);
          yield* other.write(back, one);
        }
      });
      for (let i = 0; i < count; i++) {
        yield* sys.write(there, one);
        yield* sys.read(back, 8);
      }
    });
    // Each of the two sleeps once a round.
    return { count: 2 * count, ms: timed(() => machine.runUntilIdle()) };
  },

  context_switches_100: () => switches(100),
  context_switches_1000: () => switches(1000),

  events() {
    const queue = new EventQueue();
    const count = 1_000_000;
    let fired = 0;
    const fire = () => {
      fired++;
    };
    for (let i = 0; i < 1000; i++) queue.schedule((i * 7919) % 10_007, fire);
    const ms = timed(() => {
      for (let i = 0; i < count; i++) {
        const event = queue.popDue(Number.MAX_SAFE_INTEGER);
        event?.fire();
        queue.schedule((event?.time ?? 0) + ((i * 7919) % 10_007), fire);
      }
    });
    return { count: fired, ms };
  },

  step_back_100k: () => stepBack(100_000),
  step_back_1m: () => stepBack(1_000_000),

  /** Schedules of three threads that only load and store words. */
  explore_words() {
    return exploring({ shared: { counter: 0 }, threads: { A: adds, B: adds, C: adds } }, 20_000);
  },

  /** Schedules of three threads that take a lock, waiting for it at a futex. */
  explore_locks() {
    const program = { shared: { lock: 0, counter: 0 }, threads: { A: locks, B: locks, C: locks } };
    return exploring(program, 20_000);
  },

  /** Schedules of processes that meet at a pipe: each is a run of a machine. */
  explore_machine() {
    const program = {
      *setup(sys: SystemCalls) {
        return yield* sys.pipe2();
      },
      processes: { R: reads, V: writes, W: writes },
      mayDeadlock: true,
    };
    return exploring(program, 2000);
  },

  boot() {
    const count = 20;
    const ms = timed(() => {
      for (let i = 0; i < count; i++) {
        const machine = boot({ seed: i + 1 });
        machine.run(function* first(sys) {
          yield* sys.getpid();
        });
        machine.close();
      }
    });
    return { count, ms };
  },
};

type Words = Readonly<Record<"counter", SharedWord>>;
type Pipe = readonly [number, number];

function* adds(_sys: SystemCalls, { counter }: Words) {
  for (let i = 0; i < 3; i++) yield* counter.store((yield* counter.load()) + 1);
}

function* locks(
  sys: SystemCalls,
  { lock, counter }: Readonly<Record<"lock" | "counter", SharedWord>>,
) {
  while ((yield* lock.exchange(1)) !== 0) yield* sys.call("futex", lock.address, 0, 1, 0);
  yield* counter.add(1);
  yield* lock.store(0);
  yield* sys.call("futex", lock.address, 1, 1);
}

function* reads(sys: SystemCalls, _words: Words, [from]: Pipe) {
  for (let i = 0; i < 3; i++) yield* sys.read(from, 8);
}

function* writes(sys: SystemCalls, _words: Words, [, to]: Pipe) {
  for (let i = 0; i < 3; i++) yield* sys.write(to, "abc");
}

function exploring(program: ConcurrentProgram, schedules: number): Measured {
  explore(program, { schedules: 100 });
  let count = 0;
  const ms = timed(() => {
    const found = explore(program, { schedules, steps: 30 });
    count = found.schedules + found.pruned;
  });
  return { count, ms };
}

/** One step back from the end of a run of about so many events. */
function stepBack(events: number): Measured {
  const machine = boot({ cpus: 1 });
  machine.run(function* loop(sys) {
    for (let i = 0; i < events / 2; i++) yield* sys.getpid();
  });
  const { past } = machine;
  return { count: 1, ms: timed(() => past.at(past.last - 1)) };
}

/** Tasks that give up the CPU by turns. */
function switches(tasks: number): Measured {
  const machine = boot({ cpus: 1, memoryMiB: 256 });
  const rounds = Math.ceil(200_000 / tasks);
  for (let i = 0; i < tasks; i++) {
    machine.spawn(function* yields(sys) {
      for (let round = 0; round < rounds; round++) yield* sys.sched_yield();
    });
  }
  return { count: tasks * rounds, ms: timed(() => machine.runUntilIdle()) };
}

/** In ms of this thread's own time: others may use the processor, too. */
function timed(body: () => void): number {
  const began = process.threadCpuUsage();
  body();
  const { user, system } = process.threadCpuUsage(began);
  return (user + system) / 1000;
}

parentPort?.on("message", (name: string) => parentPort?.postMessage(LOOPS[name]?.()));
parentPort?.postMessage(Object.keys(LOOPS));
