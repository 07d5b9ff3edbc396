import { isErr } from "../include/err.ts";
import { E2BIG, EAGAIN, EFAULT, EIOCBQUEUED, ELOOP, ENOEXEC } from "../include/errno.ts";
import { AT_FDCWD } from "../include/uapi/fcntl.ts";
import { PTRACE_EVENT_EXEC } from "../include/uapi/ptrace.ts";
import { RLIMIT_STACK } from "../include/uapi/resource.ts";
import { SIGCHLD, SIGSEGV } from "../include/uapi/signal.ts";
import { isNprocOverlimit } from "../kernel/cred.ts";
import { deThread } from "../kernel/de-thread.ts";
import { handlerReset, mmRelease } from "../kernel/fork.ts";
import { ptraceEvent } from "../kernel/ptrace-stop.ts";
import { maxrssOf } from "../kernel/rusage.ts";
import { forceSig } from "../kernel/signal-send.ts";
import { SighandStruct } from "../kernel/signal-struct.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import { PF_FORKNOEXEC, type Task } from "../kernel/task.ts";
import { exitItimers } from "../kernel/time/posix-timers.ts";
import { WaitQueueHead } from "../kernel/wait.ts";
import { getUser32, getUser64, strncpyFromUser } from "../mm/uaccess.ts";
import { commitExecCreds } from "../security/commoncap-exec.ts";
import { BINPRM_BUF_SIZE, type Binprm, bprmCredsFromFile, type LoadedImage } from "./binprm.ts";
import { isAwaitingRead } from "./buffer.ts";
import { doOpenExecat, openExec } from "./exec-open.ts";
import { fput } from "./file-table.ts";
import type { ByteString, File } from "./fs.ts";
import { putExeFile } from "./open-file.ts";
import { inodePermission, MAY_READ } from "./permission.ts";

const MAX_ARG_STRLEN = 131_072;
const MAX_ARG_STRINGS = 0x7fffffff;
/** What may always be passed. */
const ARG_MAX = 131_072;
const STACK_LIMIT = 8 * 1024 * 1024;
const MAX_DEPTH = 5;
const PTR_BYTES = 8;
const TASK_COMM_LEN = 16;
const USER_CS = 0x33;
const USER32_CS = 0x23;
const USER_DS = 0x2b;

/** execve and execveat. @linux fs/exec.c (6.18) */
export const execSyscalls: SyscallTable = {
  execve: (task, filename, argv, envp) => doExecveat(task, AT_FDCWD, filename, argv, envp, 0, 8),
  execveat: (task, fd, filename, argv, envp, flags) =>
    doExecveat(task, fd | 0, filename, argv, envp, flags | 0, 8),
};

/** execveat of a 32-bit program: the pointers in its arrays have four bytes. @linux fs/exec.c `compat_do_execveat` (6.18) */
export function compatExecve(
  task: Task,
  fd: number,
  filename: number,
  argv: number,
  envp: number,
  flags: number,
): SysResult {
  return doExecveat(task, fd, filename, argv, envp, flags, 4);
}

/**
 * Replaces the program of `task`. Whatever can fail has been tried before the old program is given up.
 *
 * @linux fs/exec.c `do_execveat_common` (6.18)
 */
function doExecveat(
  task: Task,
  fd: number,
  filename: number,
  argv: number,
  envp: number,
  flags: number,
  pointerBytes: 4 | 8,
): SysResult {
  if (task.isOverNproc && isNprocOverlimit(task)) return -EAGAIN;
  task.isOverNproc = false;
  const opened = doOpenExecat(task, fd, filename, flags);
  if (typeof opened === "number") return opened;
  const { file, name, isPathInaccessible } = opened;
  const strings = readStrings(task, argv, envp, name, pointerBytes);
  if (typeof strings === "number" || opened.isCheckOnly) {
    putExeFile(file);
    return typeof strings === "number" ? strings : 0;
  }
  return execBinprm(makeBprm(task, file, name, strings, isPathInaccessible));
}

/**
 * execve by the kernel itself: `task` becomes the program `filename`.
 *
 * @linux fs/exec.c `kernel_execve` (6.18)
 */
export function kernelExecve(
  task: Task,
  filename: ByteString,
  argv: readonly ByteString[],
  envp: readonly ByteString[],
): SysResult {
  const file = openExec(task, filename);
  if (typeof file === "number") return file;
  return execBinprm(makeBprm(task, file, filename, { argv: [...argv], envp: [...envp] }, false));
}

function makeBprm(
  task: Task,
  file: File,
  name: ByteString,
  strings: ArgStrings,
  isPathInaccessible: boolean,
): Binprm {
  return {
    task,
    file,
    filename: name,
    interp: name,
    argv: strings.argv,
    envp: strings.envp,
    buf: new Uint8Array(BINPRM_BUF_SIZE),
    creds: { cred: task.cred, isSecure: false, perClear: 0 },
    secureexec: false,
    isPathInaccessible,
    ...{ interpreter: undefined, hasExecfd: false, executable: undefined },
    ...{ takesExecfdCreds: false, preservesArgv0: false },
  };
}

