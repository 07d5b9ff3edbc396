import { killPtyIndex, makePty, newPtyIndex, type PtyPlace } from "../../drivers/tty/pty.ts";
import type { Tty } from "../../drivers/tty/tty.ts";
import { devTtyFops, ttyOpen } from "../../drivers/tty/tty-io.ts";
import { EINVAL, EIO, ENODEV } from "../../include/errno.ts";
import type { Cred } from "../../kernel/cred.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { cdevAdd, cdevAddMajor, mkdev } from "../char-dev.ts";
import { Dentry, dDelete, dRehash } from "../dcache.ts";
import { type FileSystemType, registerFilesystem } from "../filesystems.ts";
import {
  type ByteString,
  type File,
  type FileOperations,
  Inode,
  S_IFCHR,
  S_IFDIR,
  SuperBlock,
} from "../fs.ts";
import { initSpecialInode } from "../inode.ts";
import { simpleDirOperations } from "../libfs.ts";
import { lookupMnt } from "../mount.ts";
import { currentTime } from "../timestamps.ts";

const DEVPTS_SUPER_MAGIC = 0x1cd1;
const TTYAUX_MAJOR = 5;
const PTMX_MINOR = 2;
const PTY_SLAVE_MAJOR = 136;
/** Numbers of slaves: /dev/pts/0 is inode 3. */
const FIRST_PTY_INO = 3;

interface PtsOptions {
  uid: number | undefined;
  gid: number | undefined;
  mode: number;
  ptmxmode: number;
  max: number;
}

/** @linux fs/devpts/inode.c `devpts_parse_param` (6.18) */
function parseOptions(text: ByteString): PtsOptions | number {
  const options: PtsOptions = {
    uid: undefined,
    gid: undefined,
    mode: 0o600,
    ptmxmode: 0,
    max: 1 << 20,
  };
  for (const option of text.split(",")) {
    if (option === "" || option === "newinstance") continue;
    const [key, value] = option.split("=");
    const number = Number.parseInt(value ?? "", key === "mode" || key === "ptmxmode" ? 8 : 10);
    if (!Number.isInteger(number) || number < 0) return -EINVAL;
    if (key === "uid") options.uid = number;
    else if (key === "gid") options.gid = number;
    else if (key === "mode") options.mode = number & 0o7777;
    else if (key === "ptmxmode") options.ptmxmode = number & 0o7777;
    else if (key === "max") options.max = number;
    else return -EINVAL;
  }
  return options;
}

/** @linux fs/devpts/inode.c `devpts_fill_super` (6.18) */
export function devptsFillSuper(kernel: Kernel, text: ByteString): SuperBlock | number {
  const options = parseOptions(text);
  if (typeof options === "number") return options;
  const sb = new SuperBlock(kernel, "devpts", DEVPTS_SUPER_MAGIC, kernel.anonymousDev());
  sb.fsInfo = options;
  sb.op = { showOptions: () => showOptions(options) };
  const root = stamped(new Inode(sb, 1, S_IFDIR | 0o755, {}, simpleDirOperations));
  root.nlink = 2;
  sb.root = new Dentry(sb, undefined, "/", root);
  const ptmx = stamped(new Inode(sb, 2, S_IFCHR | options.ptmxmode, {}, {}));
  initSpecialInode(ptmx, mkdev(TTYAUX_MAJOR, PTMX_MINOR));
  dRehash(new Dentry(sb, sb.root, "ptmx", ptmx));
  return sb;
}

function stamped(inode: Inode): Inode {
  const now = currentTime(inode);
  inode.atime = now;
  inode.mtime = now;
  inode.ctime = now;
  return inode;
}

function showOptions({ uid, gid, mode, ptmxmode }: PtsOptions): ByteString {
  let text = "";
  if (uid !== undefined) text += `,uid=${uid}`;
  if (gid !== undefined) text += `,gid=${gid}`;
  return `${text},mode=${mode.toString(8).padStart(3, "0")},ptmxmode=${ptmxmode.toString(8).padStart(3, "0")}`;
}

const devptsType: FileSystemType = {
  name: "devpts",
  flags: 0,
  getTree: (task, _source, options) => devptsFillSuper(task.kernel, options),
};

/** The slave shows as a file with its number. @linux fs/devpts/inode.c `devpts_pty_new` (6.18) */
function addPty(sb: SuperBlock, tty: Tty, cred: Cred): PtyPlace {
  const options = sb.fsInfo as PtsOptions;
  const inode = stamped(new Inode(sb, FIRST_PTY_INO + tty.index, S_IFCHR | options.mode, {}, {}));
  inode.uid = options.uid ?? cred.fsuid;
  inode.gid = options.gid ?? cred.fsgid;
  initSpecialInode(inode, mkdev(PTY_SLAVE_MAJOR, tty.index));
  inode.privateData = tty;
  const dentry = new Dentry(sb, sb.root, String(tty.index), inode);
  dRehash(dentry);
  return {
    remove() {
      inode.nlink = 0;
      dDelete(dentry);
      killPtyIndex(sb.kernel, tty.index);
    },
  };
}

/** The devpts to which a ptmx belongs: its own, or the one that is mounted at `pts` beside it. @linux fs/devpts/inode.c `devpts_acquire` */
function devptsOf(file: File): SuperBlock | undefined {
  const { mnt, dentry } = file.path;
  if (dentry.sb.magic === DEVPTS_SUPER_MAGIC) return dentry.sb;
  const place = dentry.parent.children.get("pts");
  const mounted = place === undefined ? undefined : lookupMnt(mnt, place);
  return mounted?.sb.magic === DEVPTS_SUPER_MAGIC ? mounted.sb : undefined;
}

/** A new pseudo terminal; what is opened is its master. @linux drivers/tty/pty.c `ptmx_open` (6.18) */
const ptmxFops: FileOperations = Object.freeze({
  open(task: Task, _inode: Inode, file: File): SysResult {
    const sb = devptsOf(file);
    if (sb === undefined) return -ENODEV;
    const index = newPtyIndex(task.kernel);
    if (index < 0) return index;
    const master = makePty(task.kernel, index);
    master.driverData = addPty(sb, master.link!, task.cred);
    return ttyOpen(task, file, master, true);
  },
});

const ptsFops: FileOperations = Object.freeze({
  open(task: Task, inode: Inode, file: File): SysResult {
    const tty = inode.privateData as Tty | undefined;
    // A node of this number in another file system is no terminal.
    if (tty === undefined || inode.sb.magic !== DEVPTS_SUPER_MAGIC) return -EIO;
    return ttyOpen(task, file, tty, false);
  },
});

/** Pseudo terminals: /dev/ptmx (5,2), /dev/tty (5,0), and devpts for the slaves. */
export function initPtys(kernel: Kernel): void {
  registerFilesystem(kernel, devptsType);
  cdevAdd(kernel, TTYAUX_MAJOR, PTMX_MINOR, ptmxFops);
  cdevAdd(kernel, TTYAUX_MAJOR, 0, devTtyFops);
  cdevAddMajor(kernel, PTY_SLAVE_MAJOR, ptsFops);
}
