import type { BinPrm, LoadBinary, RegisteredBinfmt } from "../api-kernel.ts";
import type { Binfmt, Binprm } from "../fs/binprm.ts";
import { openExec } from "../fs/exec-open.ts";
import { ENOENT } from "../include/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { byteString } from "../lib/byte-string.ts";
import { cString, fromUtf8, utf8 } from "../user/marshal.ts";
import { facade } from "./facade.ts";

const ERRNO_MAX = 4095;

/**
 * Registers a format of executables that a cell has written; it is asked before those that are there.
 *
 * @linux fs/exec.c `__register_binfmt`, with `insert` as for binfmt_misc (6.18)
 * @simplified a handler can name an interpreter, and cannot make an address space itself.
 */
export function registerBinfmt(kernel: Kernel, name: string, load: LoadBinary): RegisteredBinfmt {
  if (typeof load !== "function") {
    throw new TypeError(`registerBinfmt(): the handler is a function, not ${String(load)}`);
  }
  const format: Binfmt = { name: String(name), load: (bprm) => ask(load, name, bprm) };
  kernel.binfmts.unshift(format);
  return facade({
    unregister() {
      const at = kernel.binfmts.indexOf(format);
      if (at >= 0) kernel.binfmts.splice(at, 1);
    },
  });
}

function ask(load: LoadBinary, name: string, bprm: Binprm): number {
  const answer: unknown = load(shown(bprm));
  if (typeof answer === "number") {
    if (Number.isInteger(answer) && answer < 0 && answer >= -ERRNO_MAX) return answer;
    throw new TypeError(
      `the handler ${name} answers ${answer}: a number is a negative errno, such as -ENOEXEC`,
    );
  }
  const { interpreter, argv } = (answer ?? {}) as { interpreter?: unknown; argv?: unknown };
  if (typeof interpreter !== "string" || !isTexts(argv)) {
    throw new TypeError(
      `the handler ${name} answers neither a negative errno nor { interpreter, argv }`,
    );
  }
  // The interpreter could not open the file again.
  if (bprm.isPathInaccessible) return -ENOENT;
  const path = byteString(utf8(interpreter));
  const file = openExec(bprm.task, path);
  if (typeof file === "number") return file;
  bprm.argv = argv.map((text) => byteString(cString(text).subarray(0, -1)));
  bprm.interp = path;
  bprm.interpreter = file;
  return 0;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

function shown(bprm: Binprm): BinPrm {
  const text = (bytes: string) => fromUtf8(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
  return Object.freeze({
    filename: text(bprm.filename),
    interp: text(bprm.interp),
    buf: bprm.buf.slice(),
    argv: Object.freeze(bprm.argv.map(text)),
    envp: Object.freeze(bprm.envp.map(text)),
  });
}
