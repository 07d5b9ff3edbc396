import type { FunctionProbes, KernelArg } from "../kernel/function-probes.ts";
import type { KernelHooks } from "../kernel/hooks.ts";
import type { Task } from "../kernel/task.ts";
import { byteArray } from "../lib/byte-string.ts";
import type { SecurityHooks } from "../security/security.ts";

/** Which of the simulator's hooks is which of Linux's. */
interface SecurityHook {
  /** Behind `bpf_lsm_`. */
  readonly name: string;
  /** The function that asks all modules, when that is not `security_` and the hook's name. */
  readonly func?: string;
  /**
   * What its arguments behind the task are: the names of structures, "" for a number, "length" for that of the one
   * before, "text".
   */
  readonly args: readonly string[];
}

/**
 * @linux include/linux/lsm_hook_defs.h (6.18)
 * @simplified other hooks are not asked, or not by what their programs would look at
 */
const HOOKS: Partial<Record<keyof SecurityHooks, SecurityHook>> = {
  fileOpen: { name: "file_open", args: ["file"] },
  fileTruncate: { name: "file_truncate", args: ["file"] },
  fileIoctl: { name: "file_ioctl", args: ["file", "", ""] },
  pathTruncate: { name: "path_truncate", args: ["path"] },
  pathMknod: { name: "path_mknod", args: ["path", "dentry", ""] },
  pathMkdir: { name: "path_mkdir", args: ["path", "dentry", ""] },
  pathSymlink: { name: "path_symlink", args: ["path", "dentry", "text"] },
  pathRename: { name: "path_rename", args: ["path", "dentry", "path", "dentry", ""] },
  pathUnlink: { name: "path_unlink", args: ["path", "dentry"] },
  pathRmdir: { name: "path_rmdir", args: ["path", "dentry"] },
  pathLink: { name: "path_link", args: ["dentry", "path", "dentry"] },
  inodeCreate: { name: "inode_create", args: ["inode", "dentry", ""] },
  inodeUnlink: { name: "inode_unlink", args: ["inode", "dentry"] },
  bprmCheckSecurity: {
    name: "bprm_check_security",
    func: "security_bprm_check",
    args: ["linux_binprm"],
  },
  taskAlloc: { name: "task_alloc", args: [""] },
  socketBind: { name: "socket_bind", args: ["socket", "sockaddr", "length"] },
  socketConnect: { name: "socket_connect", args: ["socket", "sockaddr", "length"] },
};

function functionsOf({ name, func = `security_${name}` }: SecurityHook): readonly string[] {
  return [func, `bpf_lsm_${name}`];
}

type Ask = (task: Task, ...values: readonly unknown[]) => number;

/**
 * The hooks of security modules with programs behind all others: each is a function that asks the modules,
 * the last of them by the function of its programs.
 *
 * @linux security/security.c, kernel/bpf/bpf_lsm.c (6.18)
 */
export function securityWithProbes(asked: SecurityHooks, probes: FunctionProbes): SecurityHooks {
  const hooks: Record<string, unknown> = { ...asked };
  for (const [key, hook] of Object.entries(HOOKS)) {
    const others = asked[key as keyof SecurityHooks] as Ask;
    const [func, lsm] = functionsOf(hook) as [string, string];
    const ask: Ask = (task, ...values) => {
      const args = () => {
        const own = hook.args.map((struct, i) => {
          if (struct === "length") return (values[i - 1] as Uint8Array).length;
          if (struct === "text") return { struct: "char", of: byteArray(`${values[i]}\0`) };
          return struct === "" ? Number(values[i]) : { struct, of: values[i] };
        });
        // The child is still a copy of its parent.
        return key === "taskAlloc" ? [{ struct: "task_struct", of: task }, ...own] : own;
      };
      const body = () => others(task, ...values) || probes.call(lsm, args, () => 0);
      return probes.call(func, args, body);
    };
    hooks[key] = ask;
  }
  return hooks as unknown as SecurityHooks;
}

const TASK_KILL: SecurityHook = { name: "task_kill", args: [] };
const PTRACE_ACCESS: SecurityHook = { name: "ptrace_access_check", args: [] };

/** PTRACE_MODE_READ with FSCREDS, PTRACE_MODE_ATTACH with REALCREDS. @linux include/linux/ptrace.h (6.18) */
const PTRACE_MODES = { fscreds: 0x9, realcreds: 0x12 } as const;

/** Those of the hooks that are asked elsewhere. */
type TaskHooks = Pick<KernelHooks, "taskKill" | "ptraceAccess">;

/**
 * The same for what one task does to another.
 *
 * @simplified of a signal programs see its number alone; who looks with the ids of files only reads, and who looks
 * with the real ones takes over
 */
export function taskHooksWithProbes(asked: TaskHooks, probes: FunctionProbes): TaskHooks {
  const ask = (hook: SecurityHook, args: () => readonly KernelArg[], others: () => number) => {
    const [func, lsm] = functionsOf(hook) as [string, string];
    return probes.call(func, args, () => others() || probes.call(lsm, args, () => 0));
  };
  const shown = (task: Task): KernelArg => ({ struct: "task_struct", of: task });
  return {
    taskKill: (task, target, signo) =>
      ask(
        TASK_KILL,
        () => [shown(target), 0, signo, 0],
        () => asked.taskKill(task, target, signo),
      ),
    ptraceAccess: (task, target, mode) =>
      ask(
        PTRACE_ACCESS,
        () => [shown(target), PTRACE_MODES[mode]],
        () => asked.ptraceAccess(task, target, mode),
      ),
  };
}

/** The functions that programs can be attached to. */
export const SECURITY_FUNCTIONS: readonly string[] = [
  ...Object.values(HOOKS),
  TASK_KILL,
  PTRACE_ACCESS,
].flatMap(functionsOf);

export function isSecurityFunction(func: string): boolean {
  return SECURITY_FUNCTIONS.includes(func);
}
