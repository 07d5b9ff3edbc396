import type { ExceptionTableRow } from "../../api/x86.ts";

/**
 * The rows of the kernel's exception table that have to do with user memory. A fault in kernel mode whose
 * instruction is not in the table is a bug of the kernel.
 *
 * @linux arch/x86/include/asm/asm.h `_ASM_EXTABLE_UA`, arch/x86/lib/{getuser,putuser,copy_user_64}.S (6.18)
 * @simplified the rows of functions that are here, by the instruction that moves bytes; a kernel has some hundred rows, and some modules have a table of their own.
 */
export const exceptionTable: readonly ExceptionTableRow[] = Object.freeze(
  [
    ...["_copy_from_user", "_copy_to_user"].map((symbol) =>
      row(symbol, "rep movsb", "the instruction behind it: rcx holds how many bytes are left"),
    ),
    row("clear_user", "rep stosb", "the instruction behind it: rcx holds how many bytes are left"),
    ...[1, 2, 4, 8].map((size) =>
      row(`__get_user_${size}`, "mov (%rax),%rdx", "__get_user_handle_exception: rax = -EFAULT"),
    ),
    ...[1, 2, 4, 8].map((size) =>
      row(`__put_user_${size}`, "mov %rax,(%rcx)", "__put_user_handle_exception: rcx = -EFAULT"),
    ),
    row("strncpy_from_user", "mov (%rsi),%rax", "the label Efault: answers -EFAULT"),
    row("strnlen_user", "mov (%rdi),%rax", "the label efault: answers 0"),
  ].map((entry) => Object.freeze(entry)),
);

/** The row of a function that touches user memory. */
export function extableEntry(symbol: string): ExceptionTableRow {
  return exceptionTable.find((entry) => entry.symbol === symbol) ?? row(symbol, "", "");
}

function row(symbol: string, insn: string, fixup: string): ExceptionTableRow {
  return { symbol, insn, type: "EX_TYPE_UACCESS", fixup };
}
