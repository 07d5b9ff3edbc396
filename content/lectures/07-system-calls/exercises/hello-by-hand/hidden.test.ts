import { exercise, type TestContext } from "exercise";
import { boot, i386, type Machine, type Process } from "kernel-sim";

const NR_EXIT = 1;
const NR_WRITE = 4;
const EINTR = 4;
/** What a descriptor may answer to a write: EIO, EAGAIN, EFAULT, ENOSPC, EPIPE, EDQUOT. */
const ERRORS = [5, 11, 14, 28, 32, 122];

/** A write as the kernel has seen it. */
interface Write {
  readonly fd: number;
  readonly address: number;
  readonly count: number;
  readonly result: number;
}

export default exercise("hello-by-hand", ({ test }) => {
  test("prints", async (context) => {
    const { random, check } = context;
    for (const length of [0, 1, 2, 255, 256, 300, random.int(3, 200), random.int(3, 2000)]) {
      const text = word(context, length);
      const { machine, process, printed } = await run(context, text);
      check(
        printed === text,
        "It prints something else than its argument. Try arguments of 0, 1 and 300 bytes.",
      );
      check(
        process.exited === length % 256,
        "The exit status is not the argument's length (of which the kernel keeps eight bits).",
      );
    }
  });

  test("numbers", async (context) => {
    const { random, check } = context;
    const text = word(context, random.int(5, 60));
    const { machine, process, printed } = await run(context, text);
    onlyWriteAndExit(context, machine, process);
    const [write, ...others] = writes(machine, process);
    check(
      write?.fd === 1 && write.count === text.length && others.length === 0,
      "A terminal that takes all of it needs one write, to descriptor 1, of the whole argument.",
    );
    await onlyInt80(context, text);
  });

  test("short-writes", async (context) => {
    const { random, check } = context;
    for (let round = 0; round < 6; round++) {
      const text = word(context, random.int(10, 400));
      const most = [1, 3, 3, 7, 64, 1000][round] as number;
      const take = (): number => (round < 2 ? most : random.int(1, most));
      const { machine, process, printed } = await run(context, text, take);
      check(
        printed === text,
        "A terminal that takes a few bytes at a time got something else than the argument.",
      );
      check(
        process.exited === text.length % 256,
        "After short writes the exit status is not the argument's length.",
      );
      goOnWhereTheyEnded(context, writes(machine, process), text.length);
      onlyWriteAndExit(context, machine, process);
    }
  });

  test("interrupted", async (context) => {
    const { random, check } = context;
    for (let round = 0; round < 6; round++) {
      const text = word(context, random.int(10, 120));
      const take = (count: number): number => {
        if (random.int(0, 2) === 0) return -EINTR;
        return round < 3 ? count : random.int(1, 5);
      };
      const { machine, process, printed } = await run(context, text, take);
      check(
        printed === text && process.exited === text.length % 256,
        "A write that answers -EINTR took nothing: make it again, and count nothing for it.",
      );
      goOnWhereTheyEnded(context, writes(machine, process), text.length);
    }
  });

  test("errors", async (context) => {
    const { random, check } = context;
    for (const error of random.shuffle(ERRORS)) {
      const text = word(context, random.int(20, 90));
      let left = random.int(0, 4);
      const take = (): number => (left-- > 0 ? 3 : -error);
      const { machine, process, printed } = await run(context, text, take);
      check(
        process.exited === error,
        "After an error other than EINTR it must exit with the positive error number.",
      );
      const made = writes(machine, process);
      check(
        made.filter(({ result }) => result < 0).length === 1 && (made.at(-1)?.result ?? 0) < 0,
        "After an error other than EINTR there must be no further write.",
      );
      check(
        printed === text.slice(0, printed.length),
        "Before the error something else than the argument's first bytes was printed.",
      );
    }
  });
});

async function run(context: TestContext, argument: string, take?: (count: number) => number) {
  const { random } = context;
  const machine = boot({ seed: random.int(1, 1 << 30), cpus: 1 });
  const argv = ["hello", argument, ...random.pick([[], ["another"], ["one", "more"]])];
  const terminal = terminalThatTakes(take);
  const process = machine.spawn(await program(context), { argv, stdout: terminal.stdout });
  machine.runFor(3_000_000);
  return { machine, process, printed: terminal.printed() };
}

/** What is behind descriptor 1: it takes all that it is given, or as much as `take` says. */
function terminalThatTakes(take = (count: number): number => count) {
  let text = "";
  const stdout = (bytes: Uint8Array): number => {
    const taken = Math.min(take(bytes.length), bytes.length);
    for (const byte of bytes.slice(0, Math.max(taken, 0))) text += String.fromCharCode(byte);
    return taken;
  };
  return { stdout, printed: () => text };
}

async function program({ player, check }: TestContext) {
  const source = await player.value("hello");
  check(typeof source === "string" && source.length < 20_000, "`hello` must be a text.");
  try {
    return i386.assemble(String(source), { name: "hello" });
  } catch {
    check(false, "The program does not assemble. Run it in a cell to see which line is wrong.");
    throw new Error("unreachable");
  }
}

function word({ random }: TestContext, length: number): string {
  const letters = Array.from({ length }, () => String.fromCharCode(random.int(33, 126)));
  return letters.join("");
}

function writes(machine: Machine, { pid }: Process): Write[] {
  const made: Write[] = [];
  let entered: Omit<Write, "result"> | undefined;
  for (const { name, fields } of machine.trace.events({ pid })) {
    if (name === "raw_syscalls:sys_enter") {
      const { id, a0, a1, a2 } = fields;
      entered =
        id === NR_WRITE ? { fd: Number(a0), address: Number(a1), count: Number(a2) } : undefined;
    } else if (name === "raw_syscalls:sys_exit" && entered !== undefined) {
      made.push({ ...entered, result: Number(fields["ret"]) });
      entered = undefined;
    }
  }
  return made;
}

/** Each write asks for all that the ones before it have left. */
function goOnWhereTheyEnded({ check }: TestContext, made: readonly Write[], length: number): void {
  let address = made[0]?.address ?? 0;
  let left = length;
  for (const write of made) {
    check(
      write.address === address && write.count === left && write.fd === 1,
      "A write must begin where the last one ended and ask for all that is left, no more and no less.",
    );
    const taken = Math.max(write.result, 0);
    address += taken;
    left -= taken;
  }
}

function onlyWriteAndExit({ check }: TestContext, machine: Machine, { pid }: Process): void {
  const ids = machine.trace
    .events({ name: "raw_syscalls:sys_enter", pid })
    .map(({ fields }) => fields["id"]);
  check(
    ids.every((id) => id === NR_WRITE || id === NR_EXIT) && ids.at(-1) === NR_EXIT,
    "It makes another call than write (4) and exit (1), or does not end with exit.",
  );
}

/** Step by step, so that the door of each call is seen. */
async function onlyInt80(context: TestContext, text: string): Promise<void> {
  const machine = boot({ seed: 1, cpus: 1 });
  const process = machine.spawn(await program(context), { argv: ["hello", text] });
  let calls = 0;
  for (let i = 0; i < 5000; i++) {
    const trap = machine.stepInstruction(process)?.trap;
    if (process.exited !== undefined || process.signaled !== undefined) break;
    if (trap?.kind !== "syscall") continue;
    calls++;
    context.check(trap.door === "int80", "Only int $0x80 is allowed as a way into the kernel.");
  }
  context.check(calls > 0, "No system call was made by int $0x80.");
}
