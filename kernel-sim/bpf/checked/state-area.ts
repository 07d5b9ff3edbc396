/**
 * What a compiled run under checks and the machine tell each other, in the page that nothing else uses.
 *
 * The frame pointer is a register like any other here, since it carries the number of its object.
 */
const STATE_AREA = 0xff00;

/** R0 to R10, 64 bits each. */
export const REGS_AT = STATE_AREA;
/** Which of them hold something, as bits. */
export const DEFINED_AT = STATE_AREA + 88;
/** What of the fuel is left. */
export const LEFT_AT = STATE_AREA + 92;
/** Where the rows of the object table lie, and how many there are. */
export const ROWS_AT = STATE_AREA + 96;
export const COUNT_AT = STATE_AREA + 100;
