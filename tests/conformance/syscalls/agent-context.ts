import { PF_INSTR, PF_PROT, PF_USER, PF_WRITE } from "../../../kernel-sim/hw/mmu.ts";
import { invariant } from "../../../kernel-sim/hw/simulator-bug.ts";
import type { Sigaction, Sigset } from "../../../kernel-sim/kernel/signal-struct.ts";
import type { Task } from "../../../kernel-sim/kernel/task.ts";
import {
  TRAP_EXCEPTION,
  TRAP_HOST,
  TRAP_SYSCALL,
  type Trap,
  type UserContext,
} from "../../../kernel-sim/kernel/user-context.ts";
import { VM_EXEC } from "../../../kernel-sim/mm/vma.ts";
import { AGENT_TEXT } from "./agent-text.ts";
import { Arena, STATUS_ADDRESS } from "./arena.ts";
import { type FieldType, readInt } from "./bytes.ts";
import type { Command, Outcome, TakenSignal } from "./port.ts";
import { SA_RESTORER, SA_SIGINFO } from "./words.ts";

const SYSCALL_BYTES = 2;
const SYS_RT_SIGRETURN = 15;
const SYS_WAIT4 = 61;
const WNOHANG = 1;
const SIGBUS = 7;
const SIGSEGV = 11;
const SIGINFO_BYTES = 128;
const X86_TRAP_UD = 6;
const X86_TRAP_PF = 14;
const SEGV_NAMES: readonly string[] = [
  "",
  "SEGV_MAPERR",
  "SEGV_ACCERR",
  "SEGV_BNDERR",
  "SEGV_PKUERR",
];
const BUS_NAMES: readonly string[] = ["", "BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR"];
/** A repaired fault that comes back again and again would hold the machine up. */
const FAULTS_MAX = 1000;

const FAULT_SIGNALS: readonly number[] = [SIGBUS, SIGSEGV];
const CATCHING: Sigaction = {
  handler: AGENT_TEXT.caught,
  flags: SA_SIGINFO | SA_RESTORER,
  restorer: AGENT_TEXT.restorer,
  mask: 0n,
};

interface SavedSignals {
  readonly blocked: Sigset;
  readonly actions: readonly (readonly [signo: number, action: Sigaction | undefined])[];
}

/** Memory of the program's own that is not there any more. */
class Unreadable extends Error {
  readonly address: number;

  constructor(address: number) {
    super(`nothing at ${address.toString(16)}`);
    this.address = address;
  }
}

type Reaped = (pid: number, status: number) => void;

/**
 * The program of every process of a scenario: it does what its driver tells it, a command at a time. All
 * its state that a signal handler must not disturb is in the registers: `ip` says what it is about.
 */
export class AgentContext implements UserContext {
  arena: Arena;
  outcome: Outcome = { kind: "returned", ret: 0 };
  taken: TakenSignal[] = [];
  /** Threads and processes that it has made. */
  children: Task[] = [];
  /** Told of each child that was reaped; only init reaps. */
  onReaped: Reaped | undefined;
  private command: Command | undefined;
  private faults = 0;
  private saved: SavedSignals | undefined;

  constructor(arena: Arena = new Arena()) {
    this.arena = arena;
  }

  begin(task: Task, command: Command): void {
    this.arena.isStale = true;
    this.command = command;
    this.faults = 0;
    this.outcome = { kind: "blocked" };
    task.kernel.wakeHostWaiter(task);
  }

  fork(child: Task, _parent: Task): UserContext {
    this.children.push(child);
    return new AgentContext(this.arena.fork());
  }

  run(task: Task): Trap {
    try {
      return this.step(task);
    } catch (error) {
      // Its own memory is gone: what the processor would report.
      if (error instanceof Unreadable) return this.pageFault(task, error.address, 0);
      throw error;
    }
  }

