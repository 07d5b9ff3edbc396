import type { FunctionProbes } from "../kernel/function-probes.ts";
import type { Task } from "../kernel/task.ts";
import type { SecurityHooks } from "../security/security.ts";

/** Which of the simulator's hooks is which of Linux's. */
interface SecurityHook {
  /** Behind `bpf_lsm_`. */
  readonly name: string;
  /** The function that asks all modules, when that is not `security_` and the hook's name. */
  readonly func?: string;
  /** What its arguments behind the task are: the names of structures, "" for a number, "length" for that of the one before. */
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
  pathUnlink: { name: "path_unlink", args: ["path", "dentry"] },
  pathRmdir: { name: "path_rmdir", args: ["path", "dentry"] },
  pathLink: { name: "path_link", args: ["dentry", "path", "dentry"] },
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

/** The functions that programs can be attached to. */
export const SECURITY_FUNCTIONS: readonly string[] = Object.values(HOOKS).flatMap(functionsOf);

export function isSecurityFunction(func: string): boolean {
  return SECURITY_FUNCTIONS.includes(func);
}
