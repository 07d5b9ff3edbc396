/** What functions of the kernel get as arguments, as programs see it. */
import { at, type StructTable, type StructTables } from "../../bpf/structs/members.ts";
import type { Binprm } from "../../fs/binprm.ts";
import type { OpenHow } from "../../fs/open-flags.ts";
import type { GivenValue } from "../../trace/call-arguments.ts";
import type { CloneArgs } from "../fork.ts";

/** @linux include/linux/fs.h `struct filename` (6.18) */
const filename: StructTable<GivenValue> = {
  name: ({ value }) => String(value),
  refcnt: () => 1,
};

/** @linux include/linux/binfmts.h `struct linux_binprm` (6.18) */
const binprm: StructTable<Binprm> = {
  executable: ({ executable }) => at("file", executable),
  interpreter: ({ interpreter }) => at("file", interpreter),
  file: (of) => at("file", of.file),
  argc: ({ argv }) => argv.length,
  envc: ({ envp }) => envp.length,
  filename: (of) => of.filename,
  interp: ({ interp }) => interp,
  buf: ({ buf }) => buf,
};

/** @linux include/linux/sched/task.h `struct kernel_clone_args` (6.18) */
const cloneArgs: StructTable<CloneArgs> = {
  flags: ({ flags }) => flags,
  exit_signal: ({ exitSignal }) => exitSignal,
  stack: ({ stack }) => stack,
  tls: ({ tls }) => tls,
};

/** @linux include/uapi/linux/openat2.h `struct open_how` (6.18) */
const openHow: StructTable<OpenHow> = {
  flags: ({ flags }) => flags,
  mode: ({ mode }) => mode,
  resolve: ({ resolve }) => resolve,
};

export const callStructs: StructTables = {
  filename,
  linux_binprm: binprm,
  kernel_clone_args: cloneArgs,
  open_how: openHow,
};