  private step(task: Task): Trap {
    const { regs } = task;
    switch (regs.ip) {
      case AGENT_TEXT.entry:
        return this.start(task);
      case AGENT_TEXT.record:
        return this.record(task);
      case AGENT_TEXT.caught:
        return this.caught(task);
      case AGENT_TEXT.reap:
        return this.reap(task);
      case AGENT_TEXT.reaped:
        return this.reaped(task);
      case AGENT_TEXT.called:
        return this.returned(task);
      case AGENT_TEXT.called - SYSCALL_BYTES:
      case AGENT_TEXT.reaped - SYSCALL_BYTES:
        // The kernel wants the call to be made again: its number is back in ax.
        regs.ip += SYSCALL_BYTES;
        regs.origAx = regs.ax;
        return TRAP_SYSCALL;
      default:
        return this.obey(task);
    }
  }

  /** A new image: what it was started with lies on the stack. */
  private start(task: Task): Trap {
    const { sp } = task.regs;
    const argc = this.load(task, sp, "u64");
    const argv = this.strings(task, sp + 8);
    const env = this.strings(task, sp + 8 + (argc + 1) * 8);
    this.outcome = { kind: "exec", argv, env };
    return this.idle(task);
  }

  private idle(task: Task): Trap {
    task.regs.ip = AGENT_TEXT.idle;
    this.command = undefined;
    return TRAP_HOST;
  }

  private obey(task: Task): Trap {
    // A broken handler or signal frame has sent it to where no code is.
    if (task.regs.ip !== AGENT_TEXT.idle) return this.strayed(task);
    this.uncatch(task);
    const { command } = this;
    if (command === undefined) return TRAP_HOST;
    if (command.kind === "syscall")
      return this.call(task, command.nr, command.args, AGENT_TEXT.called);
    if (command.kind === "load") return this.access(task, command.address, command.bytes);
    if (command.kind === "store") return this.access(task, command.address, command.bytes);
    return this.access(task, command.address, 4);
  }

  private call(task: Task, nr: number, args: readonly number[], behind: number): Trap {
    const { regs } = task;
    regs.origAx = nr;
    regs.ax = nr;
    regs.di = args[0] ?? 0;
    regs.si = args[1] ?? 0;
    regs.dx = args[2] ?? 0;
    regs.r10 = args[3] ?? 0;
    regs.r8 = args[4] ?? 0;
    regs.r9 = args[5] ?? 0;
    regs.ip = behind;
    return TRAP_SYSCALL;
  }

  private returned(task: Task): Trap {
    // A child comes out of its parent's call without having been told anything.
    if (this.command !== undefined) this.outcome = { kind: "returned", ret: task.regs.ax };
    return this.idle(task);
  }

  /** Loads, stores and adds byte by byte upwards, as far as memory lets it. */
  private access(task: Task, address: number, what: number | Uint8Array): Trap {
    const { command } = this;
    const wanted = typeof what === "number" ? what : what.length;
    const bytes = typeof what === "number" ? new Uint8Array(what) : what;
    const isStore = command?.kind === "store";
    const mm = task.mm;
    const done =
      mm === undefined
        ? 0
        : isStore
          ? mm.copyToUser(address, bytes)
          : mm.copyFromUser(address, bytes);
    if (done < wanted) return this.fault(task, address + done, isStore || command?.kind === "add");
    if (command?.kind === "add") return this.add(task, command.address, command.value, bytes);
    this.outcome = isStore ? { kind: "stored" } : { kind: "loaded", bytes };
    return this.idle(task);
  }

  private add(task: Task, address: number, value: number, bytes: Uint8Array): Trap {
    const old = readInt(bytes, 0, "s32");
    const sum = new Uint8Array(4);
    new DataView(sum.buffer).setInt32(0, old + value, true);
    if (task.mm?.copyToUser(address, sum) !== 4) return this.fault(task, address, true);
    this.outcome = { kind: "returned", ret: old };
    return this.idle(task);
  }

  private fault(task: Task, address: number, isWrite: boolean): Trap {
    invariant(this.faults++ < FAULTS_MAX, `a fault at ${address} is never repaired`);
    const { command } = this;
    if (!(command?.kind === "store" && command.raw)) this.catchFault(task);
    return this.pageFault(task, address, isWrite ? PF_WRITE : 0);
  }

