import { bytesOfHex, type VdsoSymbol, vdsoImage } from "./image.ts";
import { VDSO32_CODE, VDSO32_LABELS } from "./vdso-image-32.ts";

/** Where the code begins in the image, with `__kernel_vsyscall`. */
const TEXT_OFFSET = 0x560;

/** @linux arch/x86/entry/vdso/vdso32/vdso32.lds.S (6.18) */
const EXPORTS: readonly (readonly [keyof typeof VDSO32_LABELS, string])[] = Object.freeze([
  ["__vdso_clock_gettime", "LINUX_2.6"],
  ["__vdso_gettimeofday", "LINUX_2.6"],
  ["__vdso_time", "LINUX_2.6"],
  ["__vdso_clock_getres", "LINUX_2.6"],
  ["__vdso_clock_gettime64", "LINUX_2.6"],
  ["__vdso_getcpu", "LINUX_2.6"],
  ["__kernel_vsyscall", "LINUX_2.5"],
  ["__kernel_sigreturn", "LINUX_2.5"],
  ["__kernel_rt_sigreturn", "LINUX_2.5"],
]);

/** The library that 32-bit programs get, in a room of `size` bytes. */
export function image32Bytes(size: number): Uint8Array {
  const code = bytesOfHex(VDSO32_CODE);
  return vdsoImage(
    {
      ...{ is64Bit: false, soname: "linux-gate.so.1" },
      ...{ code, codeAt: TEXT_OFFSET, symbols: image32Symbols() },
      ...{ versions: ["LINUX_2.6", "LINUX_2.5"], entry: TEXT_OFFSET },
    },
    size,
  );
}

/** The functions of the image, at their places in it. */
export function image32Symbols(): readonly VdsoSymbol[] {
  const labels = Object.values(VDSO32_LABELS).toSorted((a, b) => a - b);
  return EXPORTS.map(([name, version]) => {
    const offset = VDSO32_LABELS[name];
    const end = labels.find((label) => label > offset && label !== VDSO32_LABELS.landing_pad);
    const size = (end ?? VDSO32_CODE.length / 2) - offset;
    return { name, version, offset: TEXT_OFFSET + offset, size };
  });
}

/** Where a label of the code is in the image. */
export function offset32(label: keyof typeof VDSO32_LABELS): number {
  return TEXT_OFFSET + VDSO32_LABELS[label];
}
