import { exercise, type Plain, type TestContext } from "exercise";
import { boot, type Machine, type TraceEvent } from "kernel-sim";

type CpuStretch = ReturnType<Machine["timeline"]>[number];

const O_RDWR = 2;
const O_CREAT = 0o100;
const SIGKILL = 9;

type Row = { readonly [key: string]: Plain };

/** A record, and what the machine itself says about the same time. */
interface Case {
  readonly record: Row;
  readonly processes: ReadonlyMap<number, { readonly userNs: number; readonly systemNs: number }>;
  readonly nobodys: { readonly interrupt: number; readonly switch: number; readonly idle: number };
  readonly devices: readonly { dev: number; readBytes: number; writtenBytes: number }[];
  readonly peakPages: number;
}

export default exercise("audit-the-manager", ({ test }) => {
  test("processor", async (context) => {
    for (const one of cases(context)) {
      const audit = await ask(context, one);
      const rows = audit["processes"];
      context.check(
        Array.isArray(rows) && rows.length === one.processes.size,
        "The list of processes is not that of those who were charged.",
      );
      const pids = [...one.processes.keys()].sort((a, b) => a - b);
      pids.forEach((pid, i) => {
        const row = (rows as readonly Plain[])[i] as Row | undefined;
        const own = one.processes.get(pid);
        context.check(row?.["pid"] === pid, "The processes are not in the order of their numbers.");
        context.check(
          row?.["userNs"] === own?.userNs && row?.["systemNs"] === own?.systemNs,
          "A process's user or system time is not what the kernel has counted.",
        );
      });
    }
  });

  test("nobodys-time", async (context) => {
    for (const one of cases(context)) {
      const { nobodys, processes, record } = one;
      const audit = await ask(context, one);
      context.check(audit["interruptNs"] === nobodys.interrupt, "The time of interrupts is wrong.");
      context.check(
        audit["switchNs"] === nobodys.switch,
        "The time of uncharged switches is wrong.",
      );
      context.check(audit["idleNs"] === nobodys.idle, "The idle time is wrong.");
      let sum = nobodys.interrupt + nobodys.switch + nobodys.idle;
      for (const { userNs, systemNs } of processes.values()) sum += userNs + systemNs;
      const length = Number(record["to"]) - Number(record["from"]);
      if (sum !== Number(record["cpus"]) * length) throw new Error("the record does not add up");
    }
  });

  test("devices", async (context) => {
    for (const one of cases(context)) {
      const { devices } = await ask(context, one);
      context.check(
        Array.isArray(devices) &&
          devices.length === one.devices.length &&
          one.devices.every((wanted, i) => sameDevice(wanted, devices[i] as Row | undefined)),
        "The bytes of a device are not what the disk has counted, or devices are missing, too many, or out of order.",
      );
    }
  });

  test("memory", async (context) => {
    for (const one of cases(context)) {
      const { peakPages } = await ask(context, one);
      context.check(peakPages === one.peakPages, "The peak of pages in use is wrong.");
    }
  });
});

function sameDevice(wanted: Case["devices"][number], row: Row | undefined): boolean {
  return (
    row?.["dev"] === wanted.dev &&
    row["readBytes"] === wanted.readBytes &&
    row["writtenBytes"] === wanted.writtenBytes
  );
}

async function ask({ player, check }: TestContext, { record }: Case): Promise<Row> {
  const audit = await player.call("audit", record);
  check(
    typeof audit === "object" && audit !== null && !Array.isArray(audit),
    "audit must answer an object.",
  );
  return audit as Row;
}

/** One CPU and several, disks fast and slow, cut off at some instant. */
function cases(context: TestContext): readonly Case[] {
  const { random } = context;
  return [
    machineCase(context, 1, "ssd", random.int(4_000_000, 9_000_000)),
    machineCase(context, 2, "hdd", random.int(20_000_000, 60_000_000)),
    machineCase(context, 3, "ssd", random.int(9_000_000, 30_000_000)),
  ];
}

