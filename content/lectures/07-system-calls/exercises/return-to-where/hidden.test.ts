import { exercise, type TestContext } from "exercise";
import { boot, i386 } from "kernel-sim";

type MachineProgram = ReturnType<typeof i386.assemble>;

const SIGSEGV = 11;
const NR_ARCH_PRCTL = 384;
const PAYLOAD_MAX = 512;
const TEXT_MAX = 20_000;
const KEPT = [0x0b0b0b0b, 0x51515151, 0xd1d1d1d1, 0xb9b9b9b9];

export default exercise("return-to-where", ({ test }) => {
  test("overflow", async (context) => {
    const { random, check } = context;
    for (let i = 0; i < 6; i++) {
      const victim = someVictim(context, CALLS_GREET + GREET);
      const bytes = await payload(context, victim);
      const plain = run(context, victim.program, false, bytes);
      check(
        plain.exited === victim.code,
        "greet must return to secret, and secret must find its argument: count what lies between.",
      );
      const guarded = run(context, victim.program, true, bytes);
      check(
        guarded.signaled === SIGSEGV && isControlProtection(guarded.log),
        "With a shadow stack the same payload must lead to a control-protection exception.",
      );
      // What fits into the buffer harms nobody.
      const short = run(context, victim.program, true, random.bytes(victim.bufferBytes));
      check(short.exited === 7, "The program itself is broken.");
    }
  });

  test("plain", async (context) => {
    const { random } = context;
    for (const depth of [1, 2, random.int(3, 40), 300]) {
      await jumpsRight(context, { shadowStack: false, depth, rounds: random.int(1, 4) });
    }
    await jumpsRight(context, { shadowStack: false, depth: 2, rounds: 1, value: 0 });
    await nestedRight(context, false);
  });

  test("shadow", async (context) => {
    const { random } = context;
    for (const depth of [1, 2, 3, random.int(4, 60)]) {
      await jumpsRight(context, { shadowStack: true, depth, rounds: random.int(1, 4) });
    }
    await jumpsRight(context, { shadowStack: true, depth: 2, rounds: 1, value: 0 });
  });

  test("deep", async (context) => {
    const { random } = context;
    for (const depth of [251, 252, 253, 254, 255, 256, 257, 511, random.int(600, 3000)]) {
      await jumpsRight(context, { shadowStack: true, depth, rounds: 2 });
    }
    await nestedRight(context, true);
  });

  test("signals", async (context) => {
    const { random, check } = context;
    for (const depth of [1, random.int(2, 9), random.int(250, 700)]) {
      const numbers = { ROUNDS: random.int(2, 6), DEPTH: depth, VALUE: random.int(1, 1000) };
      const source = SIGNALS + (await jumps(context)) + DATA;
      const result = run(context, assembled(context, source, numbers), true);
      check(
        result.signaled === undefined && result.word("made") === numbers.ROUNDS,
        "A longjmp out of a signal handler did not arrive with its value and a straight shadow stack.",
      );
      onlyOnce(context, result);
    }
  });

  test("attack", async (context) => {
    const { random, check } = context;
    const text = await jumps(context);
    for (let i = 0; i < 4; i++) {
      const depth = random.pick([1, 3, random.int(4, 50), 400]);
      const victim = someVictim(context, JUMPS_THEN_GREETS + GREET + text + DATA, { DEPTH: depth });
      const guarded = run(context, victim.program, true, attackOn(victim));
      check(
        guarded.signaled === SIGSEGV && isControlProtection(guarded.log),
        "After a longjmp the attack must still die of a control-protection exception.",
      );
      onlyOnce(context, guarded);
      const live = run(context, victim.program, true, random.bytes(4));
      check(live.exited === 7, "After a longjmp the program must live when nobody attacks it.");
    }
  });
});

interface Run {
  readonly exited: number | undefined;
  readonly signaled: number | undefined;
  readonly log: readonly string[];
  /** Numbers of the system calls that it has made. */
  readonly calls: readonly number[];
  words(label: string, n: number): readonly number[];
  word(label: string): number;
}

