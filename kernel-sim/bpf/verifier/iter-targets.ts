/** What iterators hand to their programs. */
import type { CtxArgInfo } from "./attach-target.ts";
import { MEM_RDONLY, PTR_MAYBE_NULL, PTR_TO_BTF_ID, PTR_TO_BUF, PTR_TRUSTED } from "./reg-type.ts";

const PREFIX = "bpf_iter_";
const ARG_BYTES = 8;
const KEY = PTR_TO_BUF | PTR_MAYBE_NULL | MEM_RDONLY;
const VALUE = PTR_TO_BUF | PTR_MAYBE_NULL;
const OBJECT = PTR_TO_BTF_ID | PTR_MAYBE_NULL;

function arg(index: number, regType: number, btfType = ""): CtxArgInfo {
  return { offset: index * ARG_BYTES, regType, btfType };
}

/** The last time, there is no object. */
function object(index: number, btfType: string): CtxArgInfo {
  return arg(index, OBJECT, btfType);
}

function trusted(index: number, btfType: string): CtxArgInfo {
  return arg(index, OBJECT | PTR_TRUSTED, btfType);
}

/** @linux kernel/bpf/bpf_iter.c and others: `struct bpf_iter_reg`, `ctx_arg_info` (6.18) */
const TARGETS: Readonly<Record<string, readonly CtxArgInfo[]>> = {
  bpf_link: [object(1, "bpf_link")],
  bpf_map: [trusted(1, "bpf_map")],
  bpf_map_elem: [arg(2, KEY), arg(3, VALUE)],
  bpf_prog: [object(1, "bpf_prog")],
  bpf_sk_storage_map: [object(2, "sock"), arg(3, VALUE)],
  cgroup: [trusted(1, "cgroup")],
  dmabuf: [object(1, "dma_buf")],
  ipv6_route: [object(1, "fib6_info")],
  kmem_cache: [trusted(1, "kmem_cache")],
  ksym: [object(1, "kallsym_iter")],
  netlink: [object(1, "netlink_sock")],
  sockmap: [arg(2, KEY), object(3, "sock")],
  task: [trusted(1, "task_struct")],
  task_file: [object(1, "task_struct"), object(3, "file")],
  task_vma: [object(1, "task_struct"), object(2, "vm_area_struct")],
  tcp: [trusted(1, "sock_common")],
  udp: [trusted(1, "udp_sock")],
  unix: [object(1, "unix_sock")],
};

/** undefined: the function is no iterator's. @linux kernel/bpf/bpf_iter.c `bpf_iter_prog_supported` (6.18) */
export function iterArgsOf(func: string): readonly CtxArgInfo[] | undefined {
  return func.startsWith(PREFIX) ? TARGETS[func.slice(PREFIX.length)] : undefined;
}
