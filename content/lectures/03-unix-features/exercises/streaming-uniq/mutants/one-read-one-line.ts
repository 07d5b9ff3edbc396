import type { SystemCalls, UserRequest } from "kernel-sim";

/** Takes each read for whole lines. */
export function* uniq(sys: SystemCalls): Generator<UserRequest, number, never> {
  let last: string | undefined;
  let count = 0;
  for (;;) {
    const piece = yield* sys.read(0, 4096);
    if (piece === -4) continue;
    if (typeof piece === "number") return 1;
    if (piece.length === 0) break;
    const text = new TextDecoder("latin1").decode(piece);
    for (const line of text.replace(/\n$/, "").split("\n")) {
      if (line === last) {
        count++;
        continue;
      }
      if (last !== undefined) yield* sys.write(1, `${String(count).padStart(7)} ${last}\n`);
      last = line;
      count = 1;
    }
  }
  if (last !== undefined) yield* sys.write(1, `${String(count).padStart(7)} ${last}\n`);
  return 0;
}
