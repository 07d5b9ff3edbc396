import type { Program } from "../program.ts";
import { isTerminal } from "../sh/test-expression.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { writeAll } from "./io.ts";

/** tty [-s]: the name of the terminal on standard input. */
export const tty: Program = function* tty(sys, argv) {
  const isTty = yield* isTerminal(sys, 0);
  if (!argv.includes("-s")) {
    yield* writeAll(sys, 1, `${isTty ? yield* nameOf(sys) : "not a tty"}\n`);
  }
  return isTty ? 0 : 1;
};

/** @spec ttyname(3) */
function* nameOf(sys: Sys): SysCall<string> {
  const path = yield* sys.readlink("/proc/self/fd/0");
  return typeof path === "string" ? path : "/dev/tty";
}

/** clear: an empty screen, and nothing to scroll to. */
export const clear: Program = function* clear(sys) {
  yield* writeAll(sys, 1, "\x1b[H\x1b[2J\x1b[3J");
  return 0;
};
