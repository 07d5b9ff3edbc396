import { ENOENT, ENOEXEC } from "../include/errno.ts";
import type { Binfmt } from "./binprm.ts";
import { openExec } from "./exec-open.ts";

/**
 * Files that begin with `#!`: the rest of the line names the interpreter and at most one argument.
 *
 * @linux fs/binfmt_script.c `load_script` (6.18)
 */
export const scriptFormat: Binfmt = {
  name: "script",
  load(bprm) {
    const { buf } = bprm;
    if (buf[0] !== 0x23 || buf[1] !== 0x21) return -ENOEXEC;
    const text = String.fromCharCode(...buf.subarray(2));
    const newline = text.indexOf("\n");
    let line = text;
    if (newline >= 0) line = text.slice(0, newline);
    else if (!text.includes("\0") && !/[^ \t][ \t]/.test(text)) {
      // The line goes on beyond the buffer, and the name might be cut off.
      return -ENOEXEC;
    }
    const [, name, arg] = /^[ \t]*([^ \t\0]*)[ \t]*([^\0]*?)[ \t]*(?:\0|$)/.exec(line)!;
    if (name === "") return -ENOEXEC;
    // The interpreter could not open the script again.
    if (bprm.isPathInaccessible) return -ENOENT;
    bprm.argv = [name!, ...(arg === "" ? [] : [arg!]), bprm.interp, ...bprm.argv.slice(1)];
    const file = openExec(bprm.task, name!);
    if (typeof file === "number") return file;
    bprm.interp = name!;
    bprm.interpreter = file;
    return 0;
  },
};
