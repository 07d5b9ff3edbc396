/** In characters. */
export const TITLE_LENGTH_MAX = 120;
export const TEXT_LENGTH_MAX = 8000;
export const CODE_LENGTH_MAX = 64 * 1024;
