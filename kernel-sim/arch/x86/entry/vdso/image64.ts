import { bytesOfHex, type VdsoSymbol, vdsoImage } from "./image.ts";
import { VDSO64_CODE, VDSO64_LABELS } from "./vdso-image-64.ts";

const TEXT_OFFSET = 0x600;

/** Each function has two names; the one without underscores is weak. @linux arch/x86/entry/vdso/vdso.lds.S (6.18) */
const EXPORTS: readonly (keyof typeof VDSO64_LABELS)[] = Object.freeze([
  ...(["__vdso_clock_gettime", "__vdso_gettimeofday", "__vdso_getcpu"] as const),
  ...(["__vdso_time", "__vdso_clock_getres"] as const),
]);

/** The library that 64-bit programs get, in a room of `size` bytes. */
export function image64Bytes(size: number): Uint8Array {
  const code = bytesOfHex(VDSO64_CODE);
  const starts = Object.values(VDSO64_LABELS).toSorted((a, b) => a - b);
  const symbols = EXPORTS.flatMap((name): VdsoSymbol[] => {
    const start = VDSO64_LABELS[name];
    const end = starts.find((other) => other > start) ?? code.length;
    const place = { offset: TEXT_OFFSET + start, size: end - start, version: "LINUX_2.6" };
    return [
      { ...place, name: name.slice("__vdso_".length), isWeak: true },
      { ...place, name },
    ];
  });
  return vdsoImage(
    {
      ...{ is64Bit: true, soname: "linux-vdso.so.1", code, codeAt: TEXT_OFFSET },
      ...{ symbols, versions: ["LINUX_2.6"], entry: 0 },
    },
    size,
  );
}
