import { EINVAL } from "../../include/errno.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { FS_REQUIRES_DEV, fileSystems, registerFilesystem } from "../filesystems.ts";
import { procTree } from "./generic.ts";
import { initIrqProc } from "./irq-dirs.ts";
import { procSysRoot } from "./proc-sysctl.ts";
import { procFillSuper } from "./root.ts";
import { initProcFiles } from "./root-files.ts";
import { SYSCTL_TABLES } from "./sysctl-tables.ts";

/** Options that change nothing: processes cannot be hidden. */
const KNOWN_OPTIONS: readonly string[] = Object.freeze(["", "hidepid=0", "hidepid=off", "gid=0"]);

/**
 * Makes /proc known: its files, and itself to mount(2).
 *
 * @linux fs/proc/root.c `proc_root_init`, `proc_parse_param` (6.18)
 * @simplified no hidepid and subset: EINVAL.
 */
export function initProcFs(kernel: Kernel): void {
  const tree = procTree(kernel);
  initProcFiles(tree);
  initIrqProc(tree, kernel);
  tree.single("filesystems", (task) => {
    const types = [...fileSystems(task.kernel).values()];
    return types
      .map(({ name, flags }) => `${(flags & FS_REQUIRES_DEV) === 0 ? "nodev" : ""}\t${name}\n`)
      .join("");
  });
  tree.special("sys", (sb) => procSysRoot(sb, SYSCTL_TABLES));
  registerFilesystem(kernel, {
    name: "proc",
    flags: 0,
    // Each mount is a file system of its own, with options of its own.
    getTree(task, _source, options) {
      const known = options.split(",").every((option) => KNOWN_OPTIONS.includes(option));
      return known ? procFillSuper(kernel, task.pidNs(), tree) : -EINVAL;
    },
  });
}
