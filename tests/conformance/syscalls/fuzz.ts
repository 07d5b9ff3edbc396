import { syscallNumbers64 } from "../../../kernel-sim/arch/x86/entry/syscall-table-64.ts";
import { Random } from "../../../kernel-sim/hw/random.ts";
import { writeInt } from "./bytes.ts";
import type { Agent } from "./port.ts";
import { SimWorld } from "./world.ts";

/** A call that broke the machine itself, or an answer that no Linux gives. */
export interface Finding {
  readonly call: string;
  readonly args: readonly number[];
  readonly what: string;
  readonly where: string;
}

export interface FuzzReport {
  /** Calls that were made, and of these: answered, with an error, asleep, and their caller's end. */
  calls: number;
  answered: number;
  errors: number;
  blocked: number;
  gone: number;
  machines: number;
  /** Calls by name that succeeded at least once. */
  succeeded: Set<string>;
  findings: Finding[];
  /** Calls that held the machine up for longer than a quarter of a second of real time. */
  slow: Finding[];
}

const GARBAGE_BYTES = 8192;
const PROCESSES = 5;
/** A machine is given up after so many calls, so that each begins again with little memory in use. */
const CALLS_PER_MACHINE = 4000;
const TIMERS_PASSED_MAX = 3;
const SLOW_MS = 250;
const SIGKILL = 9;
const ERRNO_MAX = 4095;
const KERNEL_ERRNOS = [512, 530] as const;
const TEXTS = [
  "f",
  "d",
  "d/x",
  "l",
  "/w/f",
  "/tmp",
  "/",
  "..",
  "/dev/null",
  "/dev/zero",
  "/proc/self/status",
  "/proc/self/fd/3",
  "/proc/self/maps",
  "",
  "no/such",
  "/bin/agent",
  "/bin/exit",
  "s",
  "agent",
  "user.a",
  "proc",
  "tmpfs",
];
const EDGES = [
  0,
  1,
  -1,
  2,
  3,
  4,
  5,
  8,
  16,
  24,
  64,
  100,
  127,
  128,
  255,
  256,
  4095,
  4096,
  4097,
  65535,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 32,
  2 ** 47 - 4096,
  2 ** 53,
  2 ** 63,
  -(2 ** 63),
  2 ** 64,
  -100,
  -4096,
  0x1000,
  0xdeadbeef,
];
/** They end the caller at once or stop it for good, which says little and costs a process. */
const RARE: readonly string[] = ["exit", "exit_group", "pause", "rt_sigsuspend"];
const FILES = [
  { path: "/w/f", data: "some text in a file" },
  { path: "/w/d", type: "dir" },
  { path: "/w/d/x", data: "x" },
  { path: "/w/l", type: "lnk", target: "f" },
  { path: "/w/s", data: "#!/bin/agent a\n", mode: "0755" },
] as const;

/** Random system calls with garbage for arguments, by several processes of a machine. */
export class Fuzzer {
  readonly report: FuzzReport = {
    calls: 0,
    answered: 0,
    errors: 0,
    blocked: 0,
    gone: 0,
    machines: 0,
    succeeded: new Set(),
    findings: [],
    slow: [],
  };
  private readonly random: Random;
  private readonly names: readonly string[];
  private world: SimWorld | undefined;
  private agents: Agent[] = [];
  private started = 0;
  private left = 0;

  /** @param only the calls to be made; all that the kernel has, if left out */
  constructor(seed: number, only?: readonly string[]) {
    this.random = new Random(seed);
    this.names = only ?? Object.keys(syscallNumbers64);
  }

  run(calls: number): FuzzReport {
    for (let i = 0; i < calls; i++) {
      const world = this.machine();
      const agent = this.process(world);
      if (agent === undefined) continue;
      const name = this.callName(world);
      const args = this.arguments(world, agent);
      if (args === undefined) continue;
      this.report.calls++;
      const began = performance.now();
      try {
        this.call(world, agent, name, args);
      } catch (error) {
        this.broke(name, args, error);
      }
      const ms = Math.round(performance.now() - began);
      if (ms > SLOW_MS) this.report.slow.push({ call: name, args, what: `${ms} ms`, where: "" });
    }
    return this.report;
  }

  private call(world: SimWorld, agent: Agent, name: string, args: readonly number[]): void {
    agent.begin({ kind: "syscall", nr: syscallNumbers64[name] ?? -1, args });
    world.run();
    for (let i = 0; i < TIMERS_PASSED_MAX && agent.outcome().kind === "blocked"; i++) {
      if (!world.passTime()) break;
    }
    const outcome = agent.outcome();
    // Children of a raw fork have nobody who tells them what to do.
    for (const child of agent.takeChildren()) this.adopt(child);
    if (outcome.kind === "blocked") this.report.blocked++;
    else if (outcome.kind === "gone") this.report.gone++;
    else if (outcome.kind === "returned") this.check(name, args, outcome.ret);
  }

