import type { Kernel } from "../../kernel/kernel.ts";
import type { Task } from "../../kernel/task.ts";
import { TCP_ESTABLISHED, TCP_LISTEN } from "../../net/core/sock.ts";
import { TimewaitSock, tcpSocks } from "../../net/ipv4/inet-hashtables.ts";
import type { InetSock } from "../../net/ipv4/inet-sock.ts";
import type { TcpSock } from "../../net/ipv4/tcp-sock.ts";
import { udpSocks } from "../../net/ipv4/udp-table.ts";
import type { NetNamespace } from "../../net/namespace.ts";
import { sockFromFile } from "../../net/socket.ts";
import { UnixSock } from "../../net/unix/unix-sock.ts";
import type { ByteString } from "../fs.ts";
import { genericFileLlseek } from "../llseek.ts";
import { dir, one, type PidEntry, pidentLookup, pidentReaddir } from "./pid-entry.ts";

const CLOCK_NS = 10_000_000;
const TCP_INIT_CWND = 10;
const SO_ACCEPTCON = 0x10000;
const SS_UNCONNECTED = 1;
const SS_CONNECTED = 3;
/** Bytes of a line without its newline: `TMPSZ` of the protocol. */
const TCP_LINE = 149;
const UDP_LINE = 127;
/** Pointers of the kernel are shown to nobody (`%pK`). */
const HIDDEN = "0000000000000000";

const NET_ENTRIES: readonly PidEntry[] = Object.freeze([
  file("dev", (net) => devices(net)),
  file("route", () => routes()),
  file("tcp", (net) => tcpText(net)),
  file("udp", (net) => udpText(net)),
  file("unix", (net, kernel) => unixText(net, kernel)),
]);

/** /proc/PID/net: the network that a process sees. @linux fs/proc/proc_net.c (6.18) */
export const procNetDir: PidEntry = dir(
  "net",
  0o555,
  { lookup: (inode, name) => pidentLookup(NET_ENTRIES, inode, name) },
  {
    llseek: genericFileLlseek,
    iterate: (_task, open, actor) => pidentReaddir(NET_ENTRIES, open, actor),
  },
);

function file(name: string, show: (net: NetNamespace, kernel: Kernel) => ByteString): PidEntry {
  return one(name, 0o444, (task: Task) => show(task.nsproxy.net, task.kernel));
}

function hex(value: number, digits: number): string {
  return (value >>> 0).toString(16).toUpperCase().padStart(digits, "0");
}

/** An address as the machine's own number: its bytes come from the network's order. */
function address(addr: number): string {
  const bytes = [addr & 0xff, (addr >>> 8) & 0xff, (addr >>> 16) & 0xff, addr >>> 24];
  return bytes.map((byte) => hex(byte, 2)).join("");
}

function ends(sk: Pick<InetSock, "rcvSaddr" | "num" | "daddr" | "dport">): string {
  return `${address(sk.rcvSaddr)}:${hex(sk.num, 4)} ${address(sk.daddr)}:${hex(sk.dport, 4)}`;
}

/** @linux net/ipv4/tcp_ipv4.c `tcp4_seq_show`, `get_tcp4_sock` (6.18) */
function tcpText(net: NetNamespace): ByteString {
  const head =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
  const rows = tcpSocks(net).map((sk, i) =>
    sk instanceof TimewaitSock ? timewaitLine(sk, i) : tcpLine(sk, i),
  );
  return [head, ...rows].map((line) => `${line.padEnd(TCP_LINE)}\n`).join("");
}

function tcpLine(sk: TcpSock, at: number): string {
  const isListening = sk.state === TCP_LISTEN;
  const [timer, left] = timerOf(sk);
  const received = isListening
    ? sk.acceptQueue.length
    : Math.max(0, (sk.rcvNxt - sk.copiedSeq) | 0);
  const queues = `${hex((sk.writeSeq - sk.sndUna) | 0, 8)}:${hex(received, 8)}`;
  const { ackState } = sk;
  const rest = [
    1 + (timer === 0 ? 0 : 1),
    HIDDEN,
    Math.floor(sk.rto / CLOCK_NS),
    Math.floor(ackState.ato / CLOCK_NS),
    (ackState.quick << 1) | (sk.isInPingpongMode ? 1 : 0),
    TCP_INIT_CWND,
    isListening ? 0 : -1,
  ].join(" ");
  const when = `${hex(timer, 2)}:${hex(left, 8)} ${hex(sk.retransmits, 8)}`;
  const owner = `${String(sk.uid).padStart(5)} ${String(sk.probesOut).padStart(8)}`;
  const inode = sk.socket?.inode.ino ?? 0;
  return `${String(at).padStart(4)}: ${ends(sk)} ${hex(sk.state, 2)} ${queues} ${when} ${owner} ${inode} ${rest}`;
}

