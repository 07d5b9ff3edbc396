/**
 * Functions of the kernel that programs can be attached to: those behind the numbers of system
 * calls, which every call enters and leaves, and some inside.
 *
 * @linux arch/x86/entry/syscall_64.c, arch/x86/include/asm/syscall_wrapper.h (6.18)
 * @simplified most functions inside of the kernel cannot be probed: they are called otherwise here, or not at all
 */
import type { BpfMemory } from "../bpf/memory.ts";
import type { EventFields } from "./ring.ts";
import { SECURITY_FUNCTIONS } from "./security-probes.ts";
import { entryName, numberOfEntry } from "./syscall-names.ts";

const PREFIX = "__x64_sys_";

/** Called as in Linux, with the same arguments. */
const INSIDE: readonly string[] = [
  "do_unlinkat",
  "vfs_unlink",
  "do_sys_openat2",
  "vfs_read",
  "vfs_write",
  "kernel_clone",
  "wake_up_new_task",
  "do_exit",
  "do_group_exit",
  "do_mkdirat",
  "do_rmdir",
  "do_renameat2",
  "vfs_open",
  "vfs_rmdir",
  "vfs_fsync_range",
  "do_mmap",
  "try_to_wake_up",
  "tcp_v4_connect",
  "tcp_connect",
  "tcp_close",
  "tcp_sendmsg",
  "tcp_recvmsg",
  "tcp_cleanup_rbuf",
  "tcp_set_state",
  "inet_csk_accept",
  "udp_sendmsg",
  "udp_recvmsg",
];

/** Called by test runs only. @linux net/bpf/test_run.c (6.18) */
const FOR_TESTS: readonly string[] = [
  ...Array.from({ length: 10 }, (_, i) => `bpf_fentry_test${i + 1}`),
  "bpf_modify_return_test",
  "bpf_modify_return_test2",
];

/** Behind all numbers of system calls. */
const FIRST_INSIDE = 1024;

const WITHOUT_NUMBER: readonly string[] = [...INSIDE, ...FOR_TESTS, ...SECURITY_FUNCTIONS];

/** The function that serves a call of x86-64, by the name of its entry. */
export function functionOfEntry(entry: string): string {
  return PREFIX + entry;
}

export function isKernelFunction(name: string): boolean {
  return numberOf(name) >= 0;
}

/** All that can be probed. */
export function* functionNames(): Generator<string> {
  for (let nr = 0; nr < FIRST_INSIDE; nr++) {
    const entry = entryName(nr);
    if (entry !== undefined) yield functionOfEntry(entry);
  }
  yield* WITHOUT_NUMBER;
}

/** Whether it is no system call's. */
export function isInnerFunction(name: string): boolean {
  return INSIDE.includes(name) || SECURITY_FUNCTIONS.includes(name);
}

function numberOf(func: string): number {
  if (func.startsWith(PREFIX)) return numberOfEntry(func.slice(PREFIX.length));
  const inside = WITHOUT_NUMBER.indexOf(func);
  return inside < 0 ? -1 : FIRST_INSIDE + inside;
}

/** The kernel's text begins at 0xffffffff81000000, a number that is negative with a sign. */
const TEXT = -0x7f00_0000;
const FUNCTION_BYTES = 64;

/** Where a function lies. */
export function addressOf(func: string): number {
  return TEXT + numberOf(func) * FUNCTION_BYTES;
}

const FIRST_OTHER = 4096;

/** Where a function lies that cannot be probed. @param id its number in the kernel's BTF */
export function addressOfOther(id: number): number {
  return TEXT + (FIRST_OTHER + id) * FUNCTION_BYTES;
}

/** The function that begins at an address; undefined: none does. */
export function functionAt(address: number): string | undefined {
  const nr = (address - TEXT) / FUNCTION_BYTES;
  const entry = entryName(nr);
  const func = entry === undefined ? WITHOUT_NUMBER[nr - FIRST_INSIDE] : functionOfEntry(entry);
  return func !== undefined && addressOf(func) === address ? func : undefined;
}

/** `struct pt_regs`: offsets in bytes. @linux arch/x86/include/asm/ptrace.h (6.18) */
const R10 = 56;
const R9 = 64;
const R8 = 72;
const AX = 80;
const CX = 88;
const DX = 96;
const SI = 104;
const DI = 112;
const ORIG_AX = 120;
const IP = 128;
export const PT_REGS_BYTES = 168;

/** Where the first six arguments of a system call are. */
const SYSCALL_ARGS = [DI, SI, DX, R10, R8, R9] as const;

/** What the task has called the kernel with. */
export function writeUserRegs(memory: BpfMemory, at: number, fields: EventFields): void {
  memory.bytes.fill(0, at, at + PT_REGS_BYTES);
  writeWord(memory, at + ORIG_AX, fields["id"] ?? 0);
  SYSCALL_ARGS.forEach((offset, i) => {
    writeWord(memory, at + offset, fields[`a${i}`] ?? 0);
  });
}

/** Where the first six arguments of a function of the kernel are. */
const ARGS = [DI, SI, DX, CX, R8, R9] as const;

/** The registers at the start or the end of a function. */
export function writeFunctionRegs(
  memory: BpfMemory,
  at: number,
  func: string,
  args: readonly number[],
  answer: number,
): void {
  memory.bytes.fill(0, at, at + PT_REGS_BYTES);
  args.slice(0, ARGS.length).forEach((arg, i) => {
    writeWord(memory, at + ARGS[i]!, arg);
  });
  writeWord(memory, at + AX, answer);
  writeWord(memory, at + IP, addressOf(func));
}

/** The registers at the start of such a function, whose one argument is what the task has called with, or at its end. */
export function writeProbeRegs(
  memory: BpfMemory,
  at: number,
  func: string,
  userRegs: number,
  answer: string | number | bigint,
): void {
  memory.bytes.fill(0, at, at + PT_REGS_BYTES);
  writeWord(memory, at + DI, userRegs);
  writeWord(memory, at + AX, answer);
  writeWord(memory, at + IP, addressOf(func));
}

export function writeWord(memory: BpfMemory, at: number, value: string | number | bigint): void {
  memory.view.setBigInt64(at, BigInt.asIntN(64, BigInt(value)), true);
}
