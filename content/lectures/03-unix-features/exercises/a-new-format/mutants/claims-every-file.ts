import type { BinPrm } from "./contract.ts";

const ENOEXEC = 8;

export function loadKbk1({ buf, interp, argv }: BinPrm) {
  const text = String.fromCharCode(...buf);
  // No line end: the header goes on behind what we see.
  const [line] = /^[^\n\0]*(?=[\n\0])/.exec(text) ?? [];
  if (line === undefined) return -ENOEXEC;
  const [magic, interpreter = "/bin/kbk", argument = ""] =
    /^(?:KBK1)(?:[ \t]+([^ \t]+))?(?:[ \t]+([^ \t].*?))?[ \t]*$/.exec(line) ?? [];
  const own = argument === "" ? [] : [argument];
  return { interpreter, argv: [interpreter, ...own, interp, ...argv] };
}
