/** Where the sections of a BTF object are. */
import { E2BIG, EINVAL, ENOTSUPP } from "../../include/errno.ts";
import type { VerifierLog } from "../verifier/log.ts";

const BTF_MAGIC = 0xeb9f;
const BTF_VERSION = 1;
const HEADER_BYTES = 24;
/** Up to the end of `hdr_len`. */
const HEADER_BYTES_MIN = 8;
const BTF_MAX_NAME_OFFSET = 0xff_ffff;

/** @linux include/uapi/linux/btf.h `struct btf_header` (6.18) */
interface Header {
  readonly magic: number;
  readonly version: number;
  readonly flags: number;
  readonly hdrLen: number;
  readonly typeOff: number;
  readonly typeLen: number;
  readonly strOff: number;
  readonly strLen: number;
}

export interface Sections {
  readonly types: Uint8Array;
  readonly strings: Uint8Array;
  /** Whether the types start where a word may. */
  readonly areTypesAligned: boolean;
}

/** Both sections, or a negative errno. @linux kernel/bpf/btf.c `btf_parse_hdr`, `btf_parse_str_sec` (6.18) */
export function parseHeader(data: Uint8Array, log: VerifierLog): Sections | number {
  const refuse = (message: string, errno: number = EINVAL): number => {
    if (log.isNeeded) log.write(message);
    return -errno;
  };
  if (data.length < HEADER_BYTES_MIN) return refuse("hdr_len not found");
  const hdrLen = new DataView(data.buffer, data.byteOffset).getUint32(4, true);
  if (data.length < hdrLen) return refuse("btf_header not found");
  if (data.subarray(HEADER_BYTES, hdrLen).some((byte) => byte !== 0)) {
    return refuse("Unsupported btf_header", E2BIG);
  }
  const header = readHeader(data, hdrLen);
  logHeader(header, data.length, log);
  if (header.magic !== BTF_MAGIC) return refuse("Invalid magic");
  if (header.version !== BTF_VERSION) return refuse("Unsupported version", ENOTSUPP);
  if (header.flags !== 0) return refuse("Unsupported flags", ENOTSUPP);
  if (data.length === header.hdrLen) return refuse("No data");
  const problem = sectionProblem(header, data.length - header.hdrLen);
  if (problem !== "") return refuse(problem);
  const body = data.subarray(header.hdrLen);
  const { typeOff, typeLen, strOff, strLen } = header;
  if (strOff + strLen !== body.length) return refuse("String section is not at the end");
  const strings = body.subarray(strOff, strOff + strLen);
  const isTooLong = strLen - 1 > BTF_MAX_NAME_OFFSET;
  if (strLen === 0 || isTooLong || strings[strLen - 1] !== 0 || strings[0] !== 0) {
    return refuse("Invalid string section");
  }
  const types = body.subarray(typeOff, typeOff + typeLen);
  return { types, strings, areTypesAligned: typeOff % 4 === 0 };
}

/** What a short header leaves out is 0. */
function readHeader(data: Uint8Array, hdrLen: number): Header {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set(data.subarray(0, Math.min(hdrLen, HEADER_BYTES)));
  const view = new DataView(bytes.buffer);
  return {
    magic: view.getUint16(0, true),
    version: bytes[2]!,
    flags: bytes[3]!,
    hdrLen: view.getUint32(4, true),
    typeOff: view.getUint32(8, true),
    typeLen: view.getUint32(12, true),
    strOff: view.getUint32(16, true),
    strLen: view.getUint32(20, true),
  };
}

function logHeader(header: Header, totalBytes: number, log: VerifierLog): void {
  if (!log.isNeeded) return;
  log.write(`magic: 0x${header.magic.toString(16)}\n`);
  log.write(`version: ${header.version}\n`);
  log.write(`flags: 0x${header.flags.toString(16)}\n`);
  log.write(`hdr_len: ${header.hdrLen}\n`);
  log.write(`type_off: ${header.typeOff}\n`);
  log.write(`type_len: ${header.typeLen}\n`);
  log.write(`str_off: ${header.strOff}\n`);
  log.write(`str_len: ${header.strLen}\n`);
  log.write(`btf_total_size: ${totalBytes}\n`);
}

/** Gaps and overlaps. @linux kernel/bpf/btf.c `btf_check_sec_info` (6.18) */
function sectionProblem({ typeOff, typeLen, strOff, strLen }: Header, expected: number): string {
  const sections = [
    { off: typeOff, len: typeLen },
    { off: strOff, len: strLen },
  ].sort((a, b) => (a.off - b.off) | 0 || (a.len - b.len) | 0);
  let total = 0;
  for (const { off, len } of sections) {
    if (expected < off) return "Invalid section offset";
    if (total < off) return "Unsupported section found";
    if (total > off) return "Section overlap found";
    if (expected - total < len) return "Total section length too long";
    total += len;
  }
  return expected === total ? "" : "Unsupported section found";
}
