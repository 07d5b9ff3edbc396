import { devptsFillSuper } from "../fs/devpts/inode.ts";
import type { SuperBlock } from "../fs/fs.ts";
import { MNT_RELATIME } from "../fs/mount.ts";
import { attachMount, newMount } from "../fs/namespace.ts";
import { procTree } from "../fs/proc/generic.ts";
import { procFillSuper } from "../fs/proc/root.ts";
import type { Rootfs } from "../fs/rootfs.ts";
import { sysfsSuper } from "../fs/sysfs/mount.ts";
import { invariant } from "../hw/simulator-bug.ts";
import type { Kernel } from "../kernel/kernel.ts";

/** As distributions mount it: slaves belong to the group tty. */
const DEVPTS_OPTIONS = "gid=5,mode=620,ptmxmode=000";

/** What a machine's init would mount first: /proc, /sys and /dev/pts. */
export function mountMachineTree(kernel: Kernel, rootfs: Rootfs): void {
  const attach = (sb: SuperBlock, name: string, path: string) => {
    const mnt = newMount(kernel, sb, sb.root, MNT_RELATIME, name);
    attachMount(mnt, rootfs.root.mnt, rootfs.lookup(path));
  };
  attach(procFillSuper(kernel, kernel.initPidNs, procTree(kernel)), "proc", "/proc");
  attach(sysfsSuper(kernel), "sysfs", "/sys");
  const devpts = devptsFillSuper(kernel, DEVPTS_OPTIONS);
  invariant(typeof devpts === "object", "devpts cannot be mounted");
  attach(devpts, "devpts", "/dev/pts");
}