interface SomeVictim {
  readonly program: MachineProgram;
  readonly bufferBytes: number;
  readonly secret: number;
  readonly code: number;
}

/** The same program with another buffer at other places. */
function someVictim(
  context: TestContext,
  source: string,
  numbers: Readonly<Record<string, number>> = {},
): SomeVictim {
  const { random } = context;
  const bufferBytes = 4 * random.int(1, 60);
  const code = random.int(8, 250);
  const before = "  nop\n".repeat(random.int(0, 300));
  const program = assembled(context, `${source}\n  .text\n${before}`, {
    ...numbers,
    BUFFER_BYTES: bufferBytes,
  });
  const moved = assembled(context, `  .globl _start\n${before}${source}`, {
    ...numbers,
    BUFFER_BYTES: bufferBytes,
  });
  const chosen = random.int(0, 1) === 0 ? program : moved;
  return { program: chosen, bufferBytes, secret: chosen.symbols["secret"] ?? 0, code };
}

async function payload({ player, check }: TestContext, victim: SomeVictim): Promise<Uint8Array> {
  const { bufferBytes, secret, code } = victim;
  const bytes = await player.call("payload", { bufferBytes, secret, code });
  check(
    bytes instanceof Uint8Array && bytes.length <= PAYLOAD_MAX,
    "payload must answer a Uint8Array of at most 512 bytes.",
  );
  return bytes as Uint8Array;
}

/** An attack of the test's own, so that this test is about the jumps. */
function attackOn(victim: SomeVictim): Uint8Array {
  const bytes = new Uint8Array(victim.bufferBytes + 16);
  new DataView(bytes.buffer).setUint32(victim.bufferBytes + 4, victim.secret, true);
  return bytes;
}

interface Jump {
  readonly shadowStack: boolean;
  readonly depth: number;
  readonly rounds: number;
  readonly value?: number;
}

async function jumpsRight(context: TestContext, { shadowStack, depth, rounds, value }: Jump) {
  const { random, check } = context;
  const given = value ?? random.pick([1, 2, random.int(3, 0x7fffffff)]);
  const numbers = { ROUNDS: rounds, DEPTH: depth, VALUE: given };
  const source = JUMPS + (await jumps(context)) + DATA;
  const result = run(context, assembled(context, source, numbers), shadowStack);
  check(result.signaled === undefined, "A signal has ended a program that only jumps.");
  check(result.word("made") === rounds, "Not every longjmp has come back to its setjmp.");
  for (let i = 0; i < rounds; i++) {
    const [answer, ...rest] = result.words("answers", 7 * rounds).slice(7 * i, 7 * i + 7);
    check(
      answer === (given === 0 ? 1 : given),
      "setjmp must answer the value of longjmp, and 1 when that is 0.",
    );
    check(
      KEPT.every((word, at) => rest[at] === word),
      "ebx, esi, edi or ebp is not what it was at setjmp.",
    );
    check(rest[4] === 0, "esp is not what it was at setjmp.");
    check(rest[5] === 0, "The pointer of the shadow stack is not what it was at setjmp.");
  }
  check(result.word("fence") === 0x600df00d, "A jmp_buf has 32 bytes; more was written.");
  onlyOnce(context, result);
}

async function nestedRight(context: TestContext, shadowStack: boolean): Promise<void> {
  const times = context.random.int(2, 9);
  const source = NESTED + (await jumps(context)) + DATA;
  const result = run(context, assembled(context, source, { TIMES: times }), shadowStack);
  context.check(
    result.signaled === undefined && result.word("made") === 1000 + (times * (times + 1)) / 2,
    "A longjmp inside of another's reach does not work.",
  );
}

async function jumps({ player, check }: TestContext): Promise<string> {
  const source = await player.value("jumps");
  check(typeof source === "string" && source.length < TEXT_MAX, "`jumps` must be a text.");
  return `  .text\n${String(source)}\n`;
}

