import type {
  KernelQuestion,
  KernelReply,
  SystemCallDefinition,
  SystemCallHandler,
} from "../../api/syscalls.ts";
import { onlyAnswer } from "./kernel-calls.ts";
import { KernelCode, KernelRequest } from "./kernel-code.ts";

const ARGS_MAX = 6;
/** What one reply may hold beside its first call: code that never asks for anything runs no further ahead. */
export const AHEAD_MAX = 64;
const NAME = /^[a-z_][a-z0-9_]{0,63}$/;

/**
 * The kernel's side of a system call, written as a generator function: `SYSCALL_DEFINE("get_names", function* (k, u) { … })`.
 *
 * @linux include/linux/syscalls.h `SYSCALL_DEFINE1` to `SYSCALL_DEFINE6` (6.18)
 */
export function SYSCALL_DEFINE(name: string, handler: SystemCallHandler): SystemCallDefinition {
  if (typeof name !== "string" || !NAME.test(name)) {
    throw new TypeError("SYSCALL_DEFINE(): a name is of small letters, digits and _, without sys_");
  }
  if (typeof handler !== "function") {
    throw new TypeError(
      "SYSCALL_DEFINE(): the code is a generator function, function* (k, …) { … }",
    );
  }
  const argCount = Math.max(handler.length - 1, 0);
  if (argCount > ARGS_MAX) {
    throw new TypeError(`SYSCALL_DEFINE(): no system call has more than ${ARGS_MAX} arguments`);
  }
  const running = new Map<number, Generator<object, number, unknown>>();
  const definition = (question: KernelQuestion): KernelReply => {
    if (question.kind === "begin") {
      const { id, args, current } = question;
      let steps: Generator<object, number, unknown>;
      try {
        steps = handler(new KernelCode(current), ...args.slice(0, argCount));
      } catch (problem) {
        return threw(problem);
      }
      running.set(id, steps);
    }
    const answer = question.kind === "answer" ? question.answer : undefined;
    const reply = step(running, question.id, answer);
    return question.runsAhead === true ? withAhead(running, question.id, reply) : reply;
  };
  return Object.freeze(Object.assign(definition, { sysName: name, argCount }));
}

/** A host that is far away asks once for what needs no answer of its own. */
function withAhead(
  running: Map<number, Generator<object, number, unknown>>,
  id: number,
  reply: KernelReply,
): KernelReply {
  if (reply.kind !== "call") return reply;
  const ahead: KernelReply[] = [];
  for (let last: KernelReply = reply; last.kind === "call" && ahead.length < AHEAD_MAX; ) {
    const answer = onlyAnswer(last.name, last.args);
    if (answer === undefined) break;
    last = step(running, id, answer);
    ahead.push(last);
  }
  return ahead.length === 0 ? reply : { ...reply, ahead };
}

function step(
  running: Map<number, Generator<object, number, unknown>>,
  id: number,
  answer: number | undefined,
): KernelReply {
  try {
    const at = running.get(id)!.next(answer);
    if (at.done === true) {
      running.delete(id);
      return { kind: "return", value: at.value };
    }
    if (at.value instanceof KernelRequest) {
      const { name, args } = at.value;
      return { kind: "call", name, args };
    }
    throw new TypeError(
      "kernel code may yield only what the calls of k make: write `yield* k.copy_from_user(…)`, not `yield …`",
    );
  } catch (problem) {
    running.delete(id);
    return threw(problem);
  }
}

/** The error itself stays on this side: it crosses to no judge. */
function threw(problem: unknown): KernelReply {
  const { name = "Error", message = String(problem) } = (problem ?? {}) as Partial<Error>;
  const reply = { kind: "threw", name: String(name), message: String(message) } as const;
  Object.defineProperty(reply, "error", { value: problem, enumerable: false });
  return reply;
}
