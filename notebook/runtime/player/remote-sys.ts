/**
 * `sys` for a student's program that runs on a machine of the judge: a call yields what it asks for as plain data,
 * and answers what the judge's machine has answered.
 */

import type { Plain } from "../exercise-api.ts";

/** Calls whose arguments and answers are plain data. A handler, a thread's program or an own machine does not cross. */
export const REMOTE_CALLS = [
  ...["call", "getpid", "gettid", "getppid", "fork", "spawn", "execve", "exit", "wait4", "kill"],
  ...["sigaction", "sigprocmask", "pause", "setpgid", "setsid", "sched_yield"],
  ...["openat", "open", "close", "read", "write", "lseek", "dup", "dup2", "fcntl", "pipe2"],
  ...["stat", "fstat", "mkdir", "rmdir", "unlink", "link", "symlink", "rename", "readlink"],
  ...["chdir", "getcwd", "chmod", "readdir", "ioctl", "mmap", "munmap", "mprotect", "brk"],
  ...["load", "store", "compute", "nanosleep", "clock_gettime"],
  ...["getrusage", "sysinfo", "socket", "bind", "listen"],
] as const;

/** What a program asked for: a call of `sys` with its arguments, any of which may be nonsense. */
export interface RemoteRequest {
  readonly call: string;
  readonly args: readonly unknown[];
}

/** The answer to `sys.call()`: bytes that were arguments come back as the kernel left them. */
export interface RawAnswer {
  readonly value: number;
  readonly bytes: readonly (Uint8Array | undefined)[];
}

export class RemoteSys {
  /** What the student's code gets. */
  readonly sys: Readonly<Record<string, (...args: unknown[]) => Generator<object, Plain, Plain>>>;
  readonly #requests = new WeakMap<object, RemoteRequest>();

  constructor() {
    const calls = REMOTE_CALLS.map((call) => [
      call,
      (...args: unknown[]) => this.#make(call, args),
    ]);
    this.sys = harden(Object.fromEntries(calls));
  }

  /** What `yielded` asks for; undefined when no call of `sys` has made it. */
  requestOf(yielded: unknown): RemoteRequest | undefined {
    return typeof yielded === "object" && yielded !== null
      ? this.#requests.get(yielded)
      : undefined;
  }

  *#make(call: string, args: readonly unknown[]): Generator<object, Plain, Plain> {
    const request = Object.freeze({});
    this.#requests.set(request, { call, args });
    const answer = yield request;
    return call === "call" ? takeBytes(args, answer as unknown as RawAnswer) : answer;
  }
}

function takeBytes(args: readonly unknown[], { value, bytes }: RawAnswer): number {
  bytes.forEach((left, i) => {
    const given = args[i];
    if (left !== undefined && given instanceof Uint8Array) given.set(left);
  });
  return value;
}
