import type { Program } from "../user/program.ts";
import type { ProgramContext } from "../user/program-context.ts";
import { programFile } from "../user/program-file.ts";
import { programLoader } from "../user/user-context.ts";
import { startInit, startKernel } from "./main.ts";

/**
 * Runs `main` as process 1 of a fresh machine, with `others` as the files of the programs that it may execute,
 * and answers what it returned: for tests.
 */
export function runPrograms(
  main: Program,
  others: Readonly<Record<string, Program>> = {},
): unknown {
  const started = startKernel({ seed: 1, cpus: 1 });
  const { kernel, rootfs } = started;
  rootfs.mkdir("/bin");
  rootfs.mkdir("/sbin");
  for (const [path, program] of Object.entries({ "/sbin/init": main, ...others })) {
    kernel.programs.set(path, programLoader(program));
    rootfs.file(path, programFile(path), { mode: 0o755 });
  }
  const init = startInit(started, "/sbin/init", "test");
  const context = init.user as ProgramContext;
  kernel.run(Infinity, 100_000);
  if (context.thrown !== undefined) throw context.thrown.error;
  return context.returned;
}
