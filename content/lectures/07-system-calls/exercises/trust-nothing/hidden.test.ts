import { exercise, type TestContext } from "exercise";
import { boot, type HostedSystemCall, type HostedWatch, type Machine } from "kernel-sim";

const ENOENT = 2;
const EFAULT = 14;
const EINVAL = 22;
/** PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS. */
const READ_WRITE = 3;
const ANONYMOUS = 0x22;

/** The table of the task, by id. */
const THREADS: ReadonlyMap<number, readonly [number, string]> = new Map([
  [1, [1, "init"]],
  [2, [2, "kthreadd"]],
  [3, [2, "rcu_gp"]],
  [9, [2, "ksoftirqd/0"]],
  [11, [2, "migration/0"]],
  [77, [1, "getty"]],
  [404, [1, "a"]],
  [1000, [1, "fifteen-letters"]],
  [65535, [3, "nobody"]],
]);
const KNOWN = [...THREADS.keys()];

const REQ_BYTES = 24;
const INFO_BYTES = 32;
const NAMES_MAX = 1024;
const PAGE = 4096;
/** Three areas, each with a hole behind it. */
const REQ_AREA = { start: 0, end: 4 * PAGE };
const IDS_AREA = { start: 5 * PAGE, end: 9 * PAGE };
const INFOS_AREA = { start: 10 * PAGE, end: 20 * PAGE };
const AREA_BYTES = 21 * PAGE;
const FILLED_WITH = 0xa5;

/** Where a pointer points: into the areas, or anywhere. */
type Place = { readonly at: number } | { readonly absolute: number };

interface Request {
  readonly req: Place;
  readonly count: number;
  readonly flags: number;
  readonly ids: Place;
  readonly infos: Place;
  /** What lies at `ids`, as far as it is mapped. */
  readonly values: readonly number[];
}

interface Outcome {
  readonly answer: number | undefined;
  readonly signaled: number | undefined;
  /** The whole area of the infos behind the call. */
  readonly infos: Uint8Array | undefined;
}

interface Lab {
  readonly machine: Machine;
  readonly call: HostedSystemCall;
}

