import { exercise, type TestContext } from "exercise";
import { boot, type HostedSystemCall, i386, type Machine, SYSCALL_DEFINE } from "kernel-sim";

type MachineProgram = ReturnType<typeof i386.assemble>;

const ENOSYS = 38;
const EFAULT = 14;
const NEXT = 470;
const TEXT_MAX = 20_000;
/** PROT_READ, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS. */
const READ = 1;
const READ_WRITE = 3;
const ANONYMOUS = 0x22;
const PASS = 0;
const FAIL = 1;
const SKIP = 4;

/** The rows that were handed out, without the ABI. */
const GIVEN = [
  [462, "mseal"],
  [463, "setxattrat"],
  [464, "getxattrat"],
  [465, "listxattrat"],
  [466, "removexattrat"],
  [467, "open_tree_attr"],
  [468, "file_getattr"],
  [469, "file_setattr"],
] as const;

export default exercise("add-a-call", ({ test }) => {
  test("tables", async (context) => {
    const { check } = context;
    const wide = await newRow(context, "table64", "common");
    const narrow = await newRow(context, "table32", "i386");
    check(wide === narrow, "New calls get the same number in both tables.");
    check(
      wide === NEXT,
      "The number must be one that no call has ever had: the one behind the last.",
    );
  });

  test("call", async (context) => {
    const { random, check } = context;
    const machine = boot({ seed: random.int(1, 1 << 30), cpus: 1 });
    const call = machine.hostSystemCall("swapwords", 2);
    const number = call.number64 ?? 0;
    for (let i = 0; i < 12; i++) {
      const bytes = random.bytes(8);
      const process = machine.spawn(function* (sys) {
        const page = yield* sys.mmap(0, 8192, READ_WRITE, ANONYMOUS);
        yield* sys.munmap(page + 4096, 4096);
        // At random places, up to the very end of what is mapped.
        const a = page + 4 * random.int(0, 500);
        const b = page + 4096 - 4 * random.int(1, 500);
        yield* sys.store(a, bytes.slice(0, 4));
        yield* sys.store(b, bytes.slice(4));
        const answer = yield* sys.call(number, a, b);
        return [answer, ...(yield* sys.load(a, 4)), ...(yield* sys.load(b, 4))];
      });
      await serve(context, call);
      check(
        String(process.returned) === String([0, ...bytes.slice(4), ...bytes.slice(0, 4)]),
        "Two words of a 64-bit program were not swapped, or the answer was not 0.",
      );
    }
    await badPointers(context, machine, call);
    await from32Bit(context, machine, call);
    check(
      !machine.kernelLog.some((line) => /BUG|Oops|usercopy/.test(line)) &&
        machine.kernelAllocations().length === 0,
      "The kernel oopsed, overran its memory, or has not got all of it back.",
    );
  });

  test("stub", async (context) => {
    const { random, check } = context;
    const [a, b, kept] = [word(context), word(context), word(context)];
    const source = `_start:
      mov $${kept}, %ebx
      mov $${kept}, %esi
      mov $${kept}, %edi
      mov $${kept}, %ebp
      mov %esp, %eax
      mov %eax, moved
      push $b
      push $a
      call swapwords
      mov %eax, answer
      mov %ebx, saved
      mov %esi, saved+4
      mov %edi, saved+8
      mov %ebp, saved+12
      add $8, %esp
      sub %esp, moved
    1:
      mov $29, %eax
      int $0x80
      jmp 1b
      .data
      a: .long ${a}
      b: .long ${b}
      answer: .long 0
      moved: .long 0
      saved: .long 0, 0, 0, 0
      .text
      ${await text(context, "stub")}`;
    const program = assembled(context, source);
    for (const isOld of [false, true]) {
      const machine = boot({ seed: random.int(1, 1 << 30), cpus: 1 });
      if (!isOld) addRight(machine);
      const process = machine.spawn(program);
      machine.runFor(1_000_000);
      const words = (label: string, n: number): string => {
        const bytes = process.memory(program.symbols[label] ?? 0, n * 4);
        return String(bytes === undefined ? [] : [...new Uint32Array(bytes.slice().buffer)]);
      };
      check(
        words("answer", 1) === String(isOld ? -ENOSYS >>> 0 : 0),
        "The stub does not answer what the kernel answers: 0, or -ENOSYS under an old kernel.",
      );
      check(
        words("a", 2) === String(isOld ? [a, b] : [b, a]),
        "The kernel has not got the two pointers that the stub was given.",
      );
      check(
        words("saved", 4) === String([kept, kept, kept, kept]) && words("moved", 1) === "0",
        "The stub has changed ebx, esi, edi, ebp or esp, which belong to the caller.",
      );
      const made = machine.trace
        .events({ name: "raw_syscalls:sys_enter", pid: process.pid })
        .filter(({ fields }) => fields["id"] === NEXT);
      check(made.length === 1, "The stub must make the call once, under its new number.");
    }
  });

  test("selftest", async (context) => {
    const { check } = context;
    const source = `${await text(context, "selftest")}\n  .text\n${await text(context, "stub")}`;
    const program = assembled(context, source);
    const status = (prepare: (machine: Machine) => void): unknown => {
      const machine = boot({ seed: context.random.int(1, 1 << 30), cpus: 1 });
      prepare(machine);
      const process = machine.spawn(program);
      machine.runFor(5_000_000);
      return process.exited;
    };
    check(status(addRight) === PASS, "Under a right kernel the test program must exit with 0.");
    check(status(() => undefined) === SKIP, "Under an old kernel it must exit with 4: skipped.");
    for (const broken of BROKEN) {
      check(
        status((machine) => void machine.addSystemCall(broken)) === FAIL,
        "There is a broken kernel under which the test program does not exit with 1.",
      );
    }
  });

  test("dispatch", async (context) => {
    const { random, check } = context;
    const limit = random.int(3, 40);
    const numbers = [
      ...[0, 1, limit - 1, limit, limit + 1, 2 * limit, 0x7fffffff, 0x80000000, 0xffffffff],
      ...[
        0xfffffffe,
        0x40000000,
        0xc0000001,
        random.int(0, limit - 1),
        random.int(limit, 2 ** 32 - 1),
      ],
    ];
    for (const nr of numbers) {
      const { eax, called, registers, signaled } = await dispatched(context, { limit, nr });
      check(signaled === undefined, "The dispatcher crashes for some number.");
      const isThere = nr < limit;
      check(
        eax === (isThere ? 1000 + nr : -ENOSYS) >>> 0,
        "The dispatcher must answer what the function of the number answers, else -38.",
      );
      check(
        called === (isThere ? 1 : 0),
        "Exactly the function of the number must be called, and none when there is none.",
      );
      check(registers, "The dispatcher may change eax, ecx and edx only.");
    }
  });

  test("speculation", async (context) => {
    const { random, check } = context;
    const limit = random.int(3, 40);
    // It has to work at all first: a dispatcher that reads nothing is safe, and useless.
    const right = await dispatched(context, { limit, nr: limit - 1 });
    check(right.eax === 1000 + limit - 1, "The dispatcher does not call the last function.");
    const numbers = [limit, limit + 1, limit + 7, 0x3fffffff, 0x20000000, 0xffffffff, 0x80000000];
    for (const nr of numbers) {
      const { leaked, signaled } = await dispatched(context, { limit, nr, isMispredicted: true });
      check(
        !leaked && signaled === undefined,
        "When the bound check is predicted wrongly, a word outside of the table is read.",
      );
    }
  });
});

