import { expect, test } from "vitest";
import { boot, type Machine } from "../../index.ts";

const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const FUTEX_CMP_REQUEUE = 4;
const FUTEX_WAKE_OP = 5;
const PROT_READ_WRITE = 3;
const MAP_SHARED_ANONYMOUS = 0x21;

/** Starts `n` children that wait on `word` of shared memory, and answers what `act` makes of it. */
function withWaiters(
  n: number,
  woken: number,
  act: (word: number) => readonly (string | number)[][],
): unknown {
  const machine: Machine = boot({ cpus: 1 });
  return machine.run(function* parent(sys) {
    const page = yield* sys.mmap(0, 4096, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS);
    const children: number[] = [];
    for (let i = 0; i < n; i++) {
      const child = yield* sys.fork();
      if (child === 0) {
        yield* sys.call("futex", page, FUTEX_WAIT, 0, 0, 0, 0);
        yield* sys.exit(i);
      }
      children.push(child);
    }
    yield* sys.compute(50_000_000);
    const answers: number[] = [];
    for (const call of act(page)) answers.push(yield* sys.call("futex", ...call));
    const ended: unknown[] = [];
    for (let i = 0; i < woken; i++) {
      const child = yield* sys.wait4();
      ended.push(typeof child === "number" ? child : child.exited);
    }
    for (const child of children) yield* sys.kill(child, 9);
    return { answers, ended };
  });
}

test("waiters are woken in the order in which they came", () => {
  const result = withWaiters(3, 2, (word) => [[word, FUTEX_WAKE, 2, 0, 0, 0]]);
  expect(result).toEqual({ answers: [2], ended: [0, 1] });
});

test("a requeued waiter is woken at its new word", () => {
  const result = withWaiters(2, 1, (word) => [
    [word, FUTEX_CMP_REQUEUE, 0, 2, word + 8, 0],
    [word, FUTEX_WAKE, 9, 0, 0, 0],
    [word + 8, FUTEX_WAKE, 1, 0, 0, 0],
  ]);
  expect(result).toMatchObject({ answers: [2, 0, 1] });
});

test("FUTEX_WAKE_OP changes the second word and wakes by its old value", () => {
  // Set the second word to 7; wake there only if it was greater than 0.
  const op = (0 << 28) | (5 << 24) | (7 << 12);
  const result = withWaiters(1, 1, (word) => [
    [word + 8, FUTEX_WAKE_OP, 1, 1, word, op],
    [word, FUTEX_WAIT, 0, 0, 0, 0],
    [word, FUTEX_WAKE, 1, 0, 0, 0],
  ]);
  expect(result).toEqual({ answers: [0, -11, 1], ended: [0] });
});
