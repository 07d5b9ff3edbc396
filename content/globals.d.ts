/** What a submission and its tests have besides the language: see `notebook/runtime/realm/endowments.ts`. */
declare class TextEncoder {
  encode(text?: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label?: string);
  decode(bytes?: Uint8Array): string;
}
