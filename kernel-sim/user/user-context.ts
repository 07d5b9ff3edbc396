import type { Binprm, LoadedImage } from "../fs/binprm.ts";
import type { ByteString } from "../fs/fs.ts";
import type { ProgramLoader } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import type { UserContext } from "../kernel/user-context.ts";
import { byteArray } from "../lib/byte-string.ts";
import { LinkedContext } from "./ld-so/linked-context.ts";
import { LINKER_PATH } from "./ld-so/linker-file.ts";
import { MachineContext } from "./machine-context.ts";
import { fromUtf8 } from "./marshal.ts";
import type { Program } from "./program.ts";
import { ProgramContext } from "./program-context.ts";
import type { Tape, TapePlayer } from "./tape.ts";

/** What runs in user mode for a program that was just loaded. */
export function userContext(task: Task, bprm: Binprm, image: LoadedImage): UserContext {
  // A new program begins without the old one's shadow stack.
  task.shstkFeatures = 0;
  task.shstkLocked = 0;
  if (image.is32Bit) {
    return (image.interpreter ?? image.program) === LINKER_PATH
      ? new LinkedContext(bprm.argv.map(decode), environment(bprm.envp))
      : new MachineContext();
  }
  const load = image.program === undefined ? undefined : task.kernel.programs.get(image.program);
  return load === undefined ? task.user : load(bprm.argv, bprm.envp);
}

/** A TypeScript program as the kernel starts it; what it does goes onto the tape, or comes from it. */
export function programLoader(program: Program, tape?: Tape | TapePlayer): ProgramLoader {
  return (argv, envp) => new ProgramContext(program, argv.map(decode), environment(envp), tape);
}

function environment(envp: readonly ByteString[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const entry of envp) {
    const at = entry.indexOf("=");
    if (at > 0) env[decode(entry.slice(0, at))] = decode(entry.slice(at + 1));
  }
  return env;
}

function decode(text: ByteString): string {
  return fromUtf8(byteArray(text));
}
