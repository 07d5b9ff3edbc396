import type { Task } from "./task.ts";

/** The program asks for the system call in `regs.origAx` with its arguments in di, si, dx, r10, r8, r9. */
export const TRAP_SYSCALL = 0;
/** The processor raised `task.trap` (vector, error code, address). */
export const TRAP_EXCEPTION = 1;
/** The program has computed for `task.userNs` and wants to go on: a place where a timer tick can come. */
export const TRAP_TIME = 2;
/** A program that is driven from outside has nothing to do: it sleeps until its driver gives it something. */
export const TRAP_HOST = 3;

export type Trap = 0 | 1 | 2 | 3;

/** An exception as the processor reports it. */
export interface Exception {
  /** 14 is #PF. */
  readonly vector: number;
  readonly errorCode: number;
  /** CR2 for #PF, else 0. */
  readonly address: number;
  /** Of #DB: what DR6 says of it, bits 0 to 3 for breakpoints and 14 for a single step. */
  readonly debugStatus?: number;
}

/** A segment for thread-local storage. @linux arch/x86/include/uapi/asm/ldt.h `struct user_desc` (6.18) */
export interface ThreadArea {
  readonly base: number;
  /** In bytes, or in pages where `flags` say so. */
  readonly limit: number;
  /** The bits of the fourth word. */
  readonly flags: number;
}

/**
 * What runs in user mode for a task: a TypeScript program, machine code, or a program driven from
 * outside. It works on `task.regs`: the kernel has put a system call's result into `ax`; when it has set up
 * a signal frame, `ip` is the handler's address, `sp` the frame, `di`, `si`, `dx` its arguments; when a system
 * call is to be made again, `ip` is 2 smaller than it was at the trap.
 */
export interface UserContext {
  /** It has met a trap that it will report once its time has passed: signals wait until that is served. */
  readonly hasTrap?: boolean;
  /** The segments that 32-bit machine code has for thread-local storage, by number from 0. */
  threadArea?(index: number): ThreadArea | undefined;
  setThreadArea?(index: number, area: ThreadArea | undefined): void;
  /** The pointer of the shadow stack, 0 without one; only of machine code. */
  shadowStack?(): number;
  setShadowStack?(ssp: number): void;
  /** Runs in user mode until something needs the kernel. */
  run(task: Task): Trap;
  /** The same program for a child that goes on from the same place; its registers are copied already. */
  fork(child: Task, parent: Task): UserContext;
}