function machineCase(
  { random }: TestContext,
  cpus: number,
  disk: "ssd" | "hdd",
  lengthNs: number,
): Case {
  const machine = boot({ seed: random.int(1, 1 << 30), cpus, disk, timeline: true });
  const from = machine.now();
  const accountsBefore = accountsOf(machine);
  const pagesAtStart = pagesInUse(machine);
  const eventsBefore = machine.trace.length;
  const children = random.int(3, 6);
  const plans = Array.from({ length: children }, () => ({
    computeNs: random.int(100_000, 2_000_000),
    sleepNs: random.int(50_000, 900_000),
    bytes: random.int(1, 9000),
    turns: random.int(1, 5),
    isEndless: random.int(0, 2) === 0,
    pages: random.int(0, 40),
  }));
  machine.spawn(function* family(sys) {
    const pids: number[] = [];
    for (const [i, plan] of plans.entries()) {
      const pid = yield* sys.fork();
      if (pid > 0) {
        pids.push(pid);
        continue;
      }
      const fd = yield* sys.open(`/mnt/file${i}`, O_CREAT | O_RDWR, 0o644);
      const at = yield* sys.mmap(0, 4096 * 64, 3, 0x22);
      for (let n = 0; n < plan.pages; n++) yield* sys.store(at + 4096 * n, Uint8Array.of(1));
      for (let n = 0; n < plan.turns; n++) {
        yield* sys.compute(plan.computeNs);
        yield* sys.write(fd, new Uint8Array(plan.bytes));
        yield* sys.nanosleep(plan.sleepNs);
      }
      yield* sys.call("fsync", fd);
      while (plan.isEndless) yield* sys.compute(300_000);
      yield* sys.exit(0);
    }
    yield* sys.nanosleep(Math.floor(lengthNs / 2));
    for (const pid of pids.slice(0, 2)) yield* sys.kill(pid, SIGKILL);
    // It waits for none of them: their accounts stay open.
    yield* sys.nanosleep(1_000_000_000_000);
  });
  machine.runFor(lengthNs);
  const to = Math.max(machine.now(), ...machine.timeline().map((stretch) => stretch.to));
  const ownEvents = [...machine.trace.events().slice(eventsBefore)];
  // Pages in larger pieces, taken and given back: the kernel itself takes them one by one here.
  for (let n = 0; n < 4; n++) {
    const order = random.int(1, 5);
    const at = random.int(0, ownEvents.length - 1);
    const piece = (name: string) => ({ ...(ownEvents[at] as TraceEvent), name, fields: { order } });
    ownEvents.splice(at, 0, piece("kmem:mm_page_alloc"));
    ownEvents.splice(random.int(at + 1, ownEvents.length), 0, piece("kmem:mm_page_free"));
  }

  // A second disk, from a machine of its own.
  const other = boot({ seed: random.int(1, 1 << 30), cpus: 1, disk: "floppy" });
  const otherBefore = other.trace.length;
  other.spawn(function* writes(sys) {
    const fd = yield* sys.open("/mnt/a", O_CREAT | O_RDWR, 0o644);
    yield* sys.write(fd, new Uint8Array(random.int(1, 20_000)));
    yield* sys.call("fsync", fd);
  });
  other.runFor(random.int(100_000_000, 2_000_000_000));
  const otherEvents = other.trace
    .events()
    .slice(otherBefore)
    .filter(({ name }) => name.startsWith("block:"));

  const events = [...ownEvents, ...otherEvents].filter(
    ({ name }) =>
      name.startsWith("block:") || name.startsWith("kmem:") || name.startsWith("sched:"),
  );
  const moments = momentsOf(machine.timeline(), cpus, from, to);
  const result: Case = {
    record: {
      ...{ from, to, cpus, pagesAtStart },
      moments: moments as unknown as Plain,
      events: events.map(({ time, name, fields }) => ({
        at: time,
        name,
        fields,
      })) as unknown as Plain,
    },
    processes: chargedSince(accountsBefore, accountsOf(machine)),
    nobodys: nobodysTime(machine.timeline(), cpus, from, to),
    devices: [...servedBy(machine, ownEvents), ...servedBy(other, otherEvents)].sort(
      (a, b) => a.dev - b.dev,
    ),
    peakPages: peakOf(ownEvents, pagesAtStart, pagesInUse(machine)),
  };
  machine.close();
  other.close();
  return result;
}

