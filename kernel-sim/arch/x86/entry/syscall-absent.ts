/**
 * Numbers that have a row but no code: a call answers ENOSYS, as for a number without a row.
 *
 * @linux arch/x86/entry/syscalls/syscall_64.tbl, rows without an entry point or with
 *   `sys_ni_syscall` (6.18)
 */
export const ABSENT_64: readonly number[] = Object.freeze([
  134, 156, 174, 177, 178, 180, 181, 182, 183, 184, 185, 205, 211, 212, 214, 215, 236,
]);

/**
 * The same for i386, as a 64-bit kernel without `CONFIG_USELIB` offers it: there vm86() does
 * not exist either.
 *
 * @linux arch/x86/entry/syscalls/syscall_32.tbl (6.18)
 */
export const ABSENT_32: readonly number[] = Object.freeze([
  17, 31, 32, 35, 44, 53, 56, 58, 86, 98, 112, 113, 127, 130, 134, 137, 149, 166, 167, 169, 188,
  189, 253, 273,
]);
