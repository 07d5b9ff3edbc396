import type { VerifierStep } from "../../api.ts";
import { valueWords } from "./value-words.ts";

/** What a path has begun or acquired and not ended, and where. */
export interface StillHeld {
  readonly value: string;
  readonly origin: string;
  readonly repair: string | undefined;
}

/** Kinds of sections: the names that messages have for them, and the calls that enter and leave. */
const SECTIONS: readonly (readonly [named: RegExp, enters: RegExp, leaves: RegExp])[] = [
  [/bpf_spin_lock/, /^bpf_(?:res_)?spin_lock/, /^bpf_(?:res_)?spin_unlock/],
  [
    /bpf_local_irq_save|IRQ-disabled/,
    /^bpf_(?:local_irq_save|res_spin_lock_irqsave)$/,
    /^bpf_(?:local_irq_restore|res_spin_unlock_irqrestore)$/,
  ],
  [/rcu_read_lock/, /^bpf_rcu_read_lock$/, /^bpf_rcu_read_unlock$/],
  [/preempt/, /^bpf_preempt_disable$/, /^bpf_preempt_enable$/],
];

/** Who gives back what which call has acquired; the first that fits. */
const RELEASES: readonly (readonly [acquires: RegExp, release: string])[] = [
  [
    /ringbuf_reserve_dynptr/,
    "`bpf_ringbuf_submit_dynptr` or `bpf_ringbuf_discard_dynptr`, also when it answered an error",
  ],
  [/ringbuf_reserve/, "`bpf_ringbuf_submit` or `bpf_ringbuf_discard`"],
  [/_ct_(?:lookup|alloc|insert)/, "`bpf_ct_release`"],
  [/sk_?c?_?lookup|listener_sock|sk_fullsock/, "`bpf_sk_release`"],
  [/percpu_obj_new/, "`bpf_percpu_obj_drop`"],
  [
    /obj_new|refcount_acquire|list_pop|rbtree_remove/,
    "`bpf_obj_drop`, or put it into a list or tree",
  ],
  [/iter_(?<kind>\w+)_new/, "`bpf_iter_$kind_destroy`"],
  [/task_(?:acquire|from)/, "`bpf_task_release`"],
  [/cgroup_(?:acquire|ancestor|from)|get_cgroup/, "`bpf_cgroup_release`"],
  [/cpumask_(?:create|acquire)/, "`bpf_cpumask_release`"],
  [/exe_file/, "`bpf_put_file`"],
  [/lookup_(?:user|system)_key/, "`bpf_key_put`"],
  [/crypto_ctx/, "`bpf_crypto_ctx_release`"],
  [/kptr_xchg/, "the release function of its type, or move it into a map with `bpf_kptr_xchg`"],
];

/** The section that a refusal is about: entered on the way, and not left. */
export function openSection(message: string, way: readonly VerifierStep[]): StillHeld | undefined {
  const kind = /-ed region$|\bregion$/.test(message)
    ? SECTIONS.find(([named]) => named.test(message.replace(/^.*(?:inside|in|within) /, "")))
    : undefined;
  const last = way.at(-1);
  if (kind === undefined || last === undefined) return undefined;
  const open: VerifierStep[] = [];
  for (const step of way.slice(0, -1)) {
    const name = calledName(step);
    if (kind[2].test(name)) open.pop();
    else if (kind[1].test(name)) open.push(step);
  }
  const entered = open.at(-1);
  if (entered === undefined) return undefined;
  return {
    value: `At instruction ${last.insnIndex}, \`${last.insn}\`, the section is still open.`,
    origin: `it was entered at ${entered.insnIndex}, \`${entered.insn}\``,
    repair: undefined,
  };
}

/** The reference that a refusal is about. @param log has the acquiring instruction */
export function unreleased(log: string, way: readonly VerifierStep[]): StillHeld | undefined {
  const found = /^Unreleased reference id=(\d+) alloc_insn=(\d+)$/m.exec(lastLines(log));
  const last = way.at(-1);
  if (found === null || last === undefined) return undefined;
  const [, id, insn] = found;
  const at = way.findLastIndex(({ insnIndex }) => insnIndex === Number(insn));
  const acquired = way[at];
  if (acquired === undefined) return undefined;
  const answered = way[at + 1]?.before["R0"];
  const what =
    answered === undefined || answered.type === "scalar"
      ? "what it made on the stack"
      : valueWords({ ...answered, type: answered.type.replace(/_?or_null_?/, "") });
  const isIt = (text: string) => new RegExp(`\\bref_(?:obj_)?id=${id}\\b`).test(text);
  const places = [
    ...Object.entries(last.before).flatMap(([name, { text }]) => (isIt(text) ? [name] : [])),
    ...Object.entries(last.stack).flatMap(([name, text]) => (isIt(text) ? [name] : [])),
  ];
  const where =
    places.length === 0 ? "and nothing holds its address any more" : `in ${places.join(", ")}`;
  const name = calledName(acquired);
  const release = releaseOf(name);
  return {
    value: `At instruction ${last.insnIndex}, \`${last.insn}\`, reference ${id} is still held, ${where}.`,
    origin: `it was acquired at ${acquired.insnIndex}, \`${acquired.insn}\`: ${what}`,
    repair:
      release === undefined
        ? undefined
        : `Give it back on every way behind ${acquired.insnIndex}: ${release}. On the way on which it is NULL there is nothing to release.`,
  };
}

/** Earlier lines are about paths that went well. */
function lastLines(log: string): string {
  return log.slice(Math.max(0, log.indexOf("Unreleased reference")));
}

function releaseOf(name: string): string | undefined {
  for (const [acquires, release] of RELEASES) {
    const found = acquires.exec(name);
    if (found !== null) return release.replace("$kind", found.groups?.["kind"] ?? "");
  }
  return undefined;
}

/** The name of the function of the kernel that a step calls. */
function calledName({ insn }: VerifierStep): string {
  return /^call (\w+)(?:#|$)/.exec(insn)?.[1] ?? "";
}
