import { exercise, type TestContext } from "exercise";
import { SEGV_ACCERR, SEGV_MAPERR, SIGSEGV } from "kernel-sim";

const PAGE = 4096n;
const KERNEL_HALF = 0xffff800000000000n;
const STACK_LIMIT = 8n << 20n;
const GAP = 256n * PAGE;
const KINDS = ["read", "write", "execute"] as const;

interface Region {
  readonly start: bigint;
  readonly end: bigint;
  readonly perms: string;
  readonly name: string;
}

interface Access {
  readonly address: bigint;
  readonly kind: (typeof KINDS)[number];
}

export default exercise("read-the-map", ({ test }) => {
  test("inside-or-outside", async (context) => {
    const { random } = context;
    for (let round = 0; round < 12; round++) {
      const regions = space(context, ["r--p", "rw-p", "r-xp"]);
      const accesses: Access[] = [];
      for (const { start, end } of random.shuffle(regions)) {
        for (const address of [start, start - 1n, end - 1n, end]) {
          accesses.push({ address, kind: "read" });
        }
      }
      accesses.push({ address: KERNEL_HALF + random.bigint(0n, 1n << 46n), kind: "read" });
      accesses.push({ address: random.bigint(0n, 0xffffn), kind: random.pick(KINDS) });
      await compare(context, regions, accesses, false);
    }
  });

  test("permissions", async (context) => {
    const { random } = context;
    for (let round = 0; round < 12; round++) {
      const regions = space(context, ["r--p", "rw-p", "r-xp", "---p", "-w-p", "--xp", "rwxp"]);
      const accesses: Access[] = [];
      for (const { start } of random.shuffle(regions)) {
        // Forbidden fetches last: they bring their page in before they are refused.
        for (const kind of random.shuffle(["read", "write"] as const)) {
          accesses.push({ address: start + random.bigint(0n, PAGE - 1n), kind });
        }
        accesses.push({ address: start + random.bigint(0n, PAGE - 1n), kind: "execute" });
      }
      await compare(context, regions, accesses, false);
    }
  });

  test("first-touch", async (context) => {
    const { random } = context;
    for (let round = 0; round < 12; round++) {
      const regions = space(context, ["rw-p", "rwxp", "rw-p", "r-xp"]);
      const accesses: Access[] = [];
      for (let i = 0; i < 60; i++) {
        const { start, end, perms } = random.pick(regions);
        const pages = (end - start) / PAGE;
        const page = start + PAGE * random.bigint(0n, pages < 3n ? pages - 1n : 2n);
        const kinds = KINDS.filter((kind) => kind === "read" || allows(perms, kind));
        accesses.push({
          address: page + random.bigint(0n, PAGE - 1n),
          kind: random.pick(kinds),
        });
      }
      await compare(context, regions, accesses, true);
    }
  });

  test("stack", async (context) => {
    const { random } = context;
    for (let round = 0; round < 12; round++) {
      const isNear = round % 2 === 0;
      const regions = space(context, ["rw-p", "r--p"], isNear);
      const at = regions.findIndex(({ name }) => name === "[stack]");
      const { start, end } = regions[at] as Region;
      const below = (regions[at - 1] as Region).end;
      const lowest = isNear ? below + GAP : end - STACK_LIMIT;
      const accesses: Access[] = [
        { address: lowest - 1n, kind: "read" },
        { address: lowest - random.bigint(1n, PAGE - 1n), kind: "write" },
        { address: start - random.bigint(1n, PAGE), kind: random.pick(["read", "write"]) },
        { address: start - random.bigint(1n, PAGE), kind: "read" },
      ];
      for (let i = 0; i < 12; i++) {
        const address = random.bigint(lowest - 4n * PAGE, start + PAGE);
        accesses.push({ address, kind: random.pick(["read", "write"]) });
      }
      accesses.push({ address: lowest - 1n, kind: "write" });
      accesses.push({ address: lowest + random.bigint(0n, PAGE - 1n), kind: "write" });
      accesses.push({ address: lowest - random.bigint(1n, PAGE), kind: "read" });
      accesses.push({ address: lowest + PAGE + random.bigint(0n, PAGE - 1n), kind: "read" });
      // Where something else than the stack is above, nothing grows.
      accesses.push({ address: (regions[1] as Region).start - 8n, kind: "write" });
      await compare(context, regions, accesses, true);
    }
  });

  test("everything", async (context) => {
    const { random } = context;
    for (let round = 0; round < 12; round++) {
      const regions = space(
        context,
        ["r--p", "rw-p", "r-xp", "---p", "rwxp", "rw-p"],
        random.int(0, 1) === 1,
      );
      const stack = regions.find(({ name }) => name === "[stack]") as Region;
      const accesses: Access[] = [];
      for (let i = 0; i < 150; i++) {
        const { start, end, perms } = random.pick(regions);
        const address = random.pick([
          start,
          end - 1n,
          end,
          start - 1n,
          start + random.bigint(0n, 2n * PAGE),
          stack.start - random.bigint(0n, 9n << 20n),
          KERNEL_HALF + random.bigint(0n, 1n << 40n),
        ]);
        const kind = random.pick(KINDS);
        if (kind !== "execute" || perms.includes("x") || address >= KERNEL_HALF) {
          accesses.push({ address, kind: kind === "execute" && address === end ? "read" : kind });
        }
      }
      await compare(context, regions, withoutHalfFetches(regions, accesses), true);
    }
  });
});

