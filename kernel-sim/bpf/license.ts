/** The licenses under which a program may call helpers for GPL programs. @linux include/linux/license.h `license_is_gpl_compatible` (6.18) */
const GPL_COMPATIBLE: ReadonlySet<string> = new Set([
  "GPL",
  "GPL v2",
  "GPL and additional rights",
  "Dual BSD/GPL",
  "Dual MIT/GPL",
  "Dual MPL/GPL",
]);

/** Longer ones are cut. @linux kernel/bpf/syscall.c `bpf_prog_load` (6.18) */
const LICENSE_BYTES = 127;

export function isGplCompatible(license: string): boolean {
  return GPL_COMPATIBLE.has(license.slice(0, LICENSE_BYTES));
}
