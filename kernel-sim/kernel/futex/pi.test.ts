import { expect, test } from "vitest";
import { boot, type Machine } from "../../index.ts";

const FUTEX_LOCK_PI = 6;
const FUTEX_UNLOCK_PI = 7;
const PROT_READ_WRITE = 3;
const MAP_SHARED_ANONYMOUS = 0x21;
const SCHED_FIFO = 1;
const MS = 1_000_000;

/**
 * Three tasks on one CPU: an ordinary one takes a lock, a real-time one of priority 50 wants it, and one of priority 20
 * only computes. Answers in which order the last two got what they wanted, and what the trace says of lent priorities.
 */
function inversion(): { machine: Machine; order: readonly number[] } {
  const machine = boot({ cpus: 1 });
  const order = machine.run(function* main(sys) {
    const page = yield* sys.mmap(0, 4096, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS);
    const children: number[] = [];
    for (const who of ["low", "high", "middle"]) {
      const child = yield* sys.fork();
      if (child === 0) {
        const real = who === "high" ? 50 : who === "middle" ? 20 : 0;
        if (who !== "low") yield* sys.nanosleep(who === "high" ? 20 * MS : 25 * MS);
        if (real > 0) {
          yield* sys.store(page + 64 + real * 4, Uint8Array.of(real, 0, 0, 0));
          yield* sys.call("sched_setscheduler", 0, SCHED_FIFO, page + 64 + real * 4);
        }
        if (who === "middle") yield* sys.compute(200 * MS);
        else {
          yield* sys.call("futex", page, FUTEX_LOCK_PI, 0, 0, 0, 0);
          yield* sys.compute(who === "low" ? 50 * MS : MS);
          yield* sys.call("futex", page, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
        }
        yield* sys.exit(real);
      }
      children.push(child);
    }
    const ended: number[] = [];
    for (const _child of children) {
      const child = yield* sys.wait4();
      ended.push(typeof child === "number" ? child : (child.exited ?? -1));
    }
    return ended;
  });
  return { machine, order: order as readonly number[] };
}

test("the owner of a lock runs in front of tasks of a lower priority than its waiter's", () => {
  const { order } = inversion();
  // Without inheritance the task in the middle would end first.
  expect(order[0]).toBe(50);
});

test("the trace says when a priority is lent and when it is given back", () => {
  const { machine } = inversion();
  const lent = machine.trace
    .events({ name: "sched:sched_pi_setprio" })
    .map(({ fields }) => [fields["oldprio"], fields["newprio"]]);
  expect(lent).toEqual([
    [120, 49],
    [49, 120],
  ]);
});