/** The right call, for tests that are not about it. */
function addRight(machine: Machine): void {
  machine.addSystemCall(
    SYSCALL_DEFINE("swapwords", function* (k, a, b) {
      const first = yield* k.get_user(a);
      const second = yield* k.get_user(b);
      if (first === undefined || second === undefined) return -EFAULT;
      if ((yield* k.put_user(second, a)) !== 0) return -EFAULT;
      return yield* k.put_user(first, b);
    }),
  );
}

/** Kernels in which something is wrong with the call. */
const BROKEN = [
  SYSCALL_DEFINE("swapwords", function* (k, a, b) {
    // Does nothing.
    const isThere = (yield* k.get_user(a)) !== undefined && (yield* k.get_user(b)) !== undefined;
    return isThere ? 0 : -EFAULT;
  }),
  SYSCALL_DEFINE("swapwords", function* (k, a, b) {
    const first = yield* k.get_user(a);
    const second = yield* k.get_user(b);
    if (first === undefined || second === undefined) return -EFAULT;
    return yield* k.put_user(first, b);
  }),
  SYSCALL_DEFINE("swapwords", function* (k, a, b) {
    const first = yield* k.get_user(a);
    const second = yield* k.get_user(b);
    if (first === undefined || second === undefined) return -EFAULT;
    return yield* k.put_user(second, a);
  }),
  SYSCALL_DEFINE("swapwords", function* (k, a, b) {
    const first = yield* k.get_user(a, 2);
    const second = yield* k.get_user(b, 2);
    if (first === undefined || second === undefined) return -EFAULT;
    yield* k.put_user(second, a, 2);
    return yield* k.put_user(first, b, 2);
  }),
  SYSCALL_DEFINE("swapwords", function* (k, a, b) {
    const first = (yield* k.get_user(a)) ?? 0;
    const second = (yield* k.get_user(b)) ?? 0;
    yield* k.put_user(second, a);
    yield* k.put_user(first, b);
    // A bad pointer is no error.
    return 0;
  }),
  SYSCALL_DEFINE("swapwords", function* (k, a, b) {
    const first = yield* k.get_user(a);
    const second = yield* k.get_user(b);
    if (first === undefined || second === undefined) return -EFAULT;
    yield* k.put_user(second, a);
    yield* k.put_user(first, b);
    return 1;
  }),
  SYSCALL_DEFINE("swapwords", function* (k) {
    yield* k.ndelay(1);
    return -EFAULT;
  }),
];