  /** What the processor reports where nothing can be executed, or nothing that makes sense. */
  private strayed(task: Task): Trap {
    const { ip } = task.regs;
    const isPresent = task.mm?.copyFromUser(ip, new Uint8Array(1)) === 1;
    if (!isPresent) return this.pageFault(task, ip, PF_INSTR);
    const isExecutable = ((task.mm?.findVma(ip)?.flags ?? 0) & VM_EXEC) !== 0;
    if (!isExecutable) return this.pageFault(task, ip, PF_INSTR | PF_PROT);
    task.trap = { vector: X86_TRAP_UD, errorCode: 0, address: 0 };
    return TRAP_EXCEPTION;
  }

  private pageFault(task: Task, address: number, errorCode: number): Trap {
    task.trap = { vector: X86_TRAP_PF, errorCode: PF_USER | errorCode, address };
    return TRAP_EXCEPTION;
  }

  /** The handler stands for one access only, so that the scenario never sees it. */
  private catchFault(task: Task): void {
    const { action } = task.sighand;
    this.saved = {
      blocked: task.blocked,
      actions: FAULT_SIGNALS.map((signo) => [signo, action[signo - 1]] as const),
    };
    const mask = FAULT_SIGNALS.reduce((set, signo) => set | (1n << BigInt(signo - 1)), 0n);
    task.blocked &= ~mask;
    for (const signo of FAULT_SIGNALS) action[signo - 1] = CATCHING;
  }

  private uncatch(task: Task): void {
    if (this.saved === undefined) return;
    task.blocked = this.saved.blocked;
    for (const [signo, action] of this.saved.actions) {
      if (action !== undefined) task.sighand.action[signo - 1] = action;
    }
    this.saved = undefined;
  }

  private caught(task: Task): Trap {
    const info = this.loadBytes(task, task.regs.si, SIGINFO_BYTES);
    const signo = readInt(info, 0, "s32");
    const code = readInt(info, 8, "s32");
    const address = readInt(info, 16, "s64");
    const { command } = this;
    const from = command?.kind === "syscall" || command === undefined ? 0 : command.address;
    this.outcome = {
      kind: "faulted",
      fault:
        signo === SIGBUS
          ? { fault: "SIGBUS", code: BUS_NAMES[code] ?? String(code), at: address - from }
          : { fault: "SIGSEGV", code: SEGV_NAMES[code] ?? String(code), at: address - from },
    };
    this.command = undefined;
    return this.sigreturn(task);
  }

  private record(task: Task): Trap {
    const siginfo = this.loadBytes(task, task.regs.si, SIGINFO_BYTES);
    this.taken.push({ signo: task.regs.di, siginfo });
    return this.sigreturn(task);
  }

  /** What the restorer does once the handler has returned to it. */
  private sigreturn(task: Task): Trap {
    task.regs.sp += 8;
    return this.call(task, SYS_RT_SIGRETURN, [], AGENT_TEXT.restorer);
  }

  private reap(task: Task): Trap {
    return this.call(task, SYS_WAIT4, [-1, STATUS_ADDRESS, WNOHANG, 0], AGENT_TEXT.reaped);
  }

  private reaped(task: Task): Trap {
    const pid = task.regs.ax;
    if (pid <= 0) return this.sigreturn(task);
    this.onReaped?.(pid, this.load(task, STATUS_ADDRESS, "u32"));
    return this.reap(task);
  }

  private load(task: Task, address: number, type: FieldType): number {
    return readInt(this.loadBytes(task, address, 8), 0, type);
  }

  private loadBytes(task: Task, address: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    const done = task.mm?.copyFromUser(address, bytes) ?? 0;
    if (done < count) throw new Unreadable(address + done);
    return bytes;
  }

  /** The texts that a list of pointers leads to, up to NULL. */
  private strings(task: Task, list: number): Uint8Array[] {
    const texts: Uint8Array[] = [];
    for (let at = list; ; at += 8) {
      const address = this.load(task, at, "u64");
      if (address === 0) return texts;
      texts.push(this.string(task, address));
    }
  }

  private string(task: Task, address: number): Uint8Array {
    const bytes: number[] = [];
    for (let at = address; ; at++) {
      const [byte = 0] = this.loadBytes(task, at, 1);
      if (byte === 0) return Uint8Array.from(bytes);
      bytes.push(byte);
    }
  }
}
