import type { File } from "../fs/fs.ts";
import { S_ISGID, S_ISUID } from "../fs/fs.ts";
import { ENODATA, EPERM } from "../include/errno.ts";
import { CAP_SETUID, CAP_SYS_PTRACE } from "../include/uapi/capability.ts";
import { SECBIT_KEEP_CAPS, SECBIT_NOROOT } from "../include/uapi/securebits.ts";
import {
  type Cred,
  capable,
  capIssubset,
  commitCreds,
  inGroup,
  type NewCred,
} from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";
import { fileCapsOf } from "./file-caps.ts";

/** What execve makes of the caller's credentials. */
export interface ExecCreds {
  readonly cred: Cred;
  /** The program runs with more than its caller has (AT_SECURE). */
  readonly isSecure: boolean;
  /** Flags of personality(2) that go. */
  readonly perClear: number;
}

const MNT_NOSUID = 0x1;
const S_IXGRP = 0o010;
/** READ_IMPLIES_EXEC, ADDR_NO_RANDOMIZE, ADDR_COMPAT_LAYOUT, MMAP_PAGE_ZERO. */
const PER_CLEAR_ON_SETID = 0x400000 | 0x40000 | 0x200000 | 0x100000;

/**
 * The credentials after execve of `file`: set-user-ID and set-group-ID bits, the file's capabilities, root's
 * privileges, the ambient set. -EPERM when the file asks for capabilities that the bounding set refuses.
 *
 * @param file the program itself; the interpreter of a script.
 * @param isFsShared another process shares `task.fs`, so its root might be changed under the program.
 * @linux security/commoncap.c `cap_bprm_creds_from_file`, fs/exec.c `bprm_fill_uid` (6.18)
 */
export function capBprmCredsFromFile(
  task: Task,
  file: File,
  isFsShared: boolean,
): ExecCreds | number {
  const old = task.cred;
  const cred: NewCred = { ...old };
  const maySuid = (file.path.mnt.flags & MNT_NOSUID) === 0;
  let perClear = 0;
  if (maySuid && !task.noNewPrivs && fillUid(cred, file)) perClear |= PER_CLEAR_ON_SETID;

  cred.capPermitted = 0n;
  const caps = maySuid ? fileCapsOf(file.inode) : -ENODATA;
  if (typeof caps === "number" && caps !== -ENODATA) return caps;
  const hasFileCaps = typeof caps !== "number";
  let isEffective = false;
  if (hasFileCaps) {
    isEffective = caps.isEffective;
    cred.capPermitted = (cred.capBset & caps.permitted) | (cred.capInheritable & caps.inheritable);
    // A program that does not know of capabilities would go on without what it needs.
    if (isEffective && !capIssubset(caps.permitted, cred.capPermitted)) return -EPERM;
  }
  if (isPrivilegedRoot(cred, hasFileCaps)) {
    cred.capPermitted = old.capBset | old.capInheritable;
    if (cred.euid === 0) isEffective = true;
  }

  const hasGained = !capIssubset(cred.capPermitted, old.capPermitted);
  if (hasGained) perClear |= PER_CLEAR_ON_SETID;
  const isIdChanged = cred.euid !== old.euid || !inGroup(old, cred.egid);
  if ((isIdChanged || hasGained) && isUnsafe(task, isFsShared)) downgrade(task, cred);

  cred.suid = cred.euid;
  cred.fsuid = cred.euid;
  cred.sgid = cred.egid;
  cred.fsgid = cred.egid;
  if (hasFileCaps || isIdChanged) cred.capAmbient = 0n;
  cred.capPermitted |= cred.capAmbient;
  cred.capEffective = isEffective ? cred.capPermitted : cred.capAmbient;
  cred.securebits &= ~SECBIT_KEEP_CAPS;
  const isSecure =
    isIdChanged ||
    cred.euid !== old.uid ||
    cred.egid !== old.gid ||
    (cred.uid !== 0 && (isEffective || !capIssubset(cred.capPermitted, cred.capAmbient)));
  return { cred, isSecure, perClear };
}

/**
 * The old program is gone: its credentials become the new one's. A program that its caller may not read, or
 * that runs as somebody else, is not dumpable.
 *
 * @linux fs/exec.c `begin_new_exec` (6.18)
 */
export function commitExecCreds(task: Task, exec: ExecCreds, isUnreadable: boolean): void {
  if (exec.isSecure) task.pdeathSignal = 0;
  task.personality &= ~exec.perClear;
  const { uid, gid, euid, egid } = task.cred;
  task.dumpable =
    isUnreadable || euid !== uid || egid !== gid ? task.kernel.sysctl.suidDumpable : 1;
  commitCreds(task, exec.cred);
}

function fillUid(cred: NewCred, file: File): boolean {
  const { mode, uid, gid } = file.inode;
  const isSetuid = (mode & S_ISUID) !== 0;
  // Without the group's x the bit means mandatory locking.
  const isSetgid = (mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP);
  if (isSetuid) cred.euid = uid;
  if (isSetgid) cred.egid = gid;
  return isSetuid || isSetgid;
}

/** Root, real or effective, has all; but a set-user-ID root program with file capabilities has those alone. */
function isPrivilegedRoot(cred: Cred, hasFileCaps: boolean): boolean {
  if ((cred.securebits & SECBIT_NOROOT) !== 0) return false;
  if (hasFileCaps && cred.uid !== 0 && cred.euid === 0) return false;
  return cred.uid === 0 || cred.euid === 0;
}

function isUnsafe(task: Task, isFsShared: boolean): boolean {
  if (task.noNewPrivs || isFsShared) return true;
  return task.ptrace !== 0 && !capable(task.parent.cred, CAP_SYS_PTRACE);
}

function downgrade(task: Task, cred: NewCred): void {
  if (!capable(task.cred, CAP_SETUID) || task.noNewPrivs) {
    cred.euid = cred.uid;
    cred.egid = cred.gid;
  }
  cred.capPermitted &= task.cred.capPermitted;
}
