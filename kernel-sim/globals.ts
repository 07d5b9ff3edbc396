import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  S_ISGID,
  S_ISUID,
  S_ISVTX,
} from "./fs/fs.ts";
import * as errno from "./include/errno.ts";
import * as capability from "./include/uapi/capability.ts";
import * as eventpoll from "./include/uapi/eventpoll.ts";
import * as fcntl from "./include/uapi/fcntl.ts";
import * as futex from "./include/uapi/futex.ts";
import * as inotify from "./include/uapi/inotify.ts";
import * as ioctls from "./include/uapi/ioctls.ts";
import * as mman from "./include/uapi/mman.ts";
import * as mount from "./include/uapi/mount.ts";
import * as poll from "./include/uapi/poll.ts";
import * as prctl from "./include/uapi/prctl.ts";
import * as ptrace from "./include/uapi/ptrace.ts";
import * as resource from "./include/uapi/resource.ts";
import * as sched from "./include/uapi/sched.ts";
import * as securebits from "./include/uapi/securebits.ts";
import * as siginfo from "./include/uapi/siginfo.ts";
import * as signal from "./include/uapi/signal.ts";
import * as socket from "./include/uapi/socket.ts";
import * as socketOptions from "./include/uapi/socket-options.ts";
import * as termbits from "./include/uapi/termbits.ts";
import * as time from "./include/uapi/time.ts";
import * as wait from "./include/uapi/wait.ts";

const { errnoName: _errnoName, ...errnoNumbers } = errno;

/**
 * Numbers that are globals of every cell, under their names in Linux.
 *
 * @linux include/uapi: errno, files, signals, memory, processes, sockets, terminals; bpf.h, pkt_cls.h, if_ether.h, in.h (6.18)
 */
export const constants: Readonly<Record<string, number>> = Object.freeze({
  ...errnoNumbers,

  ...capability,
  ...eventpoll,
  ...fcntl,
  ...futex,
  ...inotify,
  ...ioctls,
  ...mman,
  ...mount,
  ...poll,
  ...prctl,
  ...ptrace,
  ...resource,
  ...sched,
  ...securebits,
  ...siginfo,
  ...signal,
  ...socketOptions,
  ...socket,
  ...termbits,
  ...time,
  ...wait,

  S_IFMT,
  S_IFSOCK,
  S_IFLNK,
  S_IFREG,
  S_IFBLK,
  S_IFDIR,
  S_IFCHR,
  S_IFIFO,
  S_ISUID,
  S_ISGID,
  S_ISVTX,

  BPF_ANY: 0,
  BPF_NOEXIST: 1,
  BPF_EXIST: 2,
  BPF_F_LOCK: 4,

  BPF_F_NO_PREALLOC: 1 << 0,
  BPF_F_NO_COMMON_LRU: 1 << 1,
  BPF_F_NUMA_NODE: 1 << 2,
  BPF_F_RDONLY: 1 << 3,
  BPF_F_WRONLY: 1 << 4,
  BPF_F_ZERO_SEED: 1 << 6,
  BPF_F_RDONLY_PROG: 1 << 7,
  BPF_F_WRONLY_PROG: 1 << 8,
  BPF_F_MMAPABLE: 1 << 10,
  BPF_F_INNER_MAP: 1 << 12,

  BPF_F_STRICT_ALIGNMENT: 1 << 0,
  BPF_F_ANY_ALIGNMENT: 1 << 1,
  BPF_F_TEST_RND_HI32: 1 << 2,
  BPF_F_TEST_STATE_FREQ: 1 << 3,
  BPF_F_SLEEPABLE: 1 << 4,
  BPF_F_XDP_HAS_FRAGS: 1 << 5,

  BPF_LOG_LEVEL1: 1,
  BPF_LOG_LEVEL2: 2,
  BPF_LOG_STATS: 4,
  BPF_LOG_FIXED: 8,

  XDP_ABORTED: 0,
  XDP_DROP: 1,
  XDP_PASS: 2,
  XDP_TX: 3,
  XDP_REDIRECT: 4,

  TC_ACT_UNSPEC: -1,
  TC_ACT_OK: 0,
  TC_ACT_RECLASSIFY: 1,
  TC_ACT_SHOT: 2,
  TC_ACT_PIPE: 3,
  TC_ACT_STOLEN: 4,
  TC_ACT_QUEUED: 5,
  TC_ACT_REPEAT: 6,
  TC_ACT_REDIRECT: 7,
  TC_ACT_TRAP: 8,

  ETH_HLEN: 14,
  ETH_P_IP: 0x0800,
  ETH_P_ARP: 0x0806,
  ETH_P_8021Q: 0x8100,
  ETH_P_IPV6: 0x86dd,

  IPPROTO_ICMP: 1,
  IPPROTO_TCP: 6,
  IPPROTO_UDP: 17,
  IPPROTO_ICMPV6: 58,
});