export default exercise("trust-nothing", ({ test }) => {
  test("honest", async (context) => {
    const lab = open(context);
    for (const count of [0, 1, 2, 9, context.random.int(10, 60)]) {
      await expectRight(context, lab, request(context, count), HONEST);
    }
    // The largest count is no error; the first id ends the call soon.
    const most = request(context, NAMES_MAX);
    const values = [5, ...most.values.slice(1)];
    await expectRight(context, lab, { ...most, values }, "1024 names are not too many.");
    const nothing = { ...request(context, 0), ids: { absolute: 8 }, infos: { absolute: -4096 } };
    await expectRight(context, lab, nothing, "With count 0 neither pointer may be looked at.");
  });

  test("request", async (context) => {
    const { random } = context;
    const lab = open(context);
    for (const there of [0, 1, 23, REQ_BYTES, ...some(context, REQ_BYTES, 5)]) {
      const req = { at: REQ_AREA.end - there };
      await expectRight(context, lab, { ...request(context, 2), req }, REQUEST);
    }
    for (const absolute of badAddresses(context).slice(0, 7)) {
      await expectRight(context, lab, { ...request(context, 2), req: { absolute } }, REQUEST);
    }
    for (const flags of [1, 0x80000000, random.int(2, 0xffff)]) {
      await expectRight(context, lab, { ...request(context, 2), flags }, REQUEST);
      // The flags come before the count.
      await expectRight(context, lab, { ...request(context, 5000), flags }, REQUEST);
    }
    for (const unknown of [0, 5, 65536, 0xffffffff]) {
      const asked = request(context, random.int(1, 12));
      const values = [...asked.values];
      values[random.int(0, values.length - 1)] = unknown;
      await expectRight(context, lab, { ...asked, values }, UNKNOWN);
    }
  });

  test("nested", async (context) => {
    const { random } = context;
    const lab = open(context);
    const count = 3;
    for (const there of [0, count * 4 - 1, count * 4, ...some(context, count * 4, 4)]) {
      const ids = { at: IDS_AREA.end - there };
      await expectRight(context, lab, { ...request(context, count), ids }, NESTED);
    }
    for (const there of [0, 95, 96, ...some(context, 96, 6)]) {
      const infos = { at: INFOS_AREA.end - there };
      await expectRight(context, lab, { ...request(context, count), infos }, NESTED);
    }
    for (const absolute of badAddresses(context).slice(0, 6)) {
      await expectRight(context, lab, { ...request(context, count), ids: { absolute } }, NESTED);
      await expectRight(context, lab, { ...request(context, count), infos: { absolute } }, NESTED);
    }
  });

  test("sizes", async (context) => {
    const { random } = context;
    const lab = open(context);
    const counts = [
      ...[NAMES_MAX + 1, 2048, 0x40000000, 0x40000001, 0x80000000, 0x80000001, 0xc0000002],
      ...[0x08000000, 0x08000001, 0x7fffffff, 0xffffffff, random.int(1025, 0xffffffff)],
    ];
    for (const count of counts) {
      const asked = { ...request(context, 8), count };
      await expectRight(
        context,
        lab,
        asked,
        "A count above 1024 is -EINVAL, whatever it is times 4.",
      );
    }
  });

  test("kernel", async (context) => {
    const { random, check } = context;
    const lab = open(context);
    const address = () => random.pick(badAddresses(context));
    for (let i = 0; i < 30; i++) {
      const asked = request(context, random.pick([0, 1, 3, 9, 1025, 0x40000001]));
      const spoilt = random.pick([
        {},
        { req: { absolute: address() } },
        { req: { at: REQ_AREA.end - random.int(0, REQ_BYTES) } },
        { ids: { absolute: address() } },
        { ids: { at: IDS_AREA.end - random.int(0, 64) } },
        { infos: { absolute: address() } },
        { infos: { at: INFOS_AREA.end - random.int(0, 500) } },
        { flags: 1 },
        { values: [1, 2, 5] },
      ]);
      const { signaled } = await attempt(context, lab, { ...asked, ...spoilt });
      check(signaled === undefined, "The kernel oopsed, and the task that had made the call died.");
      check(
        !lab.machine.kernelLog.some((line) => /KASAN|usercopy|Oops|BUG: (?!KMSAN)/.test(line)),
        "KASAN or the kernel's own checks found an access to memory that is not yours.",
      );
      check(
        lab.machine.kernelAllocations().length === 0,
        "Memory of kmalloc was not given back. Look at the early returns.",
      );
    }
  });

  test("races", async (context) => {
    const { random } = context;
    for (let round = 0; round < 8; round++) {
      const lab = open(context);
      const asked = request(context, random.int(1, 9));
      await expectRight(context, lab, asked, RACES, (store) => ({
        after: ({ name, args }) => {
          const read = readOf(name, args);
          if (read === undefined) return;
          // What was read is something else now: numbers that would do harm.
          store(read.from, hostile(context, read.from, read.n));
        },
      }));
    }
    const lab = open(context);
    const ids = { at: INFOS_AREA.start + 64 };
    const over = { ...request(context, 6), ids, infos: { at: INFOS_AREA.start + 32 } };
    await expectRight(context, lab, over, RACES);
  });

  test("leaks", async (context) => {
    const { random, check } = context;
    const lab = open(context);
    for (let i = 0; i < 12; i++) {
      const asked = request(context, random.int(1, 12));
      await expectRight(context, lab, asked, LEAKS);
      check(!lab.machine.kernelLog.some((line) => line.includes("KMSAN")), LEAKS);
    }
  });
});

const HONEST = "An honest request is answered wrongly: look at the answer and at the infos.";
const REQUEST =
  "A bad request got the wrong answer, or changed memory. Mind the order of the checks.";
const UNKNOWN = "An unknown id is -ENOENT, and nothing may have been written by then.";
const NESTED = "A bad pointer to ids or infos must answer -EFAULT, at whatever byte it goes bad.";
const RACES =
  "Memory that changed after it was read has changed the answer: something was fetched twice.";
