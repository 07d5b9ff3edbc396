import { ENOTTY } from "../include/errno.ts";
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
} from "../include/uapi/sched.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { Dentry } from "./dcache.ts";
import { type FileOperations, Inode, type Path, S_IFREG } from "./fs.ts";
import { pseudoMount } from "./pseudo.ts";

/** The kinds of namespaces, as /proc/PID/ns names them. */
export type NsType = "mnt" | "uts" | "ipc" | "net" | "pid" | "user" | "cgroup";

/** The flag of clone, unshare and setns for a kind of namespace. */
export const CLONE_FLAG_OF: Readonly<Record<NsType, number>> = Object.freeze({
  mnt: CLONE_NEWNS,
  uts: CLONE_NEWUTS,
  ipc: CLONE_NEWIPC,
  net: CLONE_NEWNET,
  pid: CLONE_NEWPID,
  user: CLONE_NEWUSER,
  cgroup: CLONE_NEWCGROUP,
});

/** Inode numbers of the first namespaces: `include/uapi/linux/nsfs.h` (6.18). */
const INIT_INO: Readonly<Record<NsType, number>> = Object.freeze({
  mnt: 0xeffffff8,
  net: 0xeffffff9,
  cgroup: 0xeffffffb,
  pid: 0xeffffffc,
  user: 0xeffffffd,
  uts: 0xeffffffe,
  ipc: 0xefffffff,
});

const NSFS_MAGIC = 0x6e736673;
const NS_GET_NSTYPE = 0xb703;

/** A namespace as an open file stands for it. */
export interface NsCommon {
  readonly type: NsType;
  readonly ns: object;
}

/** The files of all namespaces of this machine that somebody has asked for. */
class Nsfs {
  readonly places = new Map<object, Path>();
  /** The first of each kind that was asked for: the initial one, since tasks start in it. */
  readonly initial = new Map<NsType, object>();
}

/**
 * The place of a namespace's file, whose inode number is the name of the namespace.
 *
 * @linux fs/nsfs.c `ns_get_path` (6.18)
 */
export function nsPath(kernel: Kernel, type: NsType, ns: object): Path {
  const nsfs = kernel.subsystem("nsfs", () => makeNsfs(kernel));
  const known = nsfs.places.get(ns);
  if (known !== undefined) return known;
  const mnt = pseudoMount(kernel, "nsfs", NSFS_MAGIC);
  const ino = nsfs.initial.get(type) === ns ? INIT_INO[type] : kernel.pseudoInode();
  const inode = new Inode(mnt.sb, ino, S_IFREG | 0o444, {}, nsOperations);
  const common: NsCommon = { type, ns };
  inode.privateData = common;
  const dentry = new Dentry(mnt.sb, mnt.root, "", inode);
  dentry.isUnhashed = true;
  dentry.dname = () => nsName(type, ino);
  const path: Path = { mnt, dentry };
  nsfs.places.set(ns, path);
  return path;
}

/** What a link in /proc/PID/ns reads as. */
export function nsName(type: NsType, ino: number): string {
  return `${type}:[${ino}]`;
}

/** The namespace that an inode of nsfs stands for. */
export function nsOfInode(inode: Inode): NsCommon | undefined {
  return inode.fop === nsOperations ? (inode.privateData as NsCommon) : undefined;
}

const nsOperations: FileOperations = {
  ioctl(_task, file, cmd) {
    return cmd === NS_GET_NSTYPE ? CLONE_FLAG_OF[nsOfInode(file.inode)!.type] : -ENOTTY;
  },
};

function makeNsfs(kernel: Kernel): Nsfs {
  const nsfs = new Nsfs();
  const first = kernel.initPidNs.childReaper;
  if (first === undefined) return nsfs;
  const { mnt, uts, ipc, net } = first.nsproxy;
  nsfs.initial.set("mnt", mnt).set("uts", uts).set("ipc", ipc).set("net", net);
  nsfs.initial.set("pid", kernel.initPidNs).set("user", first.cred.userNs);
  nsfs.initial.set("cgroup", initCgroupNs(kernel));
  return nsfs;
}

/** The one cgroup namespace. */
export function initCgroupNs(kernel: Kernel): object {
  return kernel.subsystem("cgroup.ns", () => ({}));
}
