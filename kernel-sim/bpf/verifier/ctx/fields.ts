import { type CtxAccess, type CtxRequest, isRead, isWithin, SCALAR } from "./access.ts";

/** A part of a context whose fields are alike. */
export interface Fields {
  readonly start: number;
  readonly bytes: number;
  /** How many bytes may be read at once. */
  readonly loads: readonly number[];
  /** How many may be written at once; none when it is not said. */
  readonly stores?: readonly number[];
  /** What a load answers, if not a number. */
  readonly answer?: CtxAccess;
  /** Parts are read from its start only. */
  readonly isFromStart?: boolean;
}

/** A word of which parts may be read. */
export const NARROW_U32 = [1, 2, 4];
export const WHOLE_U32 = [4];
export const WHOLE_U64 = [8];

/** A field that is a pointer. */
export function pointerField(start: number, answer: CtxAccess): Fields {
  return { start, bytes: 8, loads: WHOLE_U64, answer };
}

/** What an access to one of the fields reaches; undefined when they do not allow it. */
export function accessIn(fields: readonly Fields[], request: CtxRequest): CtxAccess | undefined {
  const { off, size } = request;
  if (off % size !== 0) return undefined;
  const field = fields.find(({ start, bytes }) => isWithin(off, start, bytes));
  if (field === undefined || off + size > field.start + field.bytes) return undefined;
  if (field.isFromStart === true && off !== field.start) return undefined;
  const sizes = isRead(request) ? field.loads : (field.stores ?? []);
  return sizes.includes(size) ? (field.answer ?? SCALAR) : undefined;
}