function execBinprm(bprm: Binprm): SysResult {
  const { task } = bprm;
  const found = searchBinaryHandler(bprm);
  const isMissing = isAwaitingRead(task);
  if (isMissing && typeof found !== "number") found.mm.exit();
  // Something of the files lies on a disk only: the call is made again when it has come.
  const image = isMissing ? -EIOCBQUEUED : found;
  if (typeof image === "number") {
    putExeFile(bprm.file);
    if (bprm.executable !== undefined) fput(bprm.executable);
    return image;
  }
  task.kernel.chargeCurrent(task.kernel.costs.execNs);
  if (task.ptrace !== 0) return execTraced(task, bprm, image);
  if (task.signal.threads.length > 1) return execAfterThreads(task, bprm, image);
  task.exitSignal = SIGCHLD;
  return beginNewExec(task, bprm, image);
}

/** The tracer is told when the new program is there, and under which number its thread was known before. */
function* execTraced(task: Task, bprm: Binprm, image: LoadedImage): MaySleep<number> {
  const oldNr = task.pidNr(task.parent.pidNs());
  const result = yield* execAfterThreads(task, bprm, image);
  if (result === 0) yield* ptraceEvent(task, PTRACE_EVENT_EXEC, oldNr);
  return result;
}

/** The other threads end first. Behind that point there is no way back, so a failure is fatal. */
function* execAfterThreads(task: Task, bprm: Binprm, image: LoadedImage): MaySleep<number> {
  task.nextImage = { mm: image.mm, file: bprm.file };
  const result = yield* deThread(task);
  task.nextImage = undefined;
  if (result === 0) return beginNewExec(task, bprm, image);
  putExeFile(bprm.file);
  image.mm.exit();
  if (!task.hasFatalSignalPending()) forceSig(task, SIGSEGV, "default");
  return result;
}

interface ArgStrings {
  readonly argv: ByteString[];
  readonly envp: ByteString[];
}

/** Arguments and environment, copied before anything of the old program is lost. @linux `copy_strings` */
function readStrings(
  task: Task,
  argvAddr: number,
  envpAddr: number,
  filename: ByteString,
  pointerBytes: 4 | 8,
): ArgStrings | number {
  const argc = count(task, argvAddr, pointerBytes);
  if (argc < 0) return argc;
  const envc = count(task, envpAddr, pointerBytes);
  if (envc < 0) return envc;
  // A quarter of the stack's limit, at most three quarters of 8 MiB, and never less than ARG_MAX.
  const stack = task.signal.rlim[RLIMIT_STACK]!.cur;
  let limit = Math.max(Math.min(Math.floor(stack / 4), (STACK_LIMIT / 4) * 3), ARG_MAX);
  const pointers = (Math.max(argc, 1) + envc) * PTR_BYTES;
  if (limit <= pointers) return -E2BIG;
  limit -= pointers + filename.length + 1;
  const envp = copyStrings(task, envpAddr, envc, limit, pointerBytes);
  if (typeof envp === "number") return envp;
  for (const text of envp) limit -= text.length + 1;
  const argv = copyStrings(task, argvAddr, argc, limit, pointerBytes);
  if (typeof argv === "number") return argv;
  // A program may rely on argv[0].
  if (argv.length === 0) argv.push("");
  return { argv, envp };
}

function count(task: Task, addr: number, pointerBytes: 4 | 8): number {
  if (addr === 0) return 0;
  for (let n = 0; n < MAX_ARG_STRINGS; n++) {
    const pointer = getPointer(task, addr + n * pointerBytes, pointerBytes);
    if (pointer === undefined) return -EFAULT;
    if (pointer === 0) return n;
  }
  return -E2BIG;
}

/** From the last one to the first, as Linux copies them. */
function copyStrings(
  task: Task,
  addr: number,
  n: number,
  limit: number,
  pointerBytes: 4 | 8,
): ByteString[] | number {
  const strings: ByteString[] = [];
  let left = limit;
  for (let i = n - 1; i >= 0; i--) {
    const pointer = getPointer(task, addr + i * pointerBytes, pointerBytes);
    if (pointer === undefined) return -EFAULT;
    const text = strncpyFromUser(task, pointer, MAX_ARG_STRLEN);
    if (text === undefined) return -E2BIG;
    if (typeof text === "number") return text;
    left -= text.length + 1;
    if (left < 0) return -E2BIG;
    strings.unshift(text);
  }
  return strings;
}

function getPointer(task: Task, addr: number, pointerBytes: 4 | 8): number | undefined {
  if (pointerBytes === 8) return getUser64(task, addr);
  const pointer = getUser32(task, addr);
  return pointer === undefined ? undefined : pointer >>> 0;
}