  private check(name: string, args: readonly number[], ret: number): void {
    this.report.answered++;
    const isError = ret < 0 && ret >= -ERRNO_MAX;
    if (isError) this.report.errors++;
    else this.report.succeeded.add(name);
    const [from, to] = KERNEL_ERRNOS;
    const isOwn = -ret >= from && -ret <= to;
    if (Number.isInteger(ret) && !isOwn) return;
    this.report.findings.push({ call: name, args, what: `answered ${ret}`, where: "" });
  }

  private broke(call: string, args: readonly number[], error: unknown): void {
    const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    const where = stack
      .split("\n")
      .filter((line) => line.includes("kernel-sim"))
      .slice(0, 3)
      .map((line) => /kernel-sim\/(.*?):\d+\)?$/.exec(line)?.[1] ?? "")
      .join(" < ");
    this.report.findings.push({ call, args, what: message, where });
    this.world = undefined;
  }

  /** The machine of now, or a new one. */
  private machine(): SimWorld {
    if (this.world !== undefined && this.left-- > 0) return this.world;
    this.report.machines++;
    this.left = CALLS_PER_MACHINE;
    this.agents = [];
    this.started = 0;
    this.world = new SimWorld(FILES);
    return this.world;
  }

  /** A process that has nothing to do. Those that sleep are killed when they are all that is left. */
  private process(world: SimWorld): Agent | undefined {
    this.agents = this.agents.filter((agent) => agent.outcome().kind !== "gone");
    const idle = this.agents.filter((agent) => agent.outcome().kind !== "blocked");
    if (idle.length > 0 && this.agents.length >= PROCESSES) return this.pick(idle);
    if (this.agents.length > PROCESSES * 2) {
      for (const agent of this.agents) world.kill(agent.pid, SIGKILL);
      this.agents = [];
    }
    try {
      const isRoot = this.below(2) === 0;
      const agent = world.start(`p${this.started++}`, isRoot ? {} : { uid: 1000, gid: 1000 });
      this.agents.push(agent);
      return agent;
    } catch (error) {
      this.broke("the start of a process", [], error);
      return undefined;
    }
  }

  private adopt(child: Agent): void {
    if (this.agents.length < PROCESSES * 2) this.agents.push(child);
  }

  private callName(world: SimWorld): string {
    for (;;) {
      const name = this.pick(this.names);
      if (RARE.includes(name) && this.below(50) > 0) continue;
      // What the kernel does not have is not worth more than a try now and then.
      if (world.kernel.syscalls[syscallNumbers64[name] ?? -1] !== undefined) return name;
      if (this.below(100) === 0) return name;
    }
  }

  /** Nothing, if the process has thrown away the memory in which arguments lie. */
  private arguments(world: SimWorld, agent: Agent): number[] | undefined {
    try {
      const garbage = agent.alloc(GARBAGE_BYTES);
      agent.write(garbage, this.garbage(garbage));
      return Array.from({ length: 6 }, () => this.argument(garbage));
    } catch {
      world.kill(agent.pid, SIGKILL);
      return undefined;
    }
  }

  /** Bytes in which small numbers, pointers into themselves and texts are frequent. */
  private garbage(at: number): Uint8Array {
    const bytes = new Uint8Array(GARBAGE_BYTES);
    for (let i = 0; i < GARBAGE_BYTES; i += 8) {
      const kind = this.below(8);
      if (kind < 3) continue;
      if (kind === 3) writeInt(bytes, i, "u32", this.below(16));
      else if (kind === 4) writeInt(bytes, i, "u64", at + this.below(GARBAGE_BYTES));
      else if (kind === 5) bytes.set(Buffer.from(this.pick(TEXTS).slice(0, 7)), i);
      else if (kind === 6) writeInt(bytes, i, "u64", this.pick(EDGES));
      else writeInt(bytes, i, "u32", this.below(2 ** 31));
    }
    // Whole texts at places where arguments often point.
    for (let i = 0; i < TEXTS.length; i++) bytes.set(Buffer.from(`${TEXTS[i]}\0`), i * 64);
    return bytes;
  }

  private argument(garbage: number): number {
    const kind = this.below(16);
    if (kind < 4) return this.below(12);
    if (kind < 6) return this.pick(EDGES);
    if (kind < 9) return garbage + this.below(TEXTS.length) * 64;
    if (kind < 12) return garbage + this.below(GARBAGE_BYTES / 8) * 8;
    if (kind === 12) return garbage + this.below(GARBAGE_BYTES);
    if (kind === 13) return 2 ** this.below(32);
    if (kind === 14) return this.below(65536);
    return 2 ** this.below(64) * (this.below(2) === 0 ? 1 : -1) + this.below(3) - 1;
  }

  private below(n: number): number {
    return (this.random.nextInt32() >>> 0) % n;
  }

  private pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }
}
