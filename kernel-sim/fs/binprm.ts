import type { Task } from "../kernel/task.ts";
import type { Mm } from "../mm/mm.ts";
import { capBprmCredsFromFile, type ExecCreds } from "../security/commoncap-exec.ts";
import type { ByteString, File } from "./fs.ts";

export const BINPRM_BUF_SIZE = 256;

/**
 * What execve works on while it looks for somebody who can run the file.
 *
 * @linux include/linux/binfmts.h `struct linux_binprm` (6.18)
 */
export interface Binprm {
  readonly task: Task;
  /** The file to load now; a handler of scripts puts the interpreter here. */
  file: File;
  /** What the caller named, and what runs in the end. */
  readonly filename: ByteString;
  interp: ByteString;
  argv: ByteString[];
  readonly envp: readonly ByteString[];
  /** The first bytes of `file`, zero-filled. */
  buf: Uint8Array;
  /** The credentials after a successful exec; capabilities are worked out for the last `file`. */
  creds: ExecCreds;
  /** A security module has said that the program is to be on its guard against its environment. */
  secureexec: boolean;
  /** The path of `filename` cannot be opened again by the new program (a close-on-exec descriptor). */
  readonly isPathInaccessible: boolean;
  /** Set by a handler that wants the search to begin again with another `file`. */
  interpreter: File | undefined;
  /** The interpreter gets the file open that the caller named: `executable` once there is one. */
  hasExecfd: boolean;
  executable: File | undefined;
  /** And its rights with it. */
  takesExecfdCreds: boolean;
  /** The caller's argv[0] stands behind the file's name (AT_FLAGS). */
  preservesArgv0: boolean;
}

/**
 * The new credentials, and what a security module has said of them; or a negative errno.
 *
 * @linux fs/exec.c `bprm_creds_from_file` (6.18)
 */
export function bprmCredsFromFile(bprm: Binprm, isFsShared: boolean): ExecCreds | number {
  const { takesExecfdCreds, executable, file, secureexec } = bprm;
  const from = takesExecfdCreds && executable !== undefined ? executable : file;
  const creds = capBprmCredsFromFile(bprm.task, from, isFsShared);
  return typeof creds === "number" || !secureexec ? creds : { ...creds, isSecure: true };
}

/** The descriptor that `executable` will have: the first that is free once those are closed that execve closes. */
export function execfdOf({ task }: Binprm): number {
  const { files } = task;
  let fd = 0;
  while (files.get(fd) !== undefined && !files.isCloseOnExec(fd)) fd++;
  return fd;
}

/** A program in its new address space, not yet installed. */
export interface LoadedImage {
  readonly mm: Mm;
  readonly entry: number;
  readonly sp: number;
  /** ELFCLASS32: an i386 program. */
  readonly is32Bit: boolean;
  /** Name of the TypeScript program that a note of the file names (see `user/program-file.ts`). */
  readonly program: string | undefined;
  /** The same of its interpreter, when it has one. */
  readonly interpreter: string | undefined;
}

/**
 * One format of executables: -ENOEXEC when the file is none of it, an image to install, or 0 with
 * `bprm.interpreter` set.
 *
 * @linux include/linux/binfmts.h `struct linux_binfmt` (6.18)
 */
export interface Binfmt {
  readonly name: string;
  load(bprm: Binprm): LoadedImage | number;
}