/** Asks every format in turn, anew for each interpreter. @linux fs/exec.c `exec_binprm` */
function searchBinaryHandler(bprm: Binprm): LoadedImage | number {
  const { task } = bprm;
  for (let depth = 0; ; depth++) {
    if (depth > MAX_DEPTH) return -ELOOP;
    bprm.buf = new Uint8Array(BINPRM_BUF_SIZE);
    bprm.buf.set(task.kernel.hooks.kernelRead(bprm.file, 0, BINPRM_BUF_SIZE));
    const denied = task.kernel.hooks.security.bprmCheckSecurity(task, bprm);
    if (denied !== 0) return denied;
    // The stack tells of them, so they come first; of a script its interpreter's count.
    const creds = bprmCredsFromFile(bprm, isFsShared(task));
    if (typeof creds !== "number") bprm.creds = creds;
    let result: LoadedImage | number = -ENOEXEC;
    for (const format of task.kernel.binfmts) {
      result = format.load(bprm);
      if (result !== -ENOEXEC) break;
    }
    if (typeof result !== "number" && typeof creds === "number") {
      result.mm.exit();
      return creds;
    }
    if (typeof result !== "number" || isErr(result)) return result;
    if (bprm.interpreter === undefined) return -ENOEXEC;
    const exec = bprm.file;
    bprm.file = bprm.interpreter;
    bprm.interpreter = undefined;
    if (!bprm.hasExecfd) {
      putExeFile(exec);
      continue;
    }
    // It stays open, and may be written to.
    exec.inode.writecount++;
    if (bprm.executable !== undefined) {
      fput(exec);
      return -ENOEXEC;
    }
    bprm.executable = exec;
  }
}

/** Somebody outside of the process could change the root under a program with more rights. @linux `check_unsafe_exec` */
function isFsShared(task: Task): boolean {
  const own = task.signal.threads.filter((thread) => thread.fs === task.fs).length;
  return task.fs.users > own;
}

/** The point of no return: from here on the old program is gone. @linux fs/exec.c `begin_new_exec` */
function beginNewExec(task: Task, bprm: Binprm, image: LoadedImage): number {
  const { kernel, signal } = task;
  const oldMm = task.mm;
  const oldPid = task.pid;
  kernel.probes?.event("sched:sched_prepare_exec", () => {
    const { interp, filename } = bprm;
    return { interp, filename, pid: oldPid, comm: task.comm };
  });
  mmRelease(task);
  if (task.files.users > 1) {
    task.files.users--;
    task.files = task.files.copy();
  }
  task.mm = image.mm;
  if (oldMm !== undefined) image.mm.mmFlags = oldMm.mmFlags.inherited();
  // It stays closed to writers as long as somebody runs it.
  image.mm.exeFile = bprm.file;
  if (oldMm !== undefined) {
    signal.maxrss = Math.max(signal.maxrss, maxrssOf(oldMm));
    oldMm.users--;
    if (oldMm.users === 0) oldMm.exit();
  }
  task.flags &= ~PF_FORKNOEXEC;
  task.selfExecId++;
  resetSignals(task);
  task.robustList = 0;
  task.compatRobustList = 0;
  const isUnreadable = inodePermission(task, bprm.file.inode, MAY_READ) < 0;
  commitExecCreds(task, bprm.creds, isUnreadable);
  task.files.doCloseOnExec(task);
  if (bprm.executable !== undefined) {
    task.files.install(task.files.getUnusedFd(task, false), bprm.executable);
    bprm.executable = undefined;
  }
  task.comm = baseName(bprm.filename).slice(0, TASK_COMM_LEN - 1);
  exitItimers(signal);
  task.fsBase = 0;
  task.gsBase = 0;
  startThread(task, image);
  task.user = kernel.hooks.userContext(task, bprm, image);
  kernel.perf?.executed(task);
  kernel.tracing.event("sched:sched_process_exec", {
    filename: bprm.filename,
    pid: task.pid,
    old_pid: oldPid,
  });
  return 0;
}

function resetSignals(task: Task): void {
  const { sighand } = task;
  if (sighand.count > 1) {
    sighand.count--;
    task.sighand = new SighandStruct(sighand.action, new WaitQueueHead());
  }
  const { action } = task.sighand;
  for (let i = 0; i < action.length; i++) action[i] = handlerReset(action[i]!);
  task.altStack = { sp: 0, size: 0, flags: 0 };
}

function baseName(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The registers of a program that has not run yet. @linux arch/x86/kernel/process_64.c `start_thread` */
function startThread(task: Task, image: LoadedImage): void {
  const { regs } = task;
  regs.r15 = 0;
  regs.r14 = 0;
  regs.r13 = 0;
  regs.r12 = 0;
  regs.bp = 0;
  regs.bx = 0;
  regs.r11 = 0;
  regs.r10 = 0;
  regs.r9 = 0;
  regs.r8 = 0;
  regs.ax = 0;
  regs.cx = 0;
  regs.dx = 0;
  regs.si = 0;
  regs.di = 0;
  regs.ip = image.entry;
  regs.sp = image.sp;
  regs.cs = image.is32Bit ? USER32_CS : USER_CS;
  regs.ss = USER_DS;
  regs.flags = 0x202;
}
