/**
 * Tracepoints and where their fields lie in the structure that a program gets, as Linux 6.18
 * describes them in `events/<system>/<event>/format`. The first 8 bytes are the same in all
 * of them, and no program may read them.
 */
import { entryName, numberOfEntry } from "./syscall-names.ts";

export interface TracepointField {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly kind: FieldKind;
}

/**
 * A number with or without a sign; a text of fixed size; the place of one behind the fixed fields, its offset in the
 * lower and its length in the upper 16 bits (`__data_loc`); an address of IPv4, and one as IPv6 writes it; the
 * arguments of a system call.
 */
type FieldKind = "signed" | "unsigned" | "text" | "string" | "address" | "mapped" | "args";

export interface TracepointFormat {
  readonly name: string;
  readonly id: number;
  readonly fields: readonly TracepointField[];
}

const KINDS: Readonly<Record<string, FieldKind>> = {
  s: "signed",
  u: "unsigned",
  c: "text",
  d: "string",
  a: "address",
  m: "mapped",
  w: "args",
};

/** Name, number, and of each field where it is, what it is and how many bytes it has. */
const EVENTS = `
sched:sched_switch 372 prev_comm:8c16 prev_pid:24s4 prev_prio:28s4 prev_state:32s8 next_comm:40c16 next_pid:56s4 next_prio:60s4
sched:sched_waking 375 comm:8c16 pid:24s4 prio:28s4 target_cpu:32s4
sched:sched_wakeup 374 comm:8c16 pid:24s4 prio:28s4 target_cpu:32s4
sched:sched_wakeup_new 373 comm:8c16 pid:24s4 prio:28s4 target_cpu:32s4
sched:sched_migrate_task 371 comm:8d4 pid:12s4 prio:16s4 orig_cpu:20s4 dest_cpu:24s4
sched:sched_process_fork 366 parent_comm:8d4 parent_pid:12s4 child_comm:16d4 child_pid:20s4
sched:sched_prepare_exec 364 interp:8d4 filename:12d4 pid:16s4 comm:20d4
sched:sched_process_exec 365 filename:8d4 pid:12s4 old_pid:16s4
sched:sched_process_exit 369 comm:8c16 pid:24s4 prio:28s4 group_dead:32u1
sched:sched_process_free 370 comm:8d4 pid:12s4 prio:16s4
sched:sched_process_wait 367 comm:8d4 pid:12s4 prio:16s4
sched:sched_pi_setprio 362 comm:8d4 pid:12s4 oldprio:16s4 newprio:20s4
task:task_newtask 205 pid:8s4 comm:12c16 clone_flags:32u8 oom_score_adj:40s2
task:task_rename 204 pid:8s4 oldcomm:12c16 newcomm:28c16 oom_score_adj:44s2
signal:signal_generate 261 sig:8s4 errno:12s4 code:16s4 comm:20c16 pid:36s4 group:40s4 result:44s4
signal:signal_deliver 260 sig:8s4 errno:12s4 code:16s4 sa_handler:24u8 sa_flags:32u8
irq:irq_handler_entry 225 irq:8s4 name:12d4
irq:irq_handler_exit 224 irq:8s4 ret:12s4
irq:softirq_raise 221 vec:8u4
irq:softirq_entry 223 vec:8u4
irq:softirq_exit 222 vec:8u4
irq_vectors:local_timer_entry 165 vector:8s4
irq_vectors:local_timer_exit 164 vector:8s4
irq_vectors:reschedule_entry 155 vector:8s4
irq_vectors:reschedule_exit 154 vector:8s4
irq_vectors:call_function_entry 153 vector:8s4
irq_vectors:call_function_exit 152 vector:8s4
irq_vectors:call_function_single_entry 151 vector:8s4
irq_vectors:call_function_single_exit 150 vector:8s4
irq_vectors:spurious_apic_entry 163 vector:8s4
irq_vectors:spurious_apic_exit 162 vector:8s4
exceptions:page_fault_user 190 address:8u8 ip:16u8 error_code:24u8
raw_syscalls:sys_enter 443 id:8s8 args:16w48
raw_syscalls:sys_exit 442 id:8s8 ret:16s8
kmem:kmalloc 658 call_site:8u8 ptr:16u8 bytes_req:24u8 bytes_alloc:32u8 gfp_flags:40u8 node:48s4
kmem:kfree 657 call_site:8u8 ptr:16u8
kmem:mm_page_alloc 653 pfn:8u8 order:16u4 gfp_flags:24u8 migratetype:32s4
kmem:mm_page_free 655 pfn:8u8 order:16u4
oom:mark_victim 609 pid:8s4 comm:12d4 total_vm:16u8 anon_rss:24u8 file_rss:32u8 shmem_rss:40u8 uid:48u4 pgtables:56u8 oom_score_adj:64s2
block:block_bio_queue 2097 dev:8u4 sector:16u8 nr_sector:24u4 rwbs:28c10 comm:38c16
block:block_rq_issue 2104 dev:8u4 sector:16u8 nr_sector:24u4 bytes:28u4 ioprio:32u2 rwbs:34c10 comm:44c16 cmd:60d4
block:block_rq_complete 2107 dev:8u4 sector:16u8 nr_sector:24u4 error:28s4 ioprio:32u2 rwbs:34c10 cmd:44d4
sock:inet_sock_set_state 2287 skaddr:8u8 oldstate:16s4 newstate:20s4 sport:24u2 dport:26u2 family:28u2 protocol:30u2 saddr:32a4 daddr:36a4 saddr_v6:40m16 daddr_v6:56m16
tcp:tcp_retransmit_skb 2281 skbaddr:8u8 skaddr:16u8 state:24s4 sport:28u2 dport:30u2 family:32u2 saddr:34a4 daddr:38a4 saddr_v6:42m16 daddr_v6:58m16 err:76s4
tcp:tcp_receive_reset 2279 skaddr:8u8 sport:16u2 dport:18u2 family:20u2 saddr:22a4 daddr:26a4 saddr_v6:30m16 daddr_v6:46m16 sock_cookie:64u8
tcp:tcp_destroy_sock 2278 skaddr:8u8 sport:16u2 dport:18u2 family:20u2 saddr:22a4 daddr:26a4 saddr_v6:30m16 daddr_v6:46m16 sock_cookie:64u8
printk:console 411 msg:8d4
`;