function assembled(
  { check }: TestContext,
  source: string,
  numbers: Readonly<Record<string, number>>,
): MachineProgram {
  try {
    return i386.assemble(withNumbers(source, numbers), { name: "where" });
  } catch {
    check(false, "It does not assemble. Try it in a cell to see which line is wrong.");
    throw new Error("unreachable");
  }
}

function run(
  { random }: TestContext,
  program: MachineProgram,
  shadowStack: boolean,
  input?: Uint8Array,
): Run {
  const machine = boot({ seed: random.int(1, 1 << 30), cpus: 1 });
  if (input !== undefined) machine.writeFile("/input", input);
  const process = machine.spawn(program, { shadowStack });
  machine.runFor(3_000_000);
  const words = (label: string, n: number): readonly number[] => {
    const bytes = process.memory(program.symbols[label] ?? 0, n * 4);
    const view = new DataView((bytes ?? new Uint8Array(n * 4)).slice().buffer);
    return Array.from({ length: n }, (_, i) => view.getUint32(i * 4, true));
  };
  const { exited, signaled, pid } = process;
  const entered = machine.trace.events({ name: "raw_syscalls:sys_enter", pid });
  return {
    ...{ exited, signaled, words, log: machine.kernelLog },
    word: (symbol) => words(symbol, 1)[0] ?? 0,
    calls: entered.map(({ fields }) => Number(fields["id"])),
  };
}

function isControlProtection(log: readonly string[]): boolean {
  return log.some((line) => line.includes("control protection") && line.includes("near ret"));
}

/** Whoever switches the shadow stack off has not solved anything. */
function onlyOnce({ check }: TestContext, { calls }: Run): void {
  check(
    !calls.includes(NR_ARCH_PRCTL),
    "arch_prctl was called: setjmp and longjmp need no system call, and the feature stays on.",
  );
}

/** Reads far more than its buffer holds. */
const GREET = `
greet:
  push %ebp
  mov %esp, %ebp
  sub $BUFFER_BYTES, %esp
  mov $5, %eax                 # open("/input", O_RDONLY)
  mov $path, %ebx
  xor %ecx, %ecx
  int $0x80
  mov %eax, %ebx
  mov $3, %eax                 # read(fd, buffer, 512)
  lea -BUFFER_BYTES(%ebp), %ecx
  mov $512, %edx
  int $0x80
  leave
  ret
secret:                        # nobody calls it
  mov 4(%esp), %ebx
  mov $1, %eax                 # exit(argument)
  int $0x80
  .section .rodata
path: .asciz "/input"
  .text
`;

/** Calls greet, and nothing else. */
const CALLS_GREET = `
_start:
  call greet
  mov $1, %eax
  mov $7, %ebx
  int $0x80
`;

/**
 * setjmp in a function, `depth` calls down, longjmp with `value`; `rounds` times. Writes down what the registers
 * and both stack pointers are at the end of each round, in `answers`, and how many rounds were made, in `made`.
 */
const JUMPS = `
_start:
  mov $ROUNDS, %eax
  mov %eax, left
again:
  call round
  decl left
  jnz again
  call leave_by_ret
wait:
  mov $29, %eax                # pause
  int $0x80
  jmp wait
leave_by_ret:
  ret
round:
  mov $0x0b0b0b0b, %ebx
  mov $0x51515151, %esi
  mov $0xd1d1d1d1, %edi
  mov $0xb9b9b9b9, %ebp
  mov %esp, esp_before
  xor %eax, %eax
  rdsspd %eax
  mov %eax, ssp_before
  push $buf
  call setjmp
  add $4, %esp
  test %eax, %eax
  jnz landed
  mov $0, %ebx
  mov $0, %esi
  mov $0, %edi
  mov $0, %ebp
  mov $DEPTH, %eax
  mov %eax, depth
  call down
  ud2
landed:
  mov to, %ecx
  mov %eax, (%ecx)
  mov %ebx, 4(%ecx)
  mov %esi, 8(%ecx)
  mov %edi, 12(%ecx)
  mov %ebp, 16(%ecx)
  mov %esp, %edx
  sub esp_before, %edx
  mov %edx, 20(%ecx)
  xor %edx, %edx
  rdsspd %edx
  sub ssp_before, %edx
  mov %edx, 24(%ecx)
  addl $28, to
  incl made
  ret
down:
  decl depth
  jz bottom
  push $0x41414141
  call down
  ud2
bottom:
  push $VALUE
  push $buf
  call longjmp
  ud2
`;

