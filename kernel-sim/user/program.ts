import type { Sys } from "./sys.ts";

/** What a program yields: a request to the kernel, made by the calls of `sys` only. */
export type UserRequest = object;

/**
 * A user program: a generator function in which every `yield*` is a trap into the kernel. It must be a
 * function of its arguments alone: `fork` runs it again from the start, with the answers that it got so
 * far, to make the child. A number that it returns is the exit status.
 */
export type Program = (
  sys: Sys,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
) => Generator<UserRequest, unknown, never>;

/** A program's signal handler, a generator function too: it may make system calls. */
export type Handler = (sys: Sys, signo: number) => Generator<UserRequest, unknown, never>;
