import type { MntNamespace } from "../fs/mount.ts";
import type { IpcNamespace } from "../ipc/namespace.ts";
import type { NetNamespace } from "../net/namespace.ts";
import type { PidNamespace } from "./pid.ts";
import type { UtsNamespace } from "./utsname.ts";

/**
 * The namespaces of a task; shared until one is unshared, and then copied.
 *
 * @linux include/linux/nsproxy.h (6.18)
 */
export interface Nsproxy {
  readonly uts: UtsNamespace;
  readonly ipc: IpcNamespace;
  readonly mnt: MntNamespace;
  readonly net: NetNamespace;
  /** Where children are born; the task's own is `task.pidNs()`. */
  readonly pidForChildren: PidNamespace;
}
