import type { SystemCalls, UserRequest } from "kernel-sim";

const EINTR = 4;
const NEWLINE = 10;

export function* uniq(sys: SystemCalls): Generator<UserRequest, number, never> {
  let rest: number[] = [];
  let group: { readonly line: readonly number[]; count: number } | undefined;

  const waiting: number[] = [];
  function* print(): Generator<UserRequest, boolean, never> {
    if (group === undefined) return true;
    const count = String(group.count).padStart(7);
    const text = [...Array.from(count, (digit) => digit.charCodeAt(0)), 32, ...group.line, NEWLINE];
    waiting.push(...text);
    return true;
  }

  function* take(line: readonly number[]): Generator<UserRequest, boolean, never> {
    if (group !== undefined && isEqual(group.line, line)) {
      group.count++;
      return true;
    }
    const isDone = yield* print();
    group = { line, count: 1 };
    return isDone;
  }

  for (;;) {
    const piece = yield* sys.read(0, 4096);
    if (piece === -EINTR) continue;
    if (typeof piece === "number") return 1;
    if (piece.length === 0) break;
    for (const byte of piece) {
      if (byte !== NEWLINE) rest.push(byte);
      else {
        if (!(yield* take(rest))) return 1;
        rest = [];
      }
    }
  }
  if (rest.length > 0 && !(yield* take(rest))) return 1;
  yield* print();
  return (yield* writeAll(sys, Uint8Array.from(waiting))) ? 0 : 1;
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function* writeAll(sys: SystemCalls, bytes: Uint8Array): Generator<UserRequest, boolean, never> {
  for (let at = 0; at < bytes.length; ) {
    const done = yield* sys.write(1, bytes.subarray(at));
    if (done === -EINTR) continue;
    if (done < 0) return false;
    at += done;
  }
  return true;
}