const LEAKS = "Bytes that nobody has written left the kernel: padding, or the rest of a name.";

/** A machine, and the system call whose code the player has. */
function open({ random }: TestContext): Lab {
  const machine = boot({ seed: random.int(1, 1 << 30), cpus: 1 });
  return { machine, call: machine.hostSystemCall("get_names", 1) };
}

/** An honest request at random places. */
function request({ random }: TestContext, count: number): Request {
  return {
    req: { at: REQ_AREA.start + 8 * random.int(0, 200) },
    count,
    flags: 0,
    ids: { at: IDS_AREA.start + 4 * random.int(0, 200) },
    infos: { at: INFOS_AREA.start + 8 * random.int(0, 200) },
    values: Array.from({ length: Math.min(count, NAMES_MAX) }, () => random.pick(KNOWN)),
  };
}

/** Some of the numbers below `end`. */
function some({ random }: TestContext, end: number, count: number): number[] {
  return Array.from({ length: count }, () => random.int(0, end - 1));
}

/** NULL and its neighbours, the kernel's half, its heap, and the hole between the halves. */
function badAddresses({ random }: TestContext): number[] {
  return random.shuffle([
    ...[0, 8, PAGE - 4, -1, -8, -PAGE, 2 ** 47 - PAGE, 2 ** 47 - 4, 2 ** 47, 2 ** 48],
    ...[-0x778000000000 + 0x4000000, -0x778000000000 + 0x4000000 + 8 * random.int(0, 500)],
  ]) as number[];
}

/** Runs the call in a process of its own. */
async function attempt(
  { player }: TestContext,
  { machine, call }: Lab,
  asked: Request,
  watch?: (store: (address: number, bytes: Uint8Array) => void) => HostedWatch,
): Promise<Outcome> {
  const process = machine.spawn(function* (sys) {
    const base = yield* sys.mmap(0, AREA_BYTES, READ_WRITE, ANONYMOUS);
    const filled = new Uint8Array(INFOS_AREA.end - INFOS_AREA.start).fill(FILLED_WITH);
    yield* sys.store(base + INFOS_AREA.start, filled);
    for (const { end } of [REQ_AREA, IDS_AREA, INFOS_AREA]) yield* sys.munmap(base + end, PAGE);
    const address = (place: Place): number => ("at" in place ? base + place.at : place.absolute);
    for (const { at, bytes } of contents(asked, address)) yield* sys.store(base + at, bytes);
    const answer = yield* sys.call("get_names", address(asked.req));
    const infos = yield* sys.load(base + INFOS_AREA.start, INFOS_AREA.end - INFOS_AREA.start);
    return { answer, infos };
  });
  const ask = (question: Parameters<Parameters<HostedSystemCall["serve"]>[0]>[0]) =>
    player.call("getNames", question as never);
  await call.serve(
    ask,
    watch?.((address, bytes) => void process.store(address, bytes)),
  );
  const returned = process.returned as { answer: number; infos: Uint8Array } | undefined;
  return { answer: returned?.answer, infos: returned?.infos, signaled: process.signaled };
}

/** What the program puts into its memory, cut off where the holes begin. */
function contents(asked: Request, address: (place: Place) => number) {
  const pieces: { at: number; bytes: Uint8Array }[] = [];
  const put = (place: Place, bytes: Uint8Array, { end }: { readonly end: number }): void => {
    if ("at" in place) pieces.push({ at: place.at, bytes: bytes.slice(0, end - place.at) });
  };
  const ids = new DataView(new ArrayBuffer(asked.values.length * 4));
  asked.values.forEach((id, i) => {
    ids.setUint32(i * 4, id, true);
  });
  const idsAt = "at" in asked.ids ? asked.ids.at : 0;
  put(asked.ids, new Uint8Array(ids.buffer), idsAt <= IDS_AREA.end ? IDS_AREA : INFOS_AREA);
  const words = new DataView(new ArrayBuffer(REQ_BYTES));
  words.setUint32(0, asked.count, true);
  words.setUint32(4, asked.flags, true);
  words.setBigUint64(8, BigInt.asUintN(64, BigInt(address(asked.ids))), true);
  words.setBigUint64(16, BigInt.asUintN(64, BigInt(address(asked.infos))), true);
  put(asked.req, new Uint8Array(words.buffer), REQ_AREA);
  return pieces;
}

