import type { LoadAttr } from "../api.ts";
import { btfLoad } from "../bpf/btf/btf-load.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import type { ProgBtfAttr } from "../bpf/prog-load.ts";
import type { LoadedProgram } from "../bpf/program.ts";
import type { InfoRecords } from "../bpf/verifier/info-records.ts";

/** What the log calls the file of the lines. */
const FILE_NAME = "source";
const HEADER_BYTES = 24;
const INT_BYTES = 16;
const LINE_INFO_BYTES = 16;
const LINE_NUM_SHIFT = 10;
const NONE: InfoRecords = { bytes: new Uint8Array(0), recSize: 0, count: 0 };

/**
 * The lines of a program's source as the kernel takes them: as names in BTF, and records that say which instruction
 * begins which line. As with libbpf, the BTF stays open as long as its owner lives.
 *
 * @linux include/uapi/linux/btf.h, include/uapi/linux/bpf.h `struct bpf_line_info` (6.18)
 */
export function sourceBtf(
  kernel: BpfKernel,
  sourceLines: NonNullable<LoadAttr["sourceLines"]>,
): ProgBtfAttr {
  const lines = Object.entries(sourceLines).map(([slot, line]) => [slotOf(slot), line] as const);
  lines.sort(([a], [b]) => a - b);
  const strings = new Strings();
  const int = strings.add("int");
  const file = strings.add(FILE_NAME);
  const records = new DataView(new ArrayBuffer(lines.length * LINE_INFO_BYTES));
  lines.forEach(([slot, line], at) => {
    const words = [slot, file, strings.add(String(line)), (at + 1) << LINE_NUM_SHIFT];
    words.forEach((word, i) => {
      records.setUint32(at * LINE_INFO_BYTES + i * 4, word, true);
    });
  });
  const btf = btfBytes(int, strings.bytes());
  const { fd } = btfLoad(kernel, { btf, logLevel: 0, logSize: 0, hasLogBuffer: false });
  const bytes = new Uint8Array(records.buffer);
  return {
    progBtfFd: fd,
    funcInfo: NONE,
    lineInfo: { bytes, recSize: LINE_INFO_BYTES, count: lines.length },
    coreRelo: NONE,
  };
}

/** By slot, the line that an instruction comes from; "" for a program that came without lines. */
export function linesOf({ origin, runInsns }: LoadedProgram): readonly string[] {
  const { btf, lineInfo } = origin;
  const lineAt = new Map<number, string>();
  for (const record of lineInfo) {
    const view = new DataView(record.buffer, record.byteOffset, record.length);
    const line = btf?.nameByOffset(view.getUint32(8, true)) ?? "";
    lineAt.set(view.getUint32(0, true), line.trim());
  }
  let last = "";
  return runInsns.map((_, slot) => {
    last = lineAt.get(slot) ?? last;
    return last;
  });
}

function slotOf(key: string): number {
  const slot = Number(key);
  if (Number.isInteger(slot) && slot >= 0) return slot;
  throw new TypeError(`a line of source begins at the slot of an instruction, not at "${key}"`);
}

/** Types of which the only one is `int`. */
export function intTypes(): Uint8Array {
  const strings = new Strings();
  return btfBytes(strings.add("int"), strings.bytes());
}

/** BTF has to have a type: an int of 32 bits. */
function btfBytes(nameOff: number, strings: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + INT_BYTES + strings.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xeb9f, true);
  view.setUint8(2, 1);
  const header = [HEADER_BYTES, 0, INT_BYTES, INT_BYTES, strings.length];
  const type = [nameOff, 1 << 24, 4, (1 << 24) | 32];
  [...header, ...type].forEach((word, i) => {
    view.setUint32(4 + i * 4, word, true);
  });
  bytes.set(strings, HEADER_BYTES + INT_BYTES);
  return bytes;
}

/** The strings of BTF: each ends with a zero, and the first one is empty. */
class Strings {
  readonly #bytes: number[] = [0];

  add(text: string): number {
    const offset = this.#bytes.length;
    // Names are bytes: what has no byte of its own is shown as a question mark.
    for (const letter of text)
      this.#bytes.push(/[\t\x20-\x7e]/.test(letter) ? letter.charCodeAt(0) : 0x3f);
    this.#bytes.push(0);
    return offset;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
