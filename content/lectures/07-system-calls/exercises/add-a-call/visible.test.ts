import { exercise, type TestContext } from "exercise";
import { boot, type HostedSystemCall, i386 } from "kernel-sim";

type MachineProgram = ReturnType<typeof i386.assemble>;

const ENOSYS = 38;
const NEXT = 470;

export default exercise("add-a-call", ({ test }) => {
  test("tables", async (context) => {
    for (const [name, abi] of [
      ["table64", "common"],
      ["table32", "i386"],
    ] as const) {
      const rows = (await text(context, name)).split("\n").map((row) => row.trim().split(/\s+/));
      const own = rows.filter((row) => row[2] === "swapwords");
      context.check(
        own.length === 1,
        `${name} should have one row for swapwords; it has ${own.length}.`,
      );
      const row = own[0]?.join(" ");
      const wanted = `${NEXT} ${abi} swapwords sys_swapwords`;
      context.check(row === wanted, `${name}: "${row}" should be "${wanted}".`);
    }
  });

  test("call", async (context) => {
    const machine = boot({ seed: 1, cpus: 1 });
    const call = machine.hostSystemCall("swapwords", 2);
    const process = machine.spawn(function* (sys) {
      const a = Uint8Array.of(1, 2, 3, 4);
      const b = Uint8Array.of(5, 6, 7, 8);
      const answer = yield* sys.call("swapwords", a, b);
      const bad = yield* sys.call("swapwords", a, 8);
      return [answer, String(a), String(b), bad].join(" ");
    });
    await serve(context, call);
    context.check(
      process.returned === "0 5,6,7,8 1,2,3,4 -14",
      `swapwords(1,2,3,4 and 5,6,7,8), then a bad pointer: ${process.returned}.`,
    );
  });

  test("stub", async (context) => {
    const source = `_start:
      push $b
      push $a
      call swapwords
      neg %eax
      mov %eax, %ebx
      mov $1, %eax
      int $0x80
      .data
      a: .long 1
      b: .long 2
      .text
      ${await text(context, "stub")}`;
    const status = boot({ seed: 1 }).run(assembled(context, source));
    context.check(status === ENOSYS, `Under an old kernel: -ENOSYS (-38), not ${-Number(status)}.`);
  });

  test("selftest", async (context) => {
    const source = `${await text(context, "selftest")}\n${await text(context, "stub")}`;
    const program = assembled(context, source);
    const old = boot({ seed: 1 }).run(program);
    context.check(old === 4, `Under an old kernel it should exit with 4 (skip), not ${old}.`);
    const machine = boot({ seed: 1, cpus: 1 });
    const call = machine.hostSystemCall("swapwords", 2);
    const process = machine.spawn(program);
    await serve(context, call);
    context.check(process.exited === 0, `With your own swapwords it exits with ${process.exited}.`);
  });

  test("dispatch", async (context) => {
    const known = boot({ seed: 1 }).run(await dispatching(context, 2, false));
    context.check(known === 102, `Number 2 of 4: function 2 answers 102, not ${known}.`);
    const beyond = boot({ seed: 1 }).run(await dispatching(context, 4, false));
    context.check(
      beyond === 256 - ENOSYS,
      `Number 4 of 4: -38, which is exit status 218, not ${beyond}.`,
    );
  });

  test("speculation", async (context) => {
    const status = boot({ seed: 1 }).run(await dispatching(context, 5, true));
    context.check(
      status !== 66,
      "With the jump predicted wrongly, number 5 of 4 reads what lies behind the table.",
    );
  });
});

/** A program that dispatches one number; each conditional jump goes the other way when `isMispredicted`. */
async function dispatching(context: TestContext, nr: number, isMispredicted: boolean) {
  const own = await text(context, "dispatch");
  return assembled(
    context,
    `.set NR_SYSCALLS, 4
    .globl _start
    _start:
      mov $${nr}, %eax
      call do_syscall_32
      mov %eax, %ebx
      mov $1, %eax
      int $0x80
    f0: mov $100, %eax
      ret
    f1: mov $101, %eax
      ret
    f2: mov $102, %eax
      ret
    f3: mov $103, %eax
      ret
    leak: mov $66, %eax
      ret
    ${isMispredicted ? mispredicted(own) : own}
      .data
      .long leak, leak
    sys_call_table: .long f0, f1, f2, f3
      .long leak, leak, leak, leak`,
  );
}

async function text({ player, check }: TestContext, name: string): Promise<string> {
  const source = await player.value(name);
  check(typeof source === "string", `\`${name}\` is a text.`);
  return String(source);
}

async function serve({ player }: TestContext, call: HostedSystemCall): Promise<void> {
  await call.serve((question) => player.call("swapwords", question as never));
}

function assembled({ check }: TestContext, source: string): MachineProgram {
  try {
    return i386.assemble(source, { name: "call" });
  } catch (problem) {
    check(false, `It does not assemble: ${(problem as Error).message}`);
    throw problem;
  }
}

/** What a processor executes for a while when it has guessed each conditional jump wrongly. */
function mispredicted(source: string): string {
  const pairs = [
    ...["jae jb", "jnb jb", "jnc jc", "jb jae", "jc jnc", "jnae jae", "ja jbe", "jnbe jbe"],
    ...["jbe ja", "jna ja", "je jne", "jz jnz", "jne je", "jnz jz", "jg jle", "jle jg", "jge jl"],
    ...["jl jge", "jnl jl", "jnge jge", "jnle jle", "jng jg", "js jns", "jns js"],
  ].map((pair) => pair.split(" "));
  const other = new Map(pairs.map(([jump, opposite]) => [jump, opposite ?? ""]));
  return source.replace(/\bj[a-z]{1,3}\b/g, (jump) => other.get(jump) ?? jump);
}