async function expectRight(
  context: TestContext,
  lab: Lab,
  asked: Request,
  hint: string,
  watch?: (store: (address: number, bytes: Uint8Array) => void) => HostedWatch,
): Promise<void> {
  const { answer, infos, signaled } = await attempt(context, lab, asked, watch);
  context.check(signaled === undefined, "The kernel oopsed: machine.kernelLog says why.");
  const wanted = rightAnswer(asked);
  context.check(answer === wanted, hint);
  // Before a bad place some of the infos may have been written.
  if (wanted === -EFAULT || infos === undefined) return;
  const expected = new Uint8Array(infos.length).fill(FILLED_WITH);
  for (const { at, bytes } of contents(asked, () => 0)) {
    if (at >= INFOS_AREA.start) expected.set(bytes, at - INFOS_AREA.start);
  }
  const start = "at" in asked.infos ? asked.infos.at - INFOS_AREA.start : 0;
  if (wanted > 0) expected.set(rightInfos(asked), start);
  context.check(
    infos.every((byte, i) => {
      // What lies between the fields is the business of one test alone.
      const isBetween = i >= start && i < start + wanted * INFO_BYTES && expected[i] === 0;
      return byte === expected[i] || (hint !== LEAKS && isBetween && isPadding(asked, i - start));
    }),
    hint,
  );
}

/** Whether a byte of the infos holds nothing: behind kind, or behind the end of the name. */
function isPadding({ values }: Request, at: number): boolean {
  const [, name] = THREADS.get(values[Math.floor(at / INFO_BYTES)] ?? 0) ?? [0, ""];
  const offset = at % INFO_BYTES;
  return (offset > 0 && offset < 8) || offset > 16 + name.length;
}

function rightAnswer({ req, count, flags, ids, infos, values }: Request): number {
  if (!isThere(req, REQ_BYTES)) return -EFAULT;
  if (flags !== 0 || count > NAMES_MAX) return -EINVAL;
  if (count === 0) return 0;
  if (!isThere(ids, count * 4)) return -EFAULT;
  if (values.slice(0, count).some((id) => !THREADS.has(id))) return -ENOENT;
  return isThere(infos, count * INFO_BYTES) ? count : -EFAULT;
}

function isThere(place: Place, n: number): boolean {
  if ("absolute" in place) return false;
  const area = [REQ_AREA, IDS_AREA, INFOS_AREA].find(({ end }) => place.at <= end);
  return area !== undefined && place.at + n <= area.end;
}

function rightInfos({ values, count }: Request): Uint8Array {
  const view = new DataView(new ArrayBuffer(count * INFO_BYTES));
  values.slice(0, count).forEach((id, i) => {
    const [kind, name] = THREADS.get(id) ?? [0, ""];
    view.setUint8(i * INFO_BYTES, kind);
    view.setUint32(i * INFO_BYTES + 8, id, true);
    for (let c = 0; c < name.length; c++) {
      view.setUint8(i * INFO_BYTES + 16 + c, name.charCodeAt(c));
    }
  });
  return new Uint8Array(view.buffer);
}

/** The user memory that a call of a kernel function reads. */
function readOf(name: string, args: readonly (number | string)[]) {
  const [first = 0, second = 0, third = 0] = args.map(Number);
  if (name === "copy_from_user") return { from: second, n: third };
  return name === "get_user" ? { from: first, n: second } : undefined;
}

/** Other numbers in place of those that were read: other sizes, other ids, pointers into the kernel. */
function hostile({ random }: TestContext, from: number, n: number): Uint8Array {
  if (n < 0 || n > 2 * PAGE) return new Uint8Array(0);
  const kind = random.int(0, 2);
  return Uint8Array.from({ length: n }, (_, i) => {
    if (kind === 0) return 0xff;
    return kind === 1 ? ((from + i) % 4 === 0 ? 77 : 0) : random.int(0, 255);
  });
}