/** Which timer runs, and for how many hundredths of a second. */
function timerOf(sk: TcpSock): readonly [number, number] {
  const hundredths = (ns: number) => Math.ceil(ns / CLOCK_NS);
  if (sk.retransmitTimer?.isActive === true) return [1, hundredths(sk.retransmitTimer.remaining())];
  if (sk.keepaliveTimer?.isActive === true) return [2, hundredths(sk.keepaliveTimer.remaining())];
  return [0, 0];
}

/** @linux net/ipv4/tcp_ipv4.c `get_timewait4_sock` (6.18) */
function timewaitLine(tw: TimewaitSock, at: number): string {
  const [, remote = ""] = tw.key.split("-");
  const [daddr = 0, dport = 0] = remote.split(":").map(Number);
  const left = Math.ceil((tw.timer?.remaining() ?? 0) / CLOCK_NS);
  const place = ends({ rcvSaddr: tw.rcvSaddr, num: tw.num, daddr, dport });
  return `${String(at).padStart(4)}: ${place} ${hex(tw.substate, 2)} 00000000:00000000 03:${hex(left, 8)} 00000000     0        0 0 3 ${HIDDEN}`;
}

/** @linux net/ipv4/udp.c `udp4_seq_show`, `udp4_format_sock` (6.18) */
function udpText(net: NetNamespace): ByteString {
  const head =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops";
  const rows = udpSocks(net).map((sk) => {
    const queues = `${hex(sk.wmemAlloc - 1, 8)}:${hex(sk.rmemAlloc, 8)}`;
    const owner = `${String(sk.uid).padStart(5)} ${String(0).padStart(8)}`;
    const state = sk.state === TCP_ESTABLISHED ? 1 : 7;
    return `${String(sk.num).padStart(5)}: ${ends(sk)} ${hex(state, 2)} ${queues} 00:00000000 00000000 ${owner} ${sk.socket?.inode.ino ?? 0} 2 ${HIDDEN} 0`;
  });
  return [head, ...rows].map((line) => `${line.padEnd(UDP_LINE)}\n`).join("");
}

/**
 * @linux net/unix/af_unix.c `unix_seq_show` (6.18)
 * @simplified sockets that nobody has accepted yet are not in the list.
 */
function unixText(net: NetNamespace, kernel: Kernel): ByteString {
  const socks = new Map<UnixSock, number>();
  for (const task of kernel.tasks) {
    if (task.exitState !== 0) continue;
    for (const [, open] of task.files.entries()) {
      const sk = sockFromFile(open)?.sk;
      if (sk instanceof UnixSock && sk.net === net) socks.set(sk, sk.socket?.inode.ino ?? 0);
    }
  }
  const rows = [...socks].map(([sk, ino]) => {
    const isListening = sk.state === TCP_LISTEN;
    const state = sk.state === TCP_ESTABLISHED ? SS_CONNECTED : SS_UNCONNECTED;
    const refs = 2 + (sk.peer === undefined ? 0 : 1);
    const head = `${HIDDEN}: ${hex(refs, 8)} ${hex(0, 8)} ${hex(isListening ? SO_ACCEPTCON : 0, 8)}`;
    return `${head} ${hex(sk.type, 4)} ${hex(state, 2)} ${String(ino).padStart(5)}${nameOf(sk)}\n`;
  });
  return `Num       RefCount Protocol Flags    Type St Inode Path\n${rows.join("")}`;
}

/** A path, or an abstract name, in which each NUL shows as `@`. */
function nameOf({ addr }: UnixSock): string {
  if (addr === undefined || addr.length <= 2) return "";
  const bytes = addr.subarray(2);
  const isPath = bytes[0] !== 0;
  const end = isPath ? bytes.indexOf(0) : -1;
  const shown = [...(end < 0 ? bytes : bytes.subarray(0, end))];
  return ` ${shown.map((byte) => (byte === 0 ? "@" : String.fromCharCode(byte))).join("")}`;
}

/** @linux net/core/net-procfs.c `dev_seq_printf_stats` (6.18) */
function devices(net: NetNamespace): ByteString {
  const { loPackets, loBytes } = net;
  const columns = (widths: readonly number[]) =>
    widths
      .map((width, i) => String(i === 0 ? loBytes : i === 1 ? loPackets : 0).padStart(width))
      .join(" ");
  return [
    "Inter-|   Receive                                                |  Transmit\n",
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n",
    `${"lo".padStart(6)}: ${columns([7, 7, 4, 4, 4, 5, 10, 9])} ${columns([8, 7, 4, 4, 4, 5, 7, 10])}\n`,
  ].join("");
}

/** There is no route but those to the machine itself, which are in another table. @linux net/ipv4/fib_trie.c `fib_route_seq_show` (6.18) */
function routes(): ByteString {
  const head =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";
  return `${head.padEnd(127)}\n`;
}
