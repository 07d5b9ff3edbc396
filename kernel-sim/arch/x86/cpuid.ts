/**
 * What CPUID tells of this processor.
 *
 * @spec Intel SDM vol. 2, CPUID
 * @simplified a processor that was never sold: without FPU, with SMEP, SMAP and shadow stacks.
 */

const VENDOR = "KernelbookPU";
const BRAND = "Kernelbook i386 simulated processor";

const EDX_1 = (1 << 3) | (1 << 4) | (1 << 5) | (1 << 8) | (1 << 11) | (1 << 13) | (1 << 15);
const ECX_1 = 1 << 23;
const EBX_7 = (1 << 7) | (1 << 20);
const ECX_7 = (1 << 2) | (1 << 7);
const HIGHEST = 7;
const HIGHEST_EXTENDED = 0x80000004;

/** EAX, EBX, ECX and EDX for a leaf. */
export function cpuid(leaf: number, subleaf: number): readonly [number, number, number, number] {
  switch (leaf) {
    case 0:
      return [HIGHEST, text(VENDOR, 0), text(VENDOR, 8), text(VENDOR, 4)];
    case 1:
      // Family 6; DE, PSE, TSC, MSR, CX8, SEP, PGE, CMOV; POPCNT.
      return [0x600, 0x00010000, ECX_1, EDX_1];
    case 7:
      // SMEP and SMAP; UMIP and CET_SS.
      return subleaf === 0 ? [0, EBX_7, ECX_7, 0] : [0, 0, 0, 0];
    case 0x80000000:
      return [HIGHEST_EXTENDED | 0, 0, 0, 0];
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: {
      const at = (leaf - 0x80000002) * 16;
      return [text(BRAND, at), text(BRAND, at + 4), text(BRAND, at + 8), text(BRAND, at + 12)];
    }
    default:
      return [0, 0, 0, 0];
  }
}

/** Four characters as a word. */
function text(of: string, at: number): number {
  let word = 0;
  for (let i = 3; i >= 0; i--) {
    const code = at + i < of.length ? of.charCodeAt(at + i) : 0;
    word = (word << 8) | code;
  }
  return word;
}
