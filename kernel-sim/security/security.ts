import type { Binprm } from "../fs/binprm.ts";
import type { Dentry } from "../fs/dcache.ts";
import type { ByteString, File, Inode, Path } from "../fs/fs.ts";
import type { Task } from "../kernel/task.ts";
import type { Socket } from "../net/socket.ts";
import type { UnixSock } from "../net/unix/unix-sock.ts";

/**
 * Where security modules are asked, behind the usual permission checks: 0 or an errno.
 *
 * @linux include/linux/lsm_hook_defs.h (6.18)
 */
export interface SecurityHooks {
  fileOpen(task: Task, file: File): number;
  fileTruncate(task: Task, file: File): number;
  fileIoctl(task: Task, file: File, cmd: number, arg: number): number;
  pathTruncate(task: Task, path: Path): number;
  /** In the directory `dir`, `dentry` is negative. */
  pathMknod(task: Task, dir: Path, dentry: Dentry, mode: number): number;
  pathMkdir(task: Task, dir: Path, dentry: Dentry, mode: number): number;
  pathSymlink(task: Task, dir: Path, dentry: Dentry, target: ByteString): number;
  pathUnlink(task: Task, dir: Path, dentry: Dentry): number;
  pathRmdir(task: Task, dir: Path, dentry: Dentry): number;
  pathLink(task: Task, old: Dentry, dir: Path, dentry: Dentry): number;
  pathRename(
    task: Task,
    oldDir: Path,
    oldDentry: Dentry,
    newDir: Path,
    newDentry: Dentry,
    flags: number,
  ): number;
  /** A regular file is about to be made. */
  inodeCreate(task: Task, dir: Inode, dentry: Dentry, mode: number): number;
  inodeUnlink(task: Task, dir: Inode, dentry: Dentry): number;
  /** The program of `bprm.file` is about to be loaded. */
  bprmCheckSecurity(task: Task, bprm: Binprm): number;
  /** `task` is about to have a child. */
  taskAlloc(task: Task, flags: number): number;
  sbMount(task: Task): number;
  sbUmount(task: Task): number;
  sbPivotroot(task: Task): number;
  moveMount(task: Task): number;
  /** `addr` is a `struct sockaddr` as the program gave it. */
  socketBind(task: Task, sock: Socket, addr: Uint8Array): number;
  socketConnect(task: Task, sock: Socket, addr: Uint8Array): number;
  /** A stream connects to the listener `other`; a datagram is sent to `other`. */
  unixStreamConnect(task: Task, sk: UnixSock, other: UnixSock): number;
  unixMaySend(task: Task, sk: UnixSock, other: UnixSock): number;
}

const allow = () => 0;

/** No security module: nothing is refused. */
export function noSecurity(): SecurityHooks {
  return {
    fileOpen: allow,
    fileTruncate: allow,
    fileIoctl: allow,
    pathTruncate: allow,
    pathMknod: allow,
    pathMkdir: allow,
    pathSymlink: allow,
    pathUnlink: allow,
    pathRmdir: allow,
    pathLink: allow,
    pathRename: allow,
    inodeCreate: allow,
    inodeUnlink: allow,
    bprmCheckSecurity: allow,
    taskAlloc: allow,
    sbMount: allow,
    sbUmount: allow,
    sbPivotroot: allow,
    moveMount: allow,
    socketBind: allow,
    socketConnect: allow,
    unixStreamConnect: allow,
    unixMaySend: allow,
  };
}
