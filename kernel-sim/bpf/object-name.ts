/** At most 15 letters (of Latin-1), digits, `_` and `.`. @linux kernel/bpf/syscall.c `bpf_obj_name_cpy`, lib/ctype.c `_ctype` (6.18) */
export function isObjectNameOk(name: string): boolean {
  return /^[A-Za-z0-9_.\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]{0,15}$/.test(name);
}
