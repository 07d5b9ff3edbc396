import type { BinPrm } from "./contract.ts";

const ENOEXEC = 8;

export function loadKbk1({ buf, filename, argv }: BinPrm) {
  const text = String.fromCharCode(...buf);
  if (!text.startsWith("KBK1")) return -ENOEXEC;
  const interpreter = "/bin/kbk";
  return { interpreter, argv: [interpreter, filename, ...argv.slice(1)] };
}