async function newRow(context: TestContext, name: string, abi: string): Promise<number> {
  const { check } = context;
  const rows = (await text(context, name))
    .split("\n")
    .map((row) => row.replace(/#.*/, "").trim().split(/\s+/))
    .filter(([number]) => number !== "");
  const numbers = rows.map(([number]) => number);
  check(
    numbers.every((number) => /^\d{1,4}$/.test(number ?? "")) &&
      new Set(numbers).size === numbers.length,
    "A table must have a number in front of each row, and no number twice.",
  );
  for (const [number, call] of GIVEN) {
    const row = rows.find((one) => one[2] === call);
    check(
      row?.join(" ") === `${number} ${abi} ${call} sys_${call}`,
      "A row that was there has changed or gone: old programs would get another call.",
    );
  }
  const added = rows.filter((row) => !GIVEN.some(([, call]) => row[2] === call));
  check(added.length === 1, "Each table must have exactly one new row.");
  const [number, ownAbi, call, entry] = added[0] ?? [];
  check(
    ownAbi === abi && call === "swapwords" && entry === "sys_swapwords",
    "The new row must read: number, ABI as in the rows above, swapwords, sys_swapwords.",
  );
  return Number(number);
}

async function badPointers(
  context: TestContext,
  machine: Machine,
  call: HostedSystemCall,
): Promise<void> {
  const { random, check } = context;
  const bad = [0, 8, -8, 2 ** 47 - 4096, -0x778000000000 + 0x4000000];
  for (const address of random.shuffle(bad)) {
    for (const isFirst of [true, false]) {
      const process = machine.spawn(function* (sys) {
        const page = yield* sys.mmap(0, 4096, READ_WRITE, ANONYMOUS);
        yield* sys.store(page, Uint8Array.of(9, 9, 9, 9));
        const [a, b] = isFirst ? [address, page] : [page, address];
        const answer = yield* sys.call(call.number64 ?? 0, a, b);
        return [answer, ...(yield* sys.load(page, 4))];
      });
      await serve(context, call);
      check(
        String(process.returned) === String([-EFAULT, 9, 9, 9, 9]),
        "With a bad pointer the answer is -EFAULT, and the other word stays as it was.",
      );
    }
  }
  for (const isFirst of [true, false]) {
    const process = machine.spawn(function* (sys) {
      const page = yield* sys.mmap(0, 4096, READ_WRITE, ANONYMOUS);
      const fixed = yield* sys.mmap(0, 4096, READ, ANONYMOUS);
      const [a, b] = isFirst ? [fixed, page] : [page, fixed];
      return yield* sys.call(call.number64 ?? 0, a, b);
    });
    await serve(context, call);
    check(process.returned === -EFAULT, "A word that cannot be written is -EFAULT, too.");
  }
}

async function from32Bit(
  context: TestContext,
  machine: Machine,
  call: HostedSystemCall,
): Promise<void> {
  const [a, b] = [word(context), word(context)];
  const program = assembled(
    context,
    `_start:
      mov $${call.number32 ?? 0}, %eax
      mov $a, %ebx
      mov $b, %ecx
      int $0x80
      test %eax, %eax
      jnz 1f
      cmpl $${b}, a
      jne 1f
      cmpl $${a}, b
      jne 1f
      mov $0, %ebx
      jmp 2f
    1: mov $1, %ebx
    2: mov $1, %eax
      int $0x80
      .data
      a: .long ${a}
      b: .long ${b}`,
  );
  const process = machine.spawn(program);
  await serve(context, call);
  context.check(process.exited === 0, "Two words of a 32-bit program were not swapped.");
}

interface Dispatch {
  readonly limit: number;
  readonly nr: number;
  readonly isMispredicted?: boolean;
}

/** Runs the dispatcher once, in a program whose table has traps on both sides. */
async function dispatched(context: TestContext, { limit, nr, isMispredicted = false }: Dispatch) {
  const own = await text(context, "dispatch");
  const each = Array.from({ length: limit }, (_, i) => i);
  const source = `.set NR_SYSCALLS, ${limit}
    .globl _start
    _start:
      mov $0x11, %ebx
      mov $0x22, %esi
      mov $0x33, %edi
      mov $0x44, %ebp
      mov $${nr}, %eax
      mov %esp, moved
      call do_syscall_32
      sub %esp, moved
      mov %eax, result
      mov %ebx, saved
      mov %esi, saved+4
      mov %edi, saved+8
      mov %ebp, saved+12
    1:
      mov $29, %eax
      int $0x80
      jmp 1b
    ${each.map((i) => `function${i}: incl called\n  mov $${1000 + i}, %eax\n  ret`).join("\n")}
    leak: incl leaked
      mov $0, %eax
      ret
    ${isMispredicted ? mispredicted(own) : own}
      .data
      result: .long 0
      moved: .long 0
      called: .long 0
      leaked: .long 0
      saved: .long 0, 0, 0, 0
      ${".long leak, leak, leak, leak\n".repeat(8)}
    sys_call_table: .long ${each.map((i) => `function${i}`).join(", ")}
      ${".long leak, leak, leak, leak\n".repeat(12)}`;
  const program = assembled(context, source);
  const machine = boot({ seed: 1, cpus: 1 });
  const process = machine.spawn(program);
  machine.runFor(1_000_000);
  const words = (label: string, n: number): number[] => {
    const bytes = process.memory(program.symbols[label] ?? 0, n * 4);
    return bytes === undefined ? [] : [...new Uint32Array(bytes.slice().buffer)];
  };
  return {
    eax: words("result", 1)[0],
    called: words("called", 1)[0],
    leaked: words("leaked", 1)[0] !== 0 && process.signaled === undefined,
    registers: String(words("saved", 4)) === "17,34,51,68" && words("moved", 1)[0] === 0,
    signaled: process.signaled,
  };
}

function word({ random }: TestContext): number {
  return random.int(1, 0xffffffff);
}

async function text({ player, check }: TestContext, name: string): Promise<string> {
  const source = await player.value(name);
  check(
    typeof source === "string" && source.length < TEXT_MAX,
    "Tables, dispatcher, stub and test program must be texts.",
  );
  return String(source);
}

async function serve({ player }: TestContext, call: HostedSystemCall): Promise<void> {
  await call.serve((question) => player.call("swapwords", question as never));
}

function assembled({ check }: TestContext, source: string): MachineProgram {
  try {
    return i386.assemble(source, { name: "call" });
  } catch {
    check(
      false,
      "An assembly text does not assemble. Try it in a cell to see which line is wrong.",
    );
    throw new Error("unreachable");
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
