import { kallsymsShowValue } from "../../kernel/kallsyms.ts";
import type { Task } from "../../kernel/task.ts";
import type { ByteString, File, FileOperations } from "../fs.ts";
import { seqFileOperations, seqPrivate, setSeqPrivate } from "../seq-file.ts";

/**
 * /proc/kallsyms: who may not see addresses of the kernel when they open it reads zeros.
 *
 * @linux kernel/kallsyms.c `kallsyms_proc_ops` (6.18)
 */
export const kallsymsOperations: FileOperations = seqFileOperations(show, {
  open({ kernel }, _inode, file) {
    setSeqPrivate(file, kallsymsShowValue(kernel, file.cred));
    return 0;
  },
});

/** @linux kernel/kallsyms.c `s_show` (6.18) */
function show({ kernel }: Task, file: File): ByteString {
  const showsValue = seqPrivate(file) === true;
  const lines: string[] = [];
  const symbols = kernel.hooks.bpf?.kallsyms(kernel.sysctl.bpfJitKallsyms === 1) ?? [];
  for (const { address, type, name, module } of symbols) {
    const value = showsValue ? BigInt.asUintN(64, BigInt(address)).toString(16) : "0";
    const from = module === "" ? "" : `\t[${module}]`;
    lines.push(`${value.padStart(16, "0")} ${type} ${name}${from}\n`);
  }
  return lines.join("");
}
