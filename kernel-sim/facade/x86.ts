import type { Door, VdsoFunction, X86Toolkit } from "../api/x86.ts";
import { disassemble } from "../arch/x86/asm/disassemble.ts";
import { entryPath } from "../arch/x86/entry/entry-path.ts";
import { image32Bytes, image32Symbols } from "../arch/x86/entry/vdso/image32.ts";
import { exceptionTable } from "../arch/x86/extable.ts";
import { runStub64 } from "../arch/x86/stub64.ts";
import { SERVER_COSTS } from "../hw/costs.ts";
import { facade } from "./facade.ts";
import { userCopySteps } from "./user-copy-steps.ts";

const { int80Ns, sysenterNs, syscallNs, vdsoClockNs } = SERVER_COSTS;

const VDSO_BYTES = 8192;

/** @spec syscall(2), vdso(7); Intel SDM vol. 2, SYSCALL, SYSEXIT */
const doors: readonly Door[] = Object.freeze([
  door("int80", "getpid by int $0x80, 32-bit", int80Ns, []),
  // The vDSO saves the registers that SYSEXIT needs.
  door("sysenter", "getpid by sysenter through __kernel_vsyscall, 32-bit", sysenterNs, []),
  door("syscall", "getpid by syscall, 64-bit", syscallNs, ["rcx", "r11"]),
  door("vdso", "clock_gettime in the vDSO, no door at all", vdsoClockNs, []),
]);

/** What stands behind the global `x86`. */
export const x86: X86Toolkit = facade({
  vdso: () => vdsoFunctions(),
  run64: (source, options = {}) => runStub64(source, options),
  doors,
  entryPath,
  exceptionTable,
  userCopySteps: (options = {}) => userCopySteps(options),
} satisfies X86Toolkit);

function vdsoFunctions(): readonly VdsoFunction[] {
  const image = image32Bytes(VDSO_BYTES);
  return image32Symbols().map(({ name, version, offset, size }) => {
    const lines: string[] = [];
    for (let at = offset; at < offset + size; ) {
      const { length, text } = disassemble(image, at, at);
      lines.push(`${at.toString(16).padStart(4)}: ${text}`);
      at += length;
    }
    return { name, version, offset, size, listing: lines.join("\n") };
  });
}

function door(name: Door["door"], call: string, ns: number, destroys: readonly string[]): Door {
  return Object.freeze({ door: name, call, ns, destroys: Object.freeze(destroys) });
}
