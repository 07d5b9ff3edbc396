import { exercise, type TestContext } from "exercise";
import { boot, i386 } from "kernel-sim";

const DF = 0x400;

export default exercise("switch-to", ({ test }) => {
  test("two-tasks", async (context) => {
    const order = Array.from({ length: 1000 }, (_, i) => (i + 1) % 2);
    await driven(context, 2, order);
  });

  test("registers", async (context) => {
    const { run, expected } = await driven(context, 6, randomOrder(context, 6));
    run.returns.forEach((got, i) => {
      const wanted = expected[i] as Held;
      for (const name of ["ebx", "esi", "edi", "ebp"] as const) {
        context.check(
          got[name] === wanted[name],
          `${name} is not what it was when the task called switch_to.`,
        );
      }
    });
  });

  test("flags", async (context) => {
    const { run, expected } = await driven(context, 5, randomOrder(context, 5));
    run.returns.forEach((got, i) => {
      const wanted = expected[i] as Held;
      const lost = (got.flags ^ wanted.flags) & FLAGS_MASK;
      context.check((lost & DF) === 0, "The direction flag is not what it was.");
      context.check(lost === 0, "An arithmetic flag is not what it was.");
    });
  });

  test("stack", async (context) => {
    const { run } = await driven(context, 6, randomOrder(context, 6));
    for (const { esp, espAtCall } of run.returns) {
      context.check(esp === espAtCall, "esp is not what it was when the task called switch_to.");
    }
    context.check(run.isUntouched, "Memory outside of records and stacks was written.");
  });

  test("first-run", async (context) => {
    // Every task begins with the direction flag set by the one before it.
    const order = [1, 2, 3, 4, 5, ...randomOrder(context, 6, 5)];
    const { run } = await driven(context, 6, order, DF);
    run.entries.slice(1).forEach((entry, i) => {
      context.check(entry !== undefined, "A task has never begun at its entry.");
      context.check(
        entry?.esp === run.stackEnds[i + 1],
        "At its entry a task does not have the stack pointer that was given to task_init.",
      );
      context.check(
        ((entry?.flags ?? 0) & DF) === 0,
        "At its entry a task has the direction flag set.",
      );
    });
  });
});

/** A thousand switches, never to oneself. */
function randomOrder({ random }: TestContext, tasks: number, from = 0): number[] {
  const order: number[] = [];
  for (let now = from; order.length < 1000; order.push(now)) {
    now = (now + random.int(1, tasks - 1)) % tasks;
  }
  return order;
}

/** Runs it, and fails unless tasks go on in the right order. */
async function driven(
  { player, random, check }: TestContext,
  tasks: number,
  order: readonly number[],
  withFlags = 0,
): Promise<{ run: Run; expected: readonly Held[] }> {
  const assembly = await player.value("assembly");
  check(typeof assembly === "string", "assembly is a text.");
  const word = () => random.int(0, 0xffffffff);
  const held = order.map(() => ({
    ebx: word(),
    esi: word(),
    edi: word(),
    ebp: word(),
    flags: (word() & FLAGS_MASK) | withFlags,
  }));
  let run: Run | undefined;
  try {
    run = drive(String(assembly), tasks, order, held);
  } catch (problem) {
    check(
      !(problem instanceof SyntaxError),
      "The text cannot be assembled, or a label is missing: try i386.assemble(assembly) in a cell.",
    );
    throw problem;
  }
  check(
    run.end !== "signal",
    "The program ended: it ran into an address or an instruction that faults.",
  );
  check(run.end !== "syscall", "Your part makes a system call.");
  // Whose call returns at each switch; a task that has not called yet begins at its entry.
  const pending = new Map<number, number>();
  const expected: (Held & { readonly task: number; readonly call: number })[] = [];
  let now = 0;
  order.forEach((next, call) => {
    pending.set(now, call);
    const waiting = pending.get(next);
    if (waiting !== undefined) {
      expected.push({ ...(held[waiting] as Held), task: next, call: waiting });
    }
    now = next;
  });
  run.returns.forEach(({ task, call }, i) => {
    check(
      task === expected[i]?.task && call === expected[i].call,
      "switch_to returns on the stack of another task, or in another call, than it should.",
    );
  });
  check(
    run.end === "finished" && run.returns.length === expected.length,
    "The tasks do not come to the end of their thousand switches.",
  );
  return { run, expected };
}

/** What a task has in its registers when it calls switch_to, or when it goes on. */
interface Held {
  readonly ebx: number;
  readonly esi: number;
  readonly edi: number;
  readonly ebp: number;
  readonly flags: number;
}

/** One line of the log: who went on, in which of its calls, with what. */
interface Return extends Held {
  readonly task: number;
  readonly call: number;
  readonly esp: number;
  /** esp when that call was made. */
  readonly espAtCall: number;
}

interface Run {
  /** How it ended: "finished", "signal", "lost" when nothing came in time. */
  readonly end: string;
  readonly returns: readonly Return[];
  /** Of each task: esp and flags at its entry; undefined when it never began. */
  readonly entries: readonly ({ readonly esp: number; readonly flags: number } | undefined)[];
  readonly stackEnds: readonly number[];
  readonly isUntouched: boolean;
}

const STACK = 1024;
const LOG_WORDS = 9;
const GUARD = 0x5afe5afe;
const FLAGS_MASK = 0xcd5;

