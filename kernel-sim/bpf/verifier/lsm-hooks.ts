/**
 * The hooks of security modules that programs are attached to.
 *
 * @linux kernel/bpf/bpf_lsm.c (6.18)
 */
import { EINVAL } from "../../include/errno.ts";
import { BTF_KIND_FUNC } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { BPF_LSM_CGROUP, BPF_LSM_MAC, BPF_PROG_TYPE_LSM } from "../uapi.ts";
import type { VerifierEnv } from "./env.ts";
import type { RetvalRange } from "./states.ts";

const PREFIX = "bpf_lsm_";

function hooks(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** @linux kernel/bpf/bpf_lsm.c `bpf_lsm_disabled_hooks` (6.18) */
const DISABLED = hooks(`
  vm_enough_memory inode_need_killpriv inode_getsecurity inode_listsecurity inode_copy_up_xattr getselfattr getprocattr
  setprocattr key_getsecurity audit_rule_match ismaclabel
`);

/** @linux kernel/bpf/bpf_lsm.c `sleepable_lsm_hooks` (6.18) */
const SLEEPABLE = hooks(`
  bpf bpf_map bpf_map_create bpf_map_free bpf_prog bpf_prog_load bpf_prog_free bpf_token_create bpf_token_free
  bpf_token_cmd bpf_token_capable bprm_check_security bprm_committed_creds bprm_committing_creds bprm_creds_for_exec
  bprm_creds_from_file capget capset cred_prepare file_ioctl file_lock file_open file_post_open file_receive
  inode_create inode_free_security inode_getattr inode_getxattr inode_mknod inode_need_killpriv inode_post_removexattr
  inode_post_setxattr inode_readlink inode_removexattr inode_rename inode_rmdir inode_setattr inode_setxattr
  inode_symlink inode_unlink kernel_module_request kernel_read_file kernfs_init_security path_unlink path_mkdir
  path_rmdir path_truncate path_symlink path_link path_rename path_chmod path_chown mmap_file netlink_send path_notify
  release_secctx sb_alloc_security sb_eat_lsm_opts sb_kern_mount sb_mount sb_remount sb_set_mnt_opts sb_show_options
  sb_statfs sb_umount settime inet_conn_established socket_accept socket_bind socket_connect socket_create
  socket_getpeername socket_getpeersec_dgram socket_getsockname socket_getsockopt socket_listen socket_post_create
  socket_recvmsg socket_sendmsg socket_shutdown socket_socketpair syslog task_alloc task_prctl task_setscheduler
  task_to_inode userns_create
`);

/** Their arguments may be half made, or half gone. @linux kernel/bpf/bpf_lsm.c `untrusted_lsm_hooks` (6.18) */
const UNTRUSTED = hooks(`
  bpf_map_free bpf_prog_free file_alloc_security file_free_security sk_alloc_security sk_free_security task_free
`);

/** @linux kernel/bpf/bpf_lsm.c `bool_lsm_hooks` (6.18) */
const BOOL = hooks("xfrm_state_pol_flow_match audit_rule_known inode_xattr_skipcap");

/**
 * They run while the socket is locked, or before anybody else has it.
 *
 * @linux kernel/bpf/bpf_lsm.c `bpf_lsm_locked_sockopt_hooks`, `bpf_lsm_unlocked_sockopt_hooks` (6.18)
 */
const SOCKOPT = hooks(
  "sock_graft inet_csk_clone inet_conn_established socket_post_create socket_socketpair",
);

function isIn(set: ReadonlySet<string>, func: string): boolean {
  return func.startsWith(PREFIX) && set.has(func.slice(PREFIX.length));
}

export function isSleepableHook(func: string): boolean {
  return isIn(SLEEPABLE, func);
}

export function isTrustedHook(func: string): boolean {
  return !isIn(UNTRUSTED, func);
}

/** Whether programs of a cgroup may set options of the socket there. */
export function mayLsmSetSockopt(func: string): boolean {
  return isIn(SOCKOPT, func);
}

/** @linux kernel/bpf/bpf_lsm.c `bpf_lsm_verify_prog` (6.18) */
export function checkLsmHook(env: VerifierEnv, func: string): 0 | number {
  const problem = problemOf(env, func);
  if (problem === "") return 0;
  env.verbose(`${problem}\n`);
  return -EINVAL;
}

function problemOf({ isGplCompatible, attach }: VerifierEnv, func: string): string {
  if (!isGplCompatible) return "LSM programs must have a GPL compatible license";
  const points = `attach_btf_id ${attach.btfId} points to`;
  if (isIn(DISABLED, func)) return `${points} disabled hook ${func}`;
  const isHook =
    func.startsWith(PREFIX) && btfVmlinux().findByNameKind(func, BTF_KIND_FUNC) !== undefined;
  return isHook ? "" : `${points} wrong type name ${func}`;
}

const MAX_ERRNO = 4095;

/**
 * What a program at its hook may answer; undefined: anything, or nothing is answered.
 *
 * @linux kernel/bpf/bpf_lsm.c `bpf_lsm_get_retval_range` (6.18)
 */
export function lsmRetvalRange({
  attachFuncProto,
  attachFuncName,
}: VerifierEnv): RetvalRange | undefined {
  if (attachFuncProto?.type === 0) return undefined;
  return isIn(BOOL, attachFuncName) ? { min: 0, max: 1 } : { min: -MAX_ERRNO, max: 0 };
}

/** @linux kernel/bpf/verifier.c `get_func_retval_range` (6.18) */
export function funcRetvalRange(env: VerifierEnv): RetvalRange | undefined {
  const isLsm = env.progType === BPF_PROG_TYPE_LSM && env.expectedAttachType === BPF_LSM_MAC;
  return isLsm ? lsmRetvalRange(env) : undefined;
}

/** It is attached to a cgroup, and to a hook that answers nothing. */
export function isVoidCgroupHook(env: VerifierEnv): boolean {
  const isLsm = env.progType === BPF_PROG_TYPE_LSM && env.expectedAttachType === BPF_LSM_CGROUP;
  return isLsm && env.attachFuncProto?.type === 0;
}
