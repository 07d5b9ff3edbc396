/** From the bytes of a BTF object to its types. */
import { E2BIG, EINVAL } from "../../include/errno.ts";
import { Btf } from "./btf.ts";
import { BTF_TYPE_BYTES, decodeHead, decodeType, tailBytes } from "./decode.ts";
import {
  BTF_KIND_ENUM64,
  BTF_KIND_FUNC,
  BTF_KIND_FUNC_PROTO,
  BTF_VOID,
  type BtfType,
} from "./kinds.ts";

const BTF_MAGIC = 0xeb9f;
const BTF_VERSION = 1;
const HEADER_BYTES = 24;
const BTF_MAX_BYTES = 16 * 1024 * 1024;

/**
 * The types of a BTF object, or a negative errno.
 *
 * @linux kernel/bpf/btf.c `btf_parse` (6.18)
 */
export function btfParse(data: Uint8Array): Btf | number {
  if (data.length > BTF_MAX_BYTES) return -E2BIG;
  if (data.length < HEADER_BYTES) return -EINVAL;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  if (view.getUint16(0, true) !== BTF_MAGIC || data[2] !== BTF_VERSION) return -EINVAL;
  const hdrLen = view.getUint32(4, true);
  const [typeOff, typeLen, strOff, strLen] = [8, 12, 16, 20].map((at) =>
    view.getUint32(at, true),
  ) as [number, number, number, number];
  const strings = section(data, hdrLen + strOff, strLen);
  const records = section(data, hdrLen + typeOff, typeLen);
  if (strings === undefined || records === undefined) return -EINVAL;
  if (strings.length === 0 || strings[0] !== 0 || strings[strings.length - 1] !== 0) return -EINVAL;
  const types = parseTypes(records);
  if (types === undefined) return -EINVAL;
  const areFuncsTyped = types.every(
    (type) => type.kind !== BTF_KIND_FUNC || types[type.type]?.kind === BTF_KIND_FUNC_PROTO,
  );
  return areFuncsTyped ? new Btf(data, types, strings) : -EINVAL;
}

function section(data: Uint8Array, start: number, length: number): Uint8Array | undefined {
  return start + length <= data.length ? data.subarray(start, start + length) : undefined;
}

function parseTypes(records: Uint8Array): BtfType[] | undefined {
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  const types: BtfType[] = [BTF_VOID];
  for (let at = 0; at < records.length; ) {
    if (at + BTF_TYPE_BYTES > records.length) return undefined;
    const head = decodeHead(view, at, types.length);
    if (head.kind === 0 || head.kind > BTF_KIND_ENUM64) return undefined;
    const tail = at + BTF_TYPE_BYTES;
    const end = tail + tailBytes(head);
    if (end > records.length) return undefined;
    types.push(decodeType(view, tail, head));
    at = end;
  }
  return types;
}