/** Fetches that find a region which forbids them bring their page in all the same: the task has none. */
function withoutHalfFetches(
  regions: readonly Region[],
  accesses: readonly Access[],
): readonly Access[] {
  return accesses.filter(({ address, kind }) => {
    if (kind !== "execute") return true;
    const region = regions.find(({ start, end }) => start <= address && address < end);
    return region?.perms.includes("x") === true || (region === undefined && address >= KERNEL_HALF);
  });
}

/** A random address space, and below its stack either much room or little. */
function space(
  { random }: TestContext,
  kinds: readonly string[],
  isNear = false,
): readonly Region[] {
  const regions: Region[] = [];
  let at = 0x550000000000n + PAGE * random.bigint(0n, 1n << 26n);
  const add = (pages: bigint, perms: string, name: string) => {
    regions.push({ start: at, end: at + pages * PAGE, perms, name });
    at += pages * PAGE;
  };
  for (let i = 0; i < 7; i++) {
    const names = ["", "", "/usr/lib/libc.so.6", "/home/ala/my notes", "[heap]"];
    add(random.bigint(1n, 30n), random.pick(kinds), random.pick(names));
    // Often right behind each other.
    if (random.int(0, 1) === 1) at += PAGE * random.bigint(1n, 500n);
  }
  at = 0x7ff000000000n + PAGE * random.bigint(0n, 1n << 20n);
  add(random.bigint(1n, 9n), "r--p", "");
  at += isNear ? GAP + PAGE * random.bigint(8n, 100n) : 16n << 20n;
  add(33n, "rw-p", "[stack]");
  at += PAGE * random.bigint(4n, 40n);
  add(2n, "r-xp", "[vdso]");
  return regions;
}

function mapsText(regions: readonly Region[]): string {
  const hex = (address: bigint) => address.toString(16);
  const lines = regions.map(({ start, end, perms, name }) => {
    const inode = name.startsWith("/") ? "08:01 131127" : "00:00 0";
    const line = `${hex(start)}-${hex(end)} ${perms} 00000000 ${inode} `;
    return name === "" ? line : line.padEnd(73) + name;
  });
  return `${lines.join("\n")}\n`;
}

function allows(perms: string, kind: Access["kind"]): boolean {
  if (kind === "read") return perms !== "---p";
  return perms.includes(kind === "write" ? "w" : "x");
}

/** As text: "succeeds", "repaired", or the code of the signal. */
function verdicts(regions: readonly Region[], accesses: readonly Access[]): readonly string[] {
  const spaces = regions.map((region) => ({ ...region }));
  const there = new Map<bigint, boolean>();
  return accesses.map(({ address, kind }) => {
    const page = address & ~(PAGE - 1n);
    const at = spaces.findIndex(({ end }) => end > address);
    const region = spaces[at];
    if (region === undefined || address >= KERNEL_HALF) return "MAPERR";
    if (address < region.start) {
      const room = page - (spaces[at - 1]?.end ?? 0n);
      const grows = region.name === "[stack]" && region.end - page <= STACK_LIMIT && room >= GAP;
      if (!grows) return "MAPERR";
      if (!allows(region.perms, kind)) return "ACCERR";
      region.start = page;
    }
    if (!allows(region.perms, kind)) return "ACCERR";
    const isWritable = there.get(page);
    if (isWritable === true || (isWritable === false && kind !== "write")) return "succeeds";
    there.set(page, kind === "write");
    return "repaired";
  });
}

/** With `exactly`, whether an access is repaired or simply succeeds is looked at, too. */
async function compare(
  { player, check }: TestContext,
  regions: readonly Region[],
  accesses: readonly Access[],
  exactly: boolean,
): Promise<void> {
  const answer = await player.call(
    "judge",
    mapsText(regions),
    accesses.map((access) => ({ ...access })),
  );
  check(
    Array.isArray(answer) && answer.length === accesses.length,
    "judge must answer an array with one outcome for each access.",
  );
  const wanted = verdicts(regions, accesses);
  (answer as readonly unknown[]).forEach((outcome, i) => {
    const should = wanted[i] as string;
    const got = text(outcome);
    const isLive = should === "succeeds" || should === "repaired";
    if (isLive && !exactly) {
      check(
        got === "succeeds" || got === "repaired",
        "An access that the process may make is answered as its end.",
      );
      return;
    }
    check(got === should, HINTS[should] as string);
  });
}

const HINTS: Readonly<Record<string, string>> = {
  succeeds: "An access to a page that is there, in the way that it is there for, must succeed.",
  repaired:
    "An allowed access to a page that is not there, or not yet for writing, or to which the stack can grow, is repaired.",
  MAPERR: "An access that belongs to no region, and to which no stack can grow, is SEGV_MAPERR.",
  ACCERR: "An access to a region that forbids it is SEGV_ACCERR.",
};

function text(outcome: unknown): string {
  if (typeof outcome !== "object" || outcome === null) return "nothing";
  const { outcome: kind, signal, code } = outcome as Record<string, unknown>;
  if (kind !== "killed") return String(kind);
  if (signal !== SIGSEGV) return "another signal";
  return code === SEGV_MAPERR ? "MAPERR" : code === SEGV_ACCERR ? "ACCERR" : "another code";
}
