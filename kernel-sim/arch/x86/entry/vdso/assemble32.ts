import { assemble } from "../../asm/assembler.ts";
import { link } from "../../asm/link.ts";
import { VDSO32_SOURCE } from "./vdso32.ts";

const LABELS = ["landing_pad", "vvar"];
const PAGE_SIZE = 4096;

/** The code of the vDSO as hexadecimal digits, and where in it its functions are. */
export function assembleVdso32(): {
  readonly code: string;
  readonly labels: Readonly<Record<string, number>>;
} {
  const assembled = assemble(VDSO32_SOURCE);
  if (assembled.kind === "errors") throw new Error(JSON.stringify(assembled.errors));
  const linked = link([assembled.object], { base: 0, entry: "__kernel_vsyscall" });
  if (linked.kind === "errors") throw new Error(JSON.stringify(linked.errors));
  const { segments, symbols } = linked.image;
  const { bytes } = segments.find(({ vaddr }) => vaddr === PAGE_SIZE)!;
  const kept = symbols.filter(({ name, isGlobal }) => isGlobal || LABELS.includes(name));
  return {
    code: Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    labels: Object.fromEntries(kept.map(({ name, value }) => [name, value - PAGE_SIZE])),
  };
}