/** Runs the student's text under a driver that switches by `order`, with `held` in the registers. */
function drive(
  assembly: string,
  tasks: number,
  order: readonly number[],
  held: readonly Held[],
): Run {
  const words = held.flatMap(({ ebx, esi, edi, ebp, flags }) => [
    ebx,
    esi,
    edi,
    ebp,
    flags | 0x202,
  ]);
  const machine = boot({ seed: 1, cpus: 1 });
  const program = i386.assemble(`
    .globl _start
_start:
  ${Array.from(
    { length: tasks - 1 },
    (_, i) => `
  mov $zz_records + ${64 * (i + 1)}, %eax
  mov $zz_begin, %edx
  mov $zz_stacks + ${STACK * (i + 2)}, %ecx
  call task_init`,
  ).join("")}
  mov $zz_stacks + ${STACK}, %esp
zz_begin:
  mov %esp, %ebx
  pushf
  pop %ecx
  cld
  mov zz_current, %eax
  mov %ebx, zz_entry_esp(,%eax,4)
  mov %ecx, zz_entry_flags(,%eax,4)
zz_next:
  mov zz_step, %ecx
  cmp $${order.length}, %ecx
  jae zz_finish
  incl zz_step
  push %ecx
  mov zz_order(,%ecx,4), %edx
  mov zz_current, %eax
  mov %edx, zz_current
  push %eax
  mov %esp, zz_expected(,%eax,4)
  shl $6, %eax
  add $zz_records, %eax
  shl $6, %edx
  add $zz_records, %edx
  lea (%ecx,%ecx,4), %ecx
  mov zz_words(,%ecx,4), %ebx
  mov zz_words + 4(,%ecx,4), %esi
  mov zz_words + 8(,%ecx,4), %edi
  mov zz_words + 12(,%ecx,4), %ebp
  push zz_words + 16(,%ecx,4)
  popf
  call switch_to
  pushf
  cld
  pop %ecx
  mov zz_log_at, %eax
  mov %ecx, 16(%eax)
  mov %ebx, (%eax)
  mov %esi, 4(%eax)
  mov %edi, 8(%eax)
  mov %ebp, 12(%eax)
  mov %esp, 20(%eax)
  mov (%esp), %ecx
  mov %ecx, 24(%eax)
  mov 4(%esp), %edx
  mov %edx, 28(%eax)
  and $${7}, %ecx
  mov zz_expected(,%ecx,4), %edx
  mov %edx, 32(%eax)
  add $${4 * LOG_WORDS}, %eax
  mov %eax, zz_log_at
  cmp $zz_log_end, %eax
  jae zz_finish
  add $8, %esp
  jmp zz_next
zz_finish:
  movl $1, zz_done
zz_for_ever:
  mov $29, %eax
  int $0x80
  jmp zz_for_ever

${assembly}

  .data
zz_guard_before: .fill 64, 4, ${GUARD}
zz_records: .fill ${16 * 8}, 4, 0
zz_guard_between: .fill 64, 4, ${GUARD}
zz_stacks: .fill ${(STACK / 4) * tasks}, 4, 0
zz_guard_after: .fill 64, 4, ${GUARD}
zz_current: .long 0
zz_step: .long 0
zz_done: .long 0
zz_log_at: .long zz_log
zz_expected: .fill 8, 4, 0
zz_entry_esp: .fill 8, 4, 0
zz_entry_flags: .fill 8, 4, 0
zz_order: .long ${order.join(", ")}
zz_words: .long ${words.join(", ")}
zz_log: .fill ${LOG_WORDS * order.length}, 4, 0
zz_log_end: .long 0
`);
  const process = machine.spawn(program);
  machine.runFor(4_000_000);
  const at = (label: string) => program.symbols[label] ?? 0;
  const read = (label: string, n: number) => {
    const bytes = process.memory(at(label), 4 * n);
    if (bytes === undefined) return [];
    const view = new DataView(bytes.buffer);
    return Array.from({ length: n }, (_, i) => view.getUint32(4 * i, true));
  };
  const stackEnds = Array.from({ length: tasks }, (_, i) => at("zz_stacks") + STACK * (i + 1));
  if (process.signaled !== undefined || process.exited !== undefined) {
    return { end: "signal", returns: [], entries: [], stackEnds, isUntouched: false };
  }
  const calls = machine.trace.events({ name: "raw_syscalls:sys_enter", pid: process.pid });
  if (calls.some(({ fields }) => fields["id"] !== 29)) {
    return { end: "syscall", returns: [], entries: [], stackEnds, isUntouched: false };
  }
  const [done, logAt] = [read("zz_done", 1)[0], read("zz_log_at", 1)[0] ?? 0];
  const count = Math.min((logAt - at("zz_log")) / (4 * LOG_WORDS), order.length);
  const log = read("zz_log", LOG_WORDS * Math.max(0, Math.floor(count)));
  const returns = Array.from({ length: log.length / LOG_WORDS }, (_, i) => {
    const [
      ebx = 0,
      esi = 0,
      edi = 0,
      ebp = 0,
      flags = 0,
      esp = 0,
      task = 0,
      call = 0,
      espAtCall = 0,
    ] = log.slice(LOG_WORDS * i, LOG_WORDS * (i + 1));
    return { ebx, esi, edi, ebp, flags, esp, task, call, espAtCall };
  });
  const [esps, flags] = [read("zz_entry_esp", 8), read("zz_entry_flags", 8)];
  const entries = stackEnds.map((_, i) =>
    esps[i] === 0 ? undefined : { esp: esps[i] ?? 0, flags: flags[i] ?? 0 },
  );
  const guards = ["zz_guard_before", "zz_guard_between", "zz_guard_after"];
  return {
    end: done === 1 ? "finished" : "lost",
    returns,
    entries,
    stackEnds,
    isUntouched: guards.every((label) => read(label, 64).every((word) => word === GUARD)),
  };
}
