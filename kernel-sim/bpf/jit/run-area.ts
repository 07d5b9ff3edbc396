/**
 * What compiled code and the machine tell each other, at the end of the page that nothing else uses.
 * A machine runs one program at a time.
 */
const RUN_AREA = 0xffc0;

/** Where functions go on behind what they call, as slots: words of 32 bits, by the address of the function's frame. */
export const PLACES_AT = 0xf700;
export const PLACES = 512;
/** The frame of the function that was there last, 32 bits: behind the words of runs under checks (`checked/state-area.ts`). */
export const FRAME_AT = 0xff80;

/** Instructions that ran since somebody set it to 0: 64 bits. */
export const EXECUTED_AT = RUN_AREA;
/** R0 of a program that has ended, or of a function that went on with another program: 64 bits. */
export const R0_AT = RUN_AREA + 8;
/** Not 0: the function that just returned wants to go on with another program. */
export const TAIL_CALL_AT = RUN_AREA + 16;
/** The number of the CPU. */
export const CPU_AT = RUN_AREA + 20;
/** R1 to R5 of a function that a helper calls: 64 bits each. */
export const ARGS_AT = RUN_AREA + 24;
