/**
 * What a program is told on its standard error of what went wrong while it ran.
 *
 * @linux kernel/bpf/arena.c `bpf_prog_report_arena_violation`, kernel/bpf/core.c `bpf_prog_report_may_goto_violation`,
 * kernel/bpf/rqspinlock.c `bpf_prog_report_rqspinlock_violation` (6.18)
 */
import { byteArray } from "../lib/byte-string.ts";
import { callTrace } from "./call-trace.ts";
import type { BpfKernel } from "./kernel.ts";
import { ArenaMap } from "./maps/arena.ts";
import { BPF_STDERR } from "./stream.ts";

/** @param directory of the arena; @param address as far as the program's register and offset say it */
export function reportArenaViolation(
  kernel: BpfKernel,
  directory: number,
  address: number,
  isWrite: boolean,
): void {
  const arenas = kernel.running?.maps.filter((map) => map instanceof ArenaMap) ?? [];
  const high = arenas.find((arena) => arena.directory === directory)?.userHigh ?? 0;
  const whole = BigInt.asUintN(64, BigInt(address) + (BigInt(high) << 32n));
  const what = isWrite ? "WRITE" : "READ";
  report(kernel, `ERROR: Arena ${what} access at unmapped address 0x${whole.toString(16)}\n`);
}

export function reportMayGotoViolation(kernel: BpfKernel): void {
  report(kernel, "ERROR: Timeout detected for may_goto instruction\n");
}

/** A lock that was not given. */
export interface LockViolation {
  readonly what: "AA or ABBA deadlock" | "Timeout";
  /** Of the function's name. */
  readonly suffix: string;
  readonly lock: number;
  /** How many are held. */
  readonly total: number;
}

/** @param known those of the held locks that are known */
export function reportLockViolation(
  kernel: BpfKernel,
  { what, suffix, lock, total }: LockViolation,
  known: readonly number[],
): void {
  const address = (at: number) => `0x${at.toString(16).padStart(16, "0")}`;
  const lines = [
    `ERROR: ${what} detected for bpf_res_spin_lock${suffix}`,
    `Attempted lock   = ${address(lock)}`,
    `Total held locks = ${total}`,
    ...known.map((at, i) => `Held lock[${String(i).padStart(2)}] = ${address(at)}`),
  ];
  report(kernel, `${lines.join("\n")}\n`);
}

/** @linux kernel/bpf/stream.c `bpf_stream_stage_dump_stack` (6.18) */
function report(kernel: BpfKernel, text: string): void {
  const { uid, pid, comm } = kernel.current;
  const place = `CPU: ${kernel.runningCpu} UID: ${uid} PID: ${pid} Comm: ${comm}\n`;
  const whole = `${text}${place}Call trace:\n${callTrace(kernel)}\n`;
  kernel.running?.streams.push(BPF_STDERR, byteArray(whole));
}
