/**
 * What the kernel itself keeps in values of maps and in allocated objects, one bit each.
 *
 * @linux include/linux/bpf.h `enum btf_field_type` (6.18)
 */
export const BPF_SPIN_LOCK = 1 << 0;
export const BPF_TIMER = 1 << 1;
export const BPF_KPTR_UNREF = 1 << 2;
export const BPF_KPTR_REF = 1 << 3;
export const BPF_KPTR_PERCPU = 1 << 4;
export const BPF_LIST_HEAD = 1 << 5;
export const BPF_LIST_NODE = 1 << 6;
export const BPF_RB_ROOT = 1 << 7;
export const BPF_RB_NODE = 1 << 8;
export const BPF_REFCOUNT = 1 << 9;
export const BPF_WORKQUEUE = 1 << 10;
export const BPF_UPTR = 1 << 11;
export const BPF_RES_SPIN_LOCK = 1 << 12;
export const BPF_TASK_WORK = 1 << 13;

export const BPF_KPTR = BPF_KPTR_UNREF | BPF_KPTR_REF | BPF_KPTR_PERCPU;
export const BPF_GRAPH_NODE = BPF_RB_NODE | BPF_LIST_NODE;
export const BPF_GRAPH_ROOT = BPF_RB_ROOT | BPF_LIST_HEAD;

/** A field that is a structure of the kernel, known by its name. */
export interface FieldType {
  readonly type: number;
  readonly name: string;
  /** At most one of them in a structure. */
  readonly isUnique: boolean;
  /** In bytes. */
  readonly size: number;
  /** In bytes. */
  readonly align: number;
}

/** In the order of Linux's search. @linux kernel/bpf/btf.c `btf_get_field_type` (6.18) */
export const FIELD_TYPES: readonly FieldType[] = [
  { type: BPF_SPIN_LOCK, name: "bpf_spin_lock", isUnique: true, size: 4, align: 4 },
  { type: BPF_RES_SPIN_LOCK, name: "bpf_res_spin_lock", isUnique: true, size: 4, align: 4 },
  { type: BPF_TIMER, name: "bpf_timer", isUnique: true, size: 16, align: 8 },
  { type: BPF_WORKQUEUE, name: "bpf_wq", isUnique: true, size: 16, align: 8 },
  { type: BPF_TASK_WORK, name: "bpf_task_work", isUnique: true, size: 8, align: 8 },
  { type: BPF_LIST_HEAD, name: "bpf_list_head", isUnique: false, size: 16, align: 8 },
  { type: BPF_LIST_NODE, name: "bpf_list_node", isUnique: false, size: 24, align: 8 },
  { type: BPF_RB_ROOT, name: "bpf_rb_root", isUnique: false, size: 16, align: 8 },
  { type: BPF_RB_NODE, name: "bpf_rb_node", isUnique: false, size: 32, align: 8 },
  { type: BPF_REFCOUNT, name: "bpf_refcount", isUnique: false, size: 4, align: 4 },
];

/** A pointer; of which kind is seen by its tag. */
export const KPTR_FIELD: FieldType = {
  type: BPF_KPTR_REF,
  name: "kptr",
  isUnique: false,
  size: 8,
  align: 8,
};

/** As messages name it. @linux include/linux/bpf.h `btf_field_type_name` (6.18) */
export function fieldTypeName(type: number): string {
  switch (type) {
    case BPF_KPTR_UNREF:
    case BPF_KPTR_REF:
      return "kptr";
    case BPF_KPTR_PERCPU:
      return "percpu_kptr";
    case BPF_UPTR:
      return "uptr";
    default:
      return FIELD_TYPES.find((field) => field.type === type)!.name;
  }
}
