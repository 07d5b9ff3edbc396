/** Flags of BPF_MAP_CREATE and of updates. @linux include/uapi/linux/bpf.h (6.18) */
export const BPF_ANY = 0;
export const BPF_NOEXIST = 1;
export const BPF_EXIST = 2;
export const BPF_F_LOCK = 4;

export const BPF_F_NO_PREALLOC = 1 << 0;
export const BPF_F_NO_COMMON_LRU = 1 << 1;
export const BPF_F_NUMA_NODE = 1 << 2;
export const BPF_F_RDONLY = 1 << 3;
export const BPF_F_WRONLY = 1 << 4;
export const BPF_F_STACK_BUILD_ID = 1 << 5;
export const BPF_F_ZERO_SEED = 1 << 6;
export const BPF_F_RDONLY_PROG = 1 << 7;
export const BPF_F_WRONLY_PROG = 1 << 8;
export const BPF_F_CLONE = 1 << 9;
export const BPF_F_MMAPABLE = 1 << 10;
export const BPF_F_PRESERVE_ELEMS = 1 << 11;
export const BPF_F_INNER_MAP = 1 << 12;
export const BPF_F_LINK = 1 << 13;
export const BPF_F_VTYPE_BTF_OBJ_FD = 1 << 15;
export const BPF_F_TOKEN_FD = 1 << 16;
export const BPF_F_SEGV_ON_FAULT = 1 << 17;
export const BPF_F_NO_USER_CONV = 1 << 18;

export const MAP_ACCESS_FLAGS = BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

/** The largest value of a per-CPU map in bytes. @linux include/linux/percpu.h (6.18) */
export const PCPU_MIN_UNIT_SIZE = 32_768;

/** In bytes. @linux include/linux/slab.h (6.18) */
export const KMALLOC_MAX_SIZE = 4 * 1024 * 1024;

/** @linux include/linux/bpf.h `bpf_map_flags_access_ok` (6.18) */
export function isAccessFlagsOk(flags: number): boolean {
  const both = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
  return (flags & both) !== both;
}

/** The largest value of local storage in bytes. @linux include/linux/bpf_local_storage.h (6.18) */
export const BPF_LOCAL_STORAGE_MAX_VALUE_SIZE = 0xffff - 128;

/** In bytes. @linux arch/x86/include/asm/page_types.h (6.18) */
export const PAGE_SIZE = 4096;
