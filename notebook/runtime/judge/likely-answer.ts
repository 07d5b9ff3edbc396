/** What the calls of a program will most likely be answered, so that it can be asked for its next ones ahead. */

import type { Plain, ProgramStep } from "../exercise-api.ts";
import type { RawAnswer } from "../player/remote-sys.ts";

export type AskedCall = Extract<ProgramStep, { kind: "asks" }>;

/** A call of the program's past, and its answer. */
export interface AnsweredCall extends AskedCall {
  readonly answer: Plain;
}

const SIGKILL = 9;
/** Calls that answer 0 when they work. */
const ZERO = ["close", "chdir", "setpgid", "sigaction", "kill", "nanosleep"];

/** undefined where the answer is anybody's guess. @param past the program's calls until now, the last one first */
export function likelyAnswer({ call, args }: AskedCall, past: Iterable<AnsweredCall>): Plain {
  if (ZERO.includes(call)) return 0;
  switch (call) {
    case "dup2":
      return args[1];
    case "open":
      return 3;
    case "call":
      return args[0] === "prctl"
        ? ({ value: 0, bytes: args.map(() => undefined) } satisfies RawAnswer as unknown as Plain)
        : undefined;
    case "read":
      return isAtEnd(args, past) ? new Uint8Array(0) : undefined;
    case "wait4":
      return wasKilled(args, past) ? killed(args[0] as number) : undefined;
    default:
      return undefined;
  }
}

/** Whether the call before read from the same descriptor, and got less than it asked for. */
function isAtEnd([fd, count]: readonly Plain[], past: Iterable<AnsweredCall>): boolean {
  for (const { call, args, answer } of past) {
    if (call !== "read" || args[0] !== fd || !(answer instanceof Uint8Array)) return false;
    return answer.length > 0 && typeof count === "number" && answer.length < count;
  }
  return false;
}

function wasKilled([pid, options]: readonly Plain[], past: Iterable<AnsweredCall>): boolean {
  if (typeof pid !== "number" || pid <= 0 || (options ?? 0) !== 0) return false;
  for (const { call, args } of past) {
    if (call === "wait4" && args[0] === pid) return false;
    if (call === "kill" && args[0] === pid) return args[1] === SIGKILL;
  }
  return false;
}

/** As wait4 words it. */
function killed(pid: number): Plain {
  return {
    ...{ pid, status: SIGKILL, exited: undefined, signaled: SIGKILL },
    ...{ stopped: undefined, continued: false },
  };
}
