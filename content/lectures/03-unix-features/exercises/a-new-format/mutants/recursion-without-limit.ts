import type { BinPrm } from "./contract.ts";

const ENOEXEC = 8;

export function loadKbk1({
  buf,
  interp,
  argv,
}: BinPrm): number | { interpreter: string; argv: string[] } {
  const text = String.fromCharCode(...buf);
  // No line end: the header goes on behind what we see.
  const [line] = /^[^\n\0]*(?=[\n\0])/.exec(text) ?? [];
  if (line === undefined) return -ENOEXEC;
  const [magic, interpreter = "/bin/kbk", argument = ""] =
    /^(?:KBK1)(?:[ \t]+([^ \t]+))?(?:[ \t]+([^ \t].*?))?[ \t]*$/.exec(line) ?? [];
  if (magic === undefined) return -ENOEXEC;
  // Follows a file that names itself before the kernel can say ELOOP.
  if (interpreter === interp) return loadKbk1({ buf, filename: interp, interp, argv });
  const own = argument === "" ? [] : [argument];
  return { interpreter, argv: [interpreter, ...own, interp, ...argv] };
}