type Accounts = ReadonlyMap<number, { readonly userNs: number; readonly systemNs: number }>;

function accountsOf(machine: Machine): Accounts {
  return new Map(
    machine
      .processes()
      .map(({ pid, utimeNs, stimeNs }) => [pid, { userNs: utimeNs, systemNs: stimeNs }]),
  );
}

function chargedSince(before: Accounts, after: Accounts): Accounts {
  const charged = new Map<number, { userNs: number; systemNs: number }>();
  for (const [pid, { userNs, systemNs }] of after) {
    const was = before.get(pid) ?? { userNs: 0, systemNs: 0 };
    const own = { userNs: userNs - was.userNs, systemNs: systemNs - was.systemNs };
    if (own.userNs + own.systemNs > 0) charged.set(pid, own);
  }
  return charged;
}

function pagesInUse(machine: Machine): number {
  const meminfo = machine.readFile("/proc/meminfo") ?? "";
  const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(meminfo)?.[1]);
  return (kib("MemTotal") - kib("MemFree")) / 4;
}

function servedBy(machine: Machine, events: readonly TraceEvent[]): Case["devices"] {
  const first = events.find(({ name }) => name === "block:block_rq_complete");
  if (first === undefined || machine.disk === undefined) return [];
  const { sectorsRead, sectorsWritten } = machine.disk;
  const dev = Number(first.fields["dev"]);
  return [{ dev, readBytes: 512 * sectorsRead, writtenBytes: 512 * sectorsWritten }];
}

function peakOf(events: readonly TraceEvent[], atStart: number, atEnd: number): number {
  let pages = atStart;
  let peak = pages;
  for (const { name, fields } of events) {
    if (name === "kmem:mm_page_alloc") pages += 2 ** Number(fields["order"]);
    if (name === "kmem:mm_page_free") pages -= 2 ** Number(fields["order"]);
    peak = Math.max(peak, pages);
  }
  if (pages !== atEnd)
    throw new Error(`the events lead to ${pages} pages, the machine has ${atEnd}`);
  return peak;
}

const DOING: Readonly<Record<string, string>> = {
  "user code": "user",
  interrupt: "interrupt",
  // What an interrupt has left, and the kernel does right behind it.
  softirq: "interrupt",
  schedule: "switch",
  idle: "idle",
};

interface Draft {
  at: number;
  cpu: number;
  current: number;
  doing: string;
  chargedTo: number;
}

/** Where each CPU begins something else; before its first stretch and behind its last one it idles. */
function momentsOf(
  stretches: readonly CpuStretch[],
  cpus: number,
  from: number,
  to: number,
): readonly Draft[] {
  const moments: Draft[] = [];
  for (let cpu = 0; cpu < cpus; cpu++) {
    const idle = (at: number) => ({ at, cpu, current: 0, doing: "idle", chargedTo: 0 });
    let end = from;
    for (const stretch of stretches) {
      if (stretch.cpu !== cpu) continue;
      if (stretch.from > end) moments.push(idle(end));
      const doing = DOING[stretch.doing] ?? "kernel";
      const { pid: current, chargedTo } = stretch;
      moments.push({ at: stretch.from, cpu, current, doing, chargedTo });
      end = stretch.to;
    }
    if (end < to) moments.push(idle(end));
  }
  return moments.sort((a, b) => a.at - b.at || a.cpu - b.cpu);
}

function nobodysTime(
  stretches: readonly CpuStretch[],
  cpus: number,
  from: number,
  to: number,
): Case["nobodys"] {
  const sum = (doing: string) =>
    stretches
      .filter((one) => one.chargedTo === 0 && one.doing === doing)
      .reduce((ns, one) => ns + one.to - one.from, 0);
  const busy = stretches
    .filter(({ doing }) => doing !== "idle")
    .reduce((ns, one) => ns + one.to - one.from, 0);
  return {
    interrupt: sum("interrupt") + sum("softirq"),
    switch: sum("schedule"),
    idle: cpus * (to - from) - busy,
  };
}
