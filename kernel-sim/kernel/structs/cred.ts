/** Who a task is, and where it lives, as programs see it. */
import {
  at,
  fields,
  inside,
  type StructTable,
  type StructTables,
} from "../../bpf/structs/members.ts";
import type { MntNamespace } from "../../fs/mount.ts";
import { type NsType, nsPath } from "../../fs/nsfs.ts";
import type { IpcNamespace } from "../../ipc/namespace.ts";
import type { Cred, UserStruct } from "../cred.ts";
import type { Kernel } from "../kernel.ts";
import type { Nsproxy } from "../nsproxy.ts";
import type { UserNamespace } from "../user-namespace.ts";
import type { UtsNamespace } from "../utsname.ts";
import { pidNamespace } from "./signal.ts";

/** @linux include/linux/cred.h `struct cred` (6.18) */
const cred: StructTable<Cred> = {
  uid: ({ uid }) => uid,
  gid: ({ gid }) => gid,
  suid: ({ suid }) => suid,
  sgid: ({ sgid }) => sgid,
  euid: ({ euid }) => euid,
  egid: ({ egid }) => egid,
  fsuid: ({ fsuid }) => fsuid,
  fsgid: ({ fsgid }) => fsgid,
  securebits: ({ securebits }) => securebits,
  cap_inheritable: ({ capInheritable }) => capInheritable,
  cap_permitted: ({ capPermitted }) => capPermitted,
  cap_effective: ({ capEffective }) => capEffective,
  cap_bset: ({ capBset }) => capBset,
  cap_ambient: ({ capAmbient }) => capAmbient,
  user: ({ user }) => at("user_struct", user),
  user_ns: ({ userNs }) => at("user_namespace", userNs),
  group_info: ({ groups }) => at("group_info", groups),
};

/** @linux include/linux/cred.h `struct group_info` (6.18) */
const groupInfo: StructTable<readonly number[]> = {
  sizeof: (groups) => 4 * groups.length,
  ngroups: (groups) => groups.length,
  gid: (groups) => groups,
};

/** @linux include/linux/sched/user.h `struct user_struct` (6.18) */
const userStruct: StructTable<UserStruct> = {
  epoll_watches: ({ epollWatches }) => fields({ count: epollWatches }),
  unix_inflight: ({ unixInflight }) => unixInflight,
  pipe_bufs: ({ pipeBufs }) => pipeBufs,
  uid: ({ uid }) => uid,
};

/** @linux include/linux/user_namespace.h `struct user_namespace` (6.18) */
const userNamespace: StructTable<UserNamespace> = {
  level: ({ level }) => level,
};

/** @linux include/linux/nsproxy.h `struct nsproxy` (6.18) */
const nsproxy: StructTable<Nsproxy> = {
  uts_ns: ({ uts }) => at("uts_namespace", uts),
  mnt_ns: ({ mnt }) => at("mnt_namespace", mnt),
  ipc_ns: ({ ipc }) => at("ipc_namespace", ipc),
  net_ns: ({ net }) => at("net", net),
  pid_ns_for_children: ({ pidForChildren }) => at("pid_namespace", pidForChildren),
};

/** @linux include/linux/utsname.h `struct uts_namespace` (6.18) */
const utsNamespace: StructTable<UtsNamespace> = {
  name: (of) => inside("new_utsname", of),
};

/** @linux include/uapi/linux/utsname.h `struct new_utsname` (6.18) */
const newUtsname: StructTable<UtsNamespace> = {
  sysname: ({ sysname }) => sysname,
  nodename: ({ nodename }) => nodename,
  release: ({ release }) => release,
  version: ({ version }) => version,
  machine: ({ machine }) => machine,
  domainname: ({ domainname }) => domainname,
};

/** @linux fs/mount.h `struct mnt_namespace` (6.18) */
const mntNamespace: StructTable<MntNamespace> = {
  root: ({ root }) => at("mount", root),
  nr_mounts: ({ mounts }) => mounts.length,
};

/** @linux include/linux/ipc_namespace.h `struct ipc_namespace` (6.18) */
const ipcNamespace: StructTable<IpcNamespace> = {
  used_sems: ({ usedSems }) => usedSems,
  shm_ctlmax: ({ shmCtlmax }) => shmCtlmax,
  shm_ctlall: ({ shmCtlall }) => shmCtlall,
  shm_tot: ({ shmTot }) => shmTot,
  shm_ctlmni: ({ shmCtlmni }) => shmCtlmni,
};

/** Namespaces have their numbers in this machine. @linux include/linux/ns_common.h `struct ns_common` (6.18) */
export function namespaceStructs(kernel: Kernel): StructTables {
  const numbered = (type: NsType, table: StructTable): StructTable => ({
    ...table,
    ns: (of: object) => fields({ inum: nsPath(kernel, type, of).dentry.inode?.ino }),
  });
  return {
    user_namespace: numbered("user", userNamespace),
    uts_namespace: numbered("uts", utsNamespace),
    mnt_namespace: numbered("mnt", mntNamespace),
    ipc_namespace: numbered("ipc", ipcNamespace),
    pid_namespace: numbered("pid", pidNamespace),
    net: numbered("net", {}),
  };
}

export const credStructs: StructTables = {
  cred,
  group_info: groupInfo,
  user_struct: userStruct,
  nsproxy,
  new_utsname: newUtsname,
};