/** How many arguments the calls have, by their numbers; "-": there is no tracepoint. */
const CALL_ARGS =
  "333122233632144034433215053333331202213043336633232334555003142133412453321122321122122123223331" +
  "22211403011002000222233331111222432223-122232322311122210032-52121012522142213-32--4------035554" +
  "4433322221633-21533--1--53104434211222414432-635415523455453203244345343453433651236444646321442" +
  "4421321554552545321423665334533253513366642156400";
const SECOND_RANGE = 424;
const SECOND_ARGS = "4264352533223434565434212544434644444336654555";

/** A tracepoint by its name, such as `sched:sched_switch`. */
export function tracepointFormat(name: string): TracepointFormat | undefined {
  const call = /^syscalls:sys_(enter|exit)_(\w+)$/.exec(name);
  if (call !== null) return callFormat(name, numberOfEntry(call[2]!), call[1] === "enter");
  const line = EVENTS.split("\n").find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : parsed(line);
}

/** By the number that tracefs gives it. */
export function tracepointWithId(id: number): TracepointFormat | undefined {
  const line = EVENTS.split("\n").find((each) => each.split(" ")[1] === String(id));
  if (line !== undefined) return parsed(line);
  const nr = Math.floor((id - FIRST_CALL_ID) / 2);
  const entry = entryName(nr);
  const isEnter = id % 2 !== FIRST_CALL_ID % 2;
  return entry === undefined
    ? undefined
    : callFormat(`syscalls:sys_${isEnter ? "enter" : "exit"}_${entry}`, nr, isEnter);
}

function parsed(line: string): TracepointFormat {
  const [name = "", id, ...fields] = line.split(" ");
  return { name, id: Number(id), fields: fields.map(parsedField) };
}

function parsedField(text: string): TracepointField {
  const [, name = "", offset, kind = "", size] = /^(\w+):(\d+)(\w)(\d+)$/.exec(text) ?? [];
  return { name, offset: Number(offset), size: Number(size), kind: KINDS[kind]! };
}

/** Behind all others. */
const FIRST_CALL_ID = 2400;

/**
 * @linux kernel/trace/trace_syscalls.c `syscall_enter_define_fields` (6.18)
 * @simplified they are numbered in the order of the calls, and their fields have no other names than `a0` and so on
 */
function callFormat(name: string, nr: number, isEnter: boolean): TracepointFormat | undefined {
  const digit = nr < SECOND_RANGE ? CALL_ARGS[nr] : SECOND_ARGS[nr - SECOND_RANGE];
  if (digit === undefined || digit === "-") return undefined;
  const count = isEnter ? Number(digit) : 1;
  const args = Array.from({ length: count }, (_, i): TracepointField => {
    const offset = 16 + i * 8;
    return isEnter
      ? { name: `a${i}`, offset, size: 8, kind: "unsigned" }
      : { name: "ret", offset, size: 8, kind: "signed" };
  });
  const number: TracepointField = { name: "__syscall_nr", offset: 8, size: 4, kind: "signed" };
  const id = FIRST_CALL_ID + 2 * nr + Number(isEnter);
  return { name, id, fields: [number, ...args] };
}
