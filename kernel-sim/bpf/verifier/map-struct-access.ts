/** The kernel's own structure behind a pointer to a map, which programs may read. */
import { EACCES, EINVAL, EPERM } from "../../include/errno.ts";
import { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY } from "../uapi.ts";
import type { VerifierEnv } from "./env.ts";
import { markRegKnownZero, markRegUnknown } from "./reg-arg.ts";
import type { Reg } from "./reg-state.ts";
import { PTR_TO_BTF_ID } from "./reg-type.ts";
import { BPF_READ } from "./region-access.ts";

interface Field {
  readonly name: string;
  readonly off: number;
  readonly size: number;
  /** What it points to. */
  readonly target?: string;
}

/** @linux include/linux/bpf.h `struct bpf_map` (6.18, x86-64) */
const FIELDS: readonly Field[] = [
  { name: "sha", off: 0, size: 32 },
  { name: "excl", off: 32, size: 4 },
  { name: "ops", off: 40, size: 8, target: "bpf_map_ops" },
  { name: "inner_map_meta", off: 48, size: 8, target: "bpf_map" },
  { name: "map_type", off: 64, size: 4 },
  { name: "key_size", off: 68, size: 4 },
  { name: "value_size", off: 72, size: 4 },
  { name: "max_entries", off: 76, size: 4 },
  { name: "map_extra", off: 80, size: 8 },
  { name: "map_flags", off: 88, size: 4 },
  { name: "id", off: 92, size: 4 },
  { name: "record", off: 96, size: 8, target: "btf_record" },
  { name: "numa_node", off: 104, size: 4 },
  { name: "btf_key_type_id", off: 108, size: 4 },
  { name: "btf_value_type_id", off: 112, size: 4 },
  { name: "btf_vmlinux_value_type_id", off: 116, size: 4 },
  { name: "btf", off: 120, size: 8, target: "btf" },
  { name: "objcg", off: 128, size: 8, target: "obj_cgroup" },
  { name: "name", off: 136, size: 16 },
];

/**
 * Whether the structure may be read there, and what then is in the register.
 *
 * @param valueRegno -1 when no register is loaded
 * @linux kernel/bpf/verifier.c `check_ptr_to_map_access` (6.18)
 * @simplified of the structure the first 152 bytes are there, and what it points to cannot be
 * read
 */
export function checkMapStructAccess(
  env: VerifierEnv,
  reg: Reg,
  regno: number,
  off: number,
  size: number,
  access: number,
  valueRegno: number,
): 0 | number {
  const { type } = reg.map!;
  const isArray = type === BPF_MAP_TYPE_ARRAY || type === BPF_MAP_TYPE_PERCPU_ARRAY;
  const name = isArray ? "bpf_array" : "bpf_htab";
  if (!env.allowPtrLeaks) {
    env.verbose(`'struct ${name}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n`);
    return -EPERM;
  }
  if (off < 0) {
    env.verbose(`R${regno} is ${name} invalid negative access: off=${off}\n`);
    return -EACCES;
  }
  if (access !== BPF_READ) {
    env.verbose(`only read from ${name} is supported\n`);
    return -EACCES;
  }
  const field = FIELDS.find((each) => off >= each.off && off < each.off + each.size);
  if (field === undefined) {
    env.verbose(`struct bpf_map doesn't have field at offset ${off}\n`);
    return -EINVAL;
  }
  const err = checkField(env, field, off, size);
  if (err !== 0 || valueRegno < 0) return err;
  if (field.target === undefined) {
    markRegUnknown(env, valueRegno);
    return 0;
  }
  markRegKnownZero(env, valueRegno);
  const value = env.frame.own(valueRegno);
  value.type = PTR_TO_BTF_ID;
  value.btfType = field.target;
  return 0;
}

/** @linux kernel/bpf/btf.c `btf_struct_walk` (6.18) */
function checkField(env: VerifierEnv, field: Field, off: number, size: number): 0 | number {
  const where = `in struct bpf_map with off ${off} size ${size}\n`;
  const end = field.off + field.size;
  if (field.target !== undefined) {
    if (off === field.off && size === field.size) return 0;
    env.verbose(`cannot access ptr member ${field.name} with moff ${field.off} ${where}`);
    return -EACCES;
  }
  if (off + size <= end) return 0;
  env.verbose(`access beyond the end of member ${field.name} (mend:${end}) ${where}`);
  return -EACCES;
}