/** A function that jumps within one that jumps out of it. */
const NESTED = `
_start:
  call outer
  mov %eax, made
wait:
  mov $29, %eax
  int $0x80
  jmp wait
outer:
  push $buf
  call setjmp
  add $4, %esp
  test %eax, %eax
  jnz 1f
  call inner
  ud2
1:
  add total, %eax
  ret
inner:
  push $buf2
  call setjmp
  add $4, %esp
  addl %eax, total
  cmp $TIMES, %eax
  jae 2f
  inc %eax
  mov %eax, depth
  call thrower
  ud2
2:
  call 3f                      # one frame more on the way out
  ud2
3:
  push $1000
  push $buf
  call longjmp
  ud2
thrower:
  push depth
  push $buf2
  call longjmp
  ud2
`;

/** Leaves a signal handler by longjmp, `rounds` times. */
const SIGNALS = `
_start:
  mov $174, %eax               # rt_sigaction(SIGUSR1, &action, NULL, 8)
  mov $10, %ebx
  mov $action, %ecx
  xor %edx, %edx
  mov $8, %esi
  int $0x80
  mov $ROUNDS, %eax
  mov %eax, left
again:
  call round
  decl left
  jnz again
  call f
wait:
  mov $29, %eax
  int $0x80
  jmp wait
round:
  xor %eax, %eax
  rdsspd %eax
  mov %eax, ssp_before
  push $buf
  call setjmp
  add $4, %esp
  test %eax, %eax
  jnz landed
  mov $DEPTH, %eax
  mov %eax, depth
  call down
  ud2
landed:
  cmp $VALUE, %eax
  jne f
  xor %edx, %edx
  rdsspd %edx
  cmp ssp_before, %edx
  jne f
  incl made
f:
  ret
down:
  decl depth
  jz bottom
  call down
  ud2
bottom:
  mov $20, %eax                # kill(getpid(), SIGUSR1)
  int $0x80
  mov %eax, %ebx
  mov $37, %eax
  mov $10, %ecx
  int $0x80
  ud2
handler:
  call in_handler
  ud2
in_handler:
  push $VALUE
  push $buf
  call longjmp
  ud2
restorer:
  mov $173, %eax
  int $0x80
  .data
action: .long handler, 0x44000004, restorer, 0, 0
  .text
`;

/** First it jumps, then it is attacked. */
const JUMPS_THEN_GREETS = `
_start:
  call jumper
  call greet
  mov $1, %eax
  mov $7, %ebx
  int $0x80
jumper:
  push $buf
  call setjmp
  add $4, %esp
  test %eax, %eax
  jnz 1f
  mov $DEPTH, %eax
  mov %eax, depth
  call down
1:
  ret
down:
  decl depth
  jz 2f
  call down
2:
  push $1
  push $buf
  call longjmp
`;

const DATA = `
  .data
  .balign 16
buf: .space 32
fence: .long 0x600df00d
buf2: .space 32
esp_before: .long 0
ssp_before: .long 0
left: .long 0
depth: .long 0
total: .long 0
made: .long 0
to: .long answers
answers: .space 512
`;

/** Puts numbers in the place of names in capitals. */
function withNumbers(text: string, numbers: Readonly<Record<string, number>>): string {
  return text.replace(/\b[A-Z_]{4,}\b/g, (name) => {
    const number = numbers[name];
    return number === undefined ? name : String(number);
  });
}
