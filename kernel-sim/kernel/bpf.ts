import type { BpfObject } from "../bpf/kernel.ts";
import type {
  BpfCaller,
  DescriptorTable,
  StorageOwnerKind,
  Surroundings,
} from "../bpf/sys/caller.ts";
import type { BpfDoor } from "../bpf/sys/door.ts";
import { anonInodeGetfd } from "../fs/anon-inodes.ts";
import { bpfObjGet, bpfObjPin } from "../fs/bpf-fs.ts";
import { iterFileOperations } from "../fs/bpf-iter.ts";
import { fdForNewFile } from "../fs/file-table.ts";
import { type File, type FileOperations, S_IFREG } from "../fs/fs.ts";
import { filenameLookup, LOOKUP_FOLLOW } from "../fs/namei.ts";
import { nsOfInode } from "../fs/nsfs.ts";
import { EBADF, ENOENT, ENOSYS, ENOTSOCK, ENOTSUPP } from "../include/errno.ts";
import { CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON, CAP_SYS_ADMIN } from "../include/uapi/capability.ts";
import {
  AT_FDCWD,
  O_ACCMODE,
  O_CLOEXEC,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from "../include/uapi/fcntl.ts";
import { copyFromUser, copyToUser } from "../mm/uaccess.ts";
import { sockfdLookup } from "../net/socket.ts";
import { bpfGetUnmappedArea, bpfMmap } from "./bpf-mmap.ts";
import { bpfPoll } from "./bpf-poll.ts";
import { bpfTaskOf } from "./bpf-task.ts";
import { capable } from "./cred.ts";
import { perfOfFile } from "./events/perf-event.ts";
import { findTaskByVpid, findVpid, pidTask } from "./pid.ts";
import { pidfdGetPid } from "./pidfd.ts";
import type { SyscallTable } from "./syscall.ts";
import type { Task } from "./task.ts";

/** @linux kernel/bpf/syscall.c (6.18) @spec bpf(2) */
export const bpfSyscalls: SyscallTable = Object.freeze({
  bpf: (task: Task, command: number, attr: number, size: number) => {
    const { bpf } = task.kernel.hooks;
    return bpf === undefined ? -ENOSYS : bpf.call(callerOf(task, bpf), command, attr, size >>> 0);
  },
});

function callerOf(task: Task, door: BpfDoor): BpfCaller {
  const { cred } = task;
  return {
    uid: cred.uid,
    task: bpfTaskOf(task),
    unprivilegedBpfDisabled: task.kernel.sysctl.unprivilegedBpfDisabled,
    caps: {
      bpf: capable(cred, CAP_BPF),
      netAdmin: capable(cred, CAP_NET_ADMIN),
      perfmon: capable(cred, CAP_PERFMON),
      sysAdmin: capable(cred, CAP_SYS_ADMIN),
    },
    memory: {
      read(address, bytes) {
        const found = copyFromUser(task, address, bytes);
        return typeof found === "number" ? undefined : found;
      },
      write: (address, bytes) => copyToUser(task, address, bytes) === 0,
    },
    files: descriptorsOf(task, door),
    surroundings: surroundingsOf(task),
    pins: {
      pin: (directory, path, object) => bpfObjPin(task, directory, path, object),
      get: (directory, path, flags) => bpfObjGet(task, directory, path, flags),
    },
  };
}

/** Undefined for what is no object of BPF. */
export function bpfObjectOfFd(task: Task, fd: number): BpfObject | undefined {
  const file = task.files.fget(fd);
  return file && isOfBpf(file) ? (file.privateData as BpfObject) : undefined;
}

function descriptorsOf(task: Task, door: BpfDoor): DescriptorTable {
  return {
    get: (fd) => bpfObjectOfFd(task, fd),
    perfEvent: (fd) => perfOfFile(task.files.fget(fd)),
    has: (fd) => task.files.fget(fd) !== undefined,
    ownerOf: (fd, kind) => storageOwnerOf(task, fd, kind),
    install: (object, flags) => {
      const name = door.nameOf(object);
      const fops = name === "bpf_iter" ? iterFileOperations : operationsOf(door, object);
      return anonInodeGetfd(task, name, fops, object, openFlags(flags) | O_CLOEXEC);
    },
    whyFull() {
      const fd = fdForNewFile(task, true);
      if (fd < 0) return fd;
      task.files.putUnusedFd(fd);
      return 0;
    },
    flagsOf(fd) {
      const access = (task.files.fget(fd)?.flags ?? O_RDWR) & O_ACCMODE;
      if (access === O_RDONLY) return BPF_F_RDONLY;
      return access === O_WRONLY ? BPF_F_WRONLY : 0;
    },
    closeFd: (fd) => task.files.close(task, fd),
  };
}

/**
 * @linux kernel/bpf/bpf_task_storage.c `bpf_pid_task_storage_lookup_elem`, bpf_inode_storage.c
 * `bpf_fd_inode_storage_lookup_elem`, net/core/bpf_sk_storage.c `bpf_fd_sk_storage_lookup_elem` (6.18)
 */
function storageOwnerOf(task: Task, fd: number, kind: StorageOwnerKind): object | number {
  switch (kind) {
    case "socket": {
      const sock = sockfdLookup(task, fd);
      return typeof sock === "number" ? sock : (sock.sk ?? -ENOTSOCK);
    }
    case "inode":
      return task.files.get(fd)?.inode ?? -EBADF;
    case "task": {
      const named = pidfdGetPid(task, fd);
      return typeof named === "number" ? named : (pidTask(named.pid, "pid") ?? -ENOENT);
    }
    default:
      return -EBADF;
  }
}

function surroundingsOf(task: Task): Surroundings {
  return {
    isNetNs(fd) {
      const file = task.files.fget(fd);
      return file !== undefined && nsOfInode(file.inode)?.type === "net";
    },
    isRegularFile(name) {
      const path = filenameLookup(task, AT_FDCWD, name, LOOKUP_FOLLOW);
      return typeof path === "number" ? path : path.dentry.inode!.type === S_IFREG;
    },
    hasProcess: (pid) => pidTask(findVpid(task, pid), "tgid") !== undefined,
    objectOfTask(pid, fd) {
      const other = findTaskByVpid(task, pid);
      if (other === undefined) return -ENOENT;
      const file = other.exitState === 0 ? other.files.get(fd) : undefined;
      if (file === undefined) return -EBADF;
      if (isOfBpf(file)) return file.privateData as BpfObject;
      return perfOfFile(file) ?? -ENOTSUPP;
    },
  };
}

const BPF_F_RDONLY = 1 << 3;
const BPF_F_WRONLY = 1 << 4;

/** @linux kernel/bpf/syscall.c `bpf_get_file_flag` (6.18) */
function openFlags(flags: number): number {
  if ((flags & BPF_F_RDONLY) !== 0) return O_RDONLY;
  return (flags & BPF_F_WRONLY) !== 0 ? O_WRONLY : O_RDWR;
}

function isOfBpf({ op }: File): boolean {
  return op === bpfFileOperations || op === polledFileOperations;
}

/** Programs, types and most links cannot be waited for, and epoll_ctl(2) says so. */
function operationsOf(door: BpfDoor, object: BpfObject): FileOperations {
  const isPolled = door.mapOf(object) !== undefined || door.pollableOf(object) !== undefined;
  return isPolled ? polledFileOperations : bpfFileOperations;
}

/** @linux kernel/bpf/syscall.c `bpf_prog_fops`, `bpf_link_fops`, kernel/bpf/btf.c `btf_fops` (6.18) */
const bpfFileOperations: FileOperations = {
  mmap: bpfMmap,
  getUnmappedArea: bpfGetUnmappedArea,
  showFdinfo: (file) =>
    file.inode.sb.kernel.hooks.bpf?.fdinfoOf(file.privateData as BpfObject) ?? "",
  release(file) {
    file.inode.sb.kernel.hooks.bpf?.release(file.privateData as BpfObject);
  },
};

/** @linux kernel/bpf/syscall.c `bpf_map_fops`, `bpf_link_fops_poll` (6.18) */
const polledFileOperations: FileOperations = { ...bpfFileOperations, poll: bpfPoll };
