import type { SystemCalls, UserRequest } from "kernel-sim";

/** Texts instead of bytes: what is no UTF-8, or is split in the middle of a letter, is lost. */
export function* uniq(sys: SystemCalls): Generator<UserRequest, number, never> {
  let rest = "";
  let last: string | undefined;
  let count = 0;
  const decoder = new TextDecoder();
  function* print(): Generator<UserRequest, boolean, never> {
    if (last === undefined) return true;
    let bytes = new TextEncoder().encode(`${String(count).padStart(7)} ${last}\n`);
    while (bytes.length > 0) {
      const done = yield* sys.write(1, bytes);
      if (done === -4) continue;
      if (done < 0) return false;
      bytes = bytes.slice(done);
    }
    return true;
  }
  for (;;) {
    const piece = yield* sys.read(0, 4096);
    if (piece === -4) continue;
    if (typeof piece === "number") return 1;
    if (piece.length === 0) break;
    rest += decoder.decode(piece);
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === last) count++;
      else {
        if (!(yield* print())) return 1;
        last = line;
        count = 1;
      }
    }
  }
  if (rest !== "" && rest !== last) {
    if (!(yield* print())) return 1;
    last = rest;
    count = 1;
  } else if (rest !== "") count++;
  return (yield* print()) ? 0 : 1;
}
