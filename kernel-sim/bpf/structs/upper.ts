/** The upper word of the addresses of the kernel's own objects. @linux arch/x86/include/asm/page_64_types.h `__PAGE_OFFSET_BASE_L4` (6.18) */
export const STRUCTS_UPPER = 0xffff_8880 | 0;

/** The upper word of an address of the kernel's, of which the lower word is given: BPF's own memory lies below 2^30. */
export function upperOf(low: number): number {
  return low >= STRUCTS_START ? STRUCTS_UPPER : 0;
}

/** The lower word of the first of them: the second GiB of the kernel's direct map. */
export const STRUCTS_START = 0x4000_0000;

/** A whole address, of which the lower word is given; it is negative with a sign. */
export function structsAddress(low: number): number {
  return STRUCTS_UPPER * 2 ** 32 + low;
}
