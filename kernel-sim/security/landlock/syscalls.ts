import { anonInodeGetfile } from "../../fs/anon-inodes.ts";
import { fdForNewFile } from "../../fs/file-table.ts";
import { type File, type FileOperations, FMODE_READ, FMODE_WRITE, S_IFDIR } from "../../fs/fs.ts";
import { E2BIG, EBADF, EBADFD, EFAULT, EINVAL, ENOMSG, EPERM } from "../../include/errno.ts";
import { CAP_SYS_ADMIN } from "../../include/uapi/capability.ts";
import { O_RDWR } from "../../include/uapi/fcntl.ts";
import { capable } from "../../kernel/cred.ts";
import type { SyscallTable } from "../../kernel/syscall.ts";
import type { Task } from "../../kernel/task.ts";
import { copyFromUser, getUint64, structFromUser } from "../../mm/uaccess.ts";
import { ACCESS_FILE, MASK_ACCESS_FS, MASK_ACCESS_NET, MASK_SCOPE } from "./access.ts";
import { LandlockDomain, LandlockRuleset } from "./ruleset.ts";

const LANDLOCK_ABI_VERSION = 7;
const LANDLOCK_ERRATA = 7;
const CREATE_RULESET_VERSION = 1;
const CREATE_RULESET_ERRATA = 2;
const RESTRICT_SELF_MASK = 7;
const RESTRICT_SELF_LOG_SUBDOMAINS_OFF = 4;
const RULE_PATH_BENEATH = 1;
const RULE_NET_PORT = 2;
const ATTR_SIZE = 24;
const ATTR_SIZE_MIN = 8;
const PAGE_SIZE = 4096;

/** A ruleset as a file: it can neither be read nor written. @linux security/landlock/syscalls.c `ruleset_fops` (6.18) */
const rulesetFops: FileOperations = Object.freeze<FileOperations>({
  readIter: () => -EINVAL,
  writeIter: () => -EINVAL,
});

/** @spec landlock_create_ruleset(2) @linux security/landlock/syscalls.c (6.18) */
function createRuleset(task: Task, attr: number, size: number, flags: number): number {
  if ((flags | 0) !== 0) {
    if (attr !== 0 || size !== 0) return -EINVAL;
    if (flags === CREATE_RULESET_VERSION) return LANDLOCK_ABI_VERSION;
    return flags === CREATE_RULESET_ERRATA ? LANDLOCK_ERRATA : -EINVAL;
  }
  const view = readAttr(task, attr, size);
  if (typeof view === "number") return view;
  const fs = getUint64(view, 0);
  const net = getUint64(view, 8);
  const scoped = getUint64(view, 16);
  if (fs > MASK_ACCESS_FS || net > MASK_ACCESS_NET || scoped > MASK_SCOPE) return -EINVAL;
  if (fs === 0 && net === 0 && scoped === 0) return -ENOMSG;
  const fd = fdForNewFile(task, true);
  if (fd < 0) return fd;
  const ruleset = new LandlockRuleset({ fs, net, scoped });
  const file = anonInodeGetfile(task, "[landlock-ruleset]", rulesetFops, ruleset, O_RDWR);
  task.files.install(fd, file);
  return fd;
}

/** The attributes, zeros where an older program has none. @linux security/landlock/syscalls.c `copy_min_struct_from_user` (6.18) */
function readAttr(task: Task, addr: number, size: number): DataView | number {
  if (addr === 0) return -EFAULT;
  if (size >= 0 && size < ATTR_SIZE_MIN) return -EINVAL;
  if (size < 0 || size > PAGE_SIZE) return -E2BIG;
  const bytes = copyFromUser(task, addr, size);
  if (typeof bytes === "number") return -EFAULT;
  if (bytes.subarray(ATTR_SIZE).some((byte) => byte !== 0)) return -E2BIG;
  const known = new Uint8Array(ATTR_SIZE);
  known.set(bytes.subarray(0, ATTR_SIZE));
  return new DataView(known.buffer);
}

function rulesetOf(task: Task, fd: number, mode: number): LandlockRuleset | number {
  const file: File | undefined = task.files.fget(fd | 0);
  if (file === undefined) return -EBADF;
  if (file.op !== rulesetFops) return -EBADFD;
  return (file.mode & mode) === 0 ? -EPERM : (file.privateData as LandlockRuleset);
}

/** @spec landlock_add_rule(2) */
function addRule(task: Task, fd: number, type: number, attr: number, flags: number): number {
  if ((flags | 0) !== 0) return -EINVAL;
  const ruleset = rulesetOf(task, fd, FMODE_WRITE);
  if (typeof ruleset === "number") return ruleset;
  if (type === RULE_PATH_BENEATH) return addPathBeneath(task, ruleset, attr);
  return type === RULE_NET_PORT ? addNetPort(task, ruleset, attr) : -EINVAL;
}

/** @linux security/landlock/syscalls.c `add_rule_path_beneath` (6.18) */
function addPathBeneath(task: Task, ruleset: LandlockRuleset, attr: number): number {
  const view = structFromUser(task, attr, 12);
  if (typeof view === "number") return -EFAULT;
  const access = getUint64(view, 0);
  if (access === 0) return -ENOMSG;
  if (access > MASK_ACCESS_FS || (access & ~ruleset.layer.fs) !== 0) return -EINVAL;
  const file = task.files.get(view.getInt32(8, true));
  if (file === undefined) return -EBADF;
  // Nothing lies beneath what can be mounted nowhere.
  if (file.op === rulesetFops || file.path.mnt.id === 0) return -EBADFD;
  const isDir = file.inode.type === S_IFDIR;
  if (!isDir && (access & ~ACCESS_FILE) !== 0) return -EINVAL;
  ruleset.addFsRule(file.inode, access | (MASK_ACCESS_FS & ~ruleset.handledFs));
  return 0;
}

/** @linux security/landlock/syscalls.c `add_rule_net_port` (6.18) */
function addNetPort(task: Task, ruleset: LandlockRuleset, attr: number): number {
  const view = structFromUser(task, attr, 16);
  if (typeof view === "number") return -EFAULT;
  const access = getUint64(view, 0);
  if (access === 0) return -ENOMSG;
  if (access > MASK_ACCESS_NET || (access & ~ruleset.layer.net) !== 0) return -EINVAL;
  const port = getUint64(view, 8);
  if (port > 0xffff) return -EINVAL;
  ruleset.addNetRule(port, access | (MASK_ACCESS_NET & ~ruleset.layer.net));
  return 0;
}

/** @spec landlock_restrict_self(2) */
function restrictSelf(task: Task, fd: number, flags: number): number {
  if (!task.noNewPrivs && !capable(task.cred, CAP_SYS_ADMIN)) return -EPERM;
  if ((flags & ~RESTRICT_SELF_MASK) !== 0) return -EINVAL;
  // Only what is logged of later domains changes, and nothing is logged here.
  if ((fd | 0) === -1 && flags === RESTRICT_SELF_LOG_SUBDOMAINS_OFF) return 0;
  const ruleset = rulesetOf(task, fd, FMODE_READ);
  if (typeof ruleset === "number") return ruleset;
  const domain = LandlockDomain.merge(task.cred.landlock, ruleset);
  if (typeof domain === "number") return domain;
  task.cred = { ...task.cred, landlock: domain };
  return 0;
}

export const landlockSyscalls: SyscallTable = {
  landlock_create_ruleset: createRuleset,
  landlock_add_rule: addRule,
  landlock_restrict_self: restrictSelf,
};
