import type {
  HostedSystemCall,
  KernelAllocation,
  KernelQuestion,
  KernelReply,
  SystemCallDefinition,
  SystemCallPlace,
  SystemCallRow,
} from "../api/syscalls.ts";
import { addSyscall, syscallRows } from "../kernel/module/add-syscall.ts";
import { type Driver, definedSyscall } from "../kernel/module/run-definition.ts";
import { kernelLog } from "../kernel/printk.ts";
import { byteArray } from "../lib/byte-string.ts";
import { kernelHeap } from "../mm/slub.ts";
import { fromUtf8 } from "../user/marshal.ts";
import { HostedDriver, hostedCall } from "./hosted-call.ts";
import type { LivingKernel } from "./living-kernel.ts";

const ARGS_MAX = 6;

/** What a machine offers for looking at its system calls, and for adding some. */
export function machineSystemCalls(machine: LivingKernel) {
  const { kernel } = machine;
  const hosted = new Map<string, HostedDriver>();

  function add(name: string, argCount: number, driver: Driver, place: SystemCallPlace) {
    return Object.freeze(addSyscall(kernel, name, definedSyscall(name, argCount, driver), place));
  }

  return {
    addSystemCall(definition: SystemCallDefinition, place: SystemCallPlace = {}) {
      if (typeof definition !== "function" || typeof definition.sysName !== "string") {
        throw new TypeError(
          "machine.addSystemCall() takes what SYSCALL_DEFINE(name, function* (k, …) { … }) answers",
        );
      }
      const { sysName, argCount } = definition;
      const own = { ...place };
      const replies: KernelReply[] = [];
      return machine.input(
        (past) => past.calls.playSystemCall(sysName, argCount, replies, own),
        () => add(sysName, argCount, recorder(machine, definition, replies), own),
      );
    },

    /** The same in a machine whose past is played: the code has answered already, and is not asked again. */
    playSystemCall(
      name: string,
      argCount: number,
      replies: readonly KernelReply[],
      place: SystemCallPlace,
    ): void {
      let at = 0;
      add(name, argCount, { next: () => replies[at++], threw: () => {} }, place);
    },

    hostSystemCall(name: string, argCount: number, place: SystemCallPlace = {}): HostedSystemCall {
      if (!Number.isInteger(argCount) || argCount < 0 || argCount > ARGS_MAX) {
        throw new TypeError(`machine.hostSystemCall(): argCount is 0 to 6, not ${argCount}`);
      }
      const own = { ...place };
      const driver = new HostedDriver();
      const numbers = machine.input(
        (past) => void past.calls.hostSystemCall(name, argCount, own),
        () => add(name, argCount, driver, own),
      );
      hosted.set(name, driver);
      return hostedCall(machine, name, driver, numbers);
    },

    /** The host has an answer for a task that waits in a hosted call. */
    reply(name: string, id: number, reply: KernelReply): void {
      machine.input(
        (past) => past.calls.reply(name, id, reply),
        () => hosted.get(name)?.give(id, reply),
      );
    },

    rows: (): readonly SystemCallRow[] => Object.freeze(syscallRows(kernel)),
    kernelLog(): readonly string[] {
      const { records } = kernelLog(kernel);
      return Object.freeze(records.map(({ text }) => fromUtf8(byteArray(text))));
    },
    allocations(): readonly KernelAllocation[] {
      const objects = kernelHeap(kernel).objects();
      return Object.freeze(
        objects.map(({ address, size, cache }) => Object.freeze({ address, size, cache })),
      );
    },
  };
}

/** Asks the code, and keeps what it answers: a machine's past is played without it. */
function recorder(
  machine: LivingKernel,
  definition: SystemCallDefinition,
  replies: KernelReply[],
): Driver {
  return {
    next: (question: KernelQuestion) => {
      const reply = definition(question);
      replies.push(reply);
      return reply;
    },
    threw: (problem: unknown) => machine.noteKernelError(problem),
  };
}
