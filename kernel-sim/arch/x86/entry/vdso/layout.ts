/* What a machine has to know of the images: apart from their sources, which no machine needs. */

/** Where `[vvar]` lies below the image. */
export const VVAR_BELOW = 0x6000;
/** The limit of this segment is the number of the processor. @linux arch/x86/include/asm/segment.h `GDT_ENTRY_CPUNODE` */
export const GDT_ENTRY_CPUNODE = 28;
