/** Where instructions come from: finding their page, decoding runs of them. */
import {
  type CodePage,
  OP_CROSS,
  OP_GOTO,
  OP_RELOOKUP,
  S_FLAGS,
  S_IMM,
  S_OP,
  S_PLACE,
  S_REG,
  S_RUN,
  SLOT_WORDS,
} from "./code-cache.ts";
import { type Cpu, ST_PAGE_EIP } from "./cpu.ts";
import { decodeInstruction, OP_UD } from "./decode.ts";
import { CS, SEG_BASE, X86_TRAP_GP } from "./registers.ts";

/** Instructions that are decoded ahead. */
const RUN = 32;
/** A page with more slots has been jumped into at odd places; it starts anew. */
const MAX_SLOTS = 16384;

/** The page that holds the instruction at `eip`, which becomes the one of `ST_PAGE_EIP`. */
export function fetchPage(cpu: Cpu, eip: number): CodePage {
  const base = cpu.r[SEG_BASE + CS]!;
  if (eip >>> 0 > cpu.segments[CS]!.limit) cpu.exception.fault(X86_TRAP_GP, 0);
  const linear = (eip + base) | 0;
  const { mode } = cpu.memory;
  let page = cpu.code.find(linear, mode);
  if (page === undefined) {
    const pfn = cpu.memory.fetchFrame(linear);
    if (pfn >= cpu.mmu.memory.frames) return nowhere(cpu, linear, base);
    page = cpu.code.get(pfn, linear, mode);
    // Stores into this page must look at what was decoded.
    cpu.memory.forgetWrites();
  }
  cpu.st[ST_PAGE_EIP] = (linear & ~0xfff) - base;
  return page;
}

/** Behind the end of memory only ones are read: FF FF is not an instruction. */
function nowhere(cpu: Cpu, linear: number, base: number): CodePage {
  const page = cpu.crossing;
  const offset = linear & 0xfff;
  page.code[SLOT_WORDS + S_RUN] = OP_UD;
  page.code[SLOT_WORDS + S_OP] = OP_UD;
  page.code[SLOT_WORDS + S_FLAGS] = 0;
  page.code[SLOT_WORDS + S_PLACE] = offset | (2 << 16);
  page.map.fill(0);
  page.map[offset] = 1;
  cpu.st[ST_PAGE_EIP] = (linear & ~0xfff) - base;
  return page;
}

/** The slot of the instruction at an offset of the page; decodes it, and what follows. */
export function slotAt(cpu: Cpu, page: CodePage, offset: number): number {
  const known = page.map[offset]!;
  if (known !== 0) return known;
  if (page.slots > MAX_SLOTS) page.drop();
  const first = page.slots;
  let at = offset;
  for (let n = 0; n < RUN; n++) {
    if (at > 4095) break;
    const other = page.map[at]!;
    const slot = page.newSlot();
    const word = slot * SLOT_WORDS;
    if (other !== 0) {
      page.code[word + S_RUN] = OP_GOTO;
      page.code[word + S_PLACE] = at;
      page.code[word + S_IMM] = other;
      return first;
    }
    const { bytes, code } = page;
    const length = decodeInstruction(cpu.decoding, bytes, at, 4096, code, word);
    page.map[at] = slot;
    if (length < 0) {
      code[word + S_RUN] = OP_CROSS;
      code[word + S_PLACE] = at;
      page.cover(at, 4096 - at);
      return first;
    }
    page.cover(at, length);
    at += length;
    if (endsRun(code[word + S_OP]!, code[word + S_REG]!)) return first;
  }
  const word = page.newSlot() * SLOT_WORDS;
  page.code[word + S_RUN] = OP_RELOOKUP;
  page.code[word + S_PLACE] = at;
  return first;
}

/** Whether nothing behind an instruction is reached by going on. */
function endsRun(operation: number, reg: number): boolean {
  switch (operation) {
    case 0xc2:
    case 0xc3:
    case 0xe9:
    case 0x2f4:
    case 0x2f5:
    case 0x4c2:
    case 0x4c3:
    case 0x4ca:
    case 0x4cb:
    case 0x4cf:
    case 0x4e9:
    case 0x4ea:
    case 0x4eb:
    case 0x50b:
    case 0x700:
      return true;
    case 0x4ff:
      return reg === 4 || reg === 5;
    default:
      return false;
  }
}

/**
 * Decodes an instruction that begins in one page and ends in the next, each time anew: into slot 1
 * of `cpu.crossing`, with a slot behind it that leaves for the next page.
 */
export function decodeCrossing(cpu: Cpu, page: CodePage, offset: number): void {
  const { crossing } = cpu;
  const start = (cpu.st[ST_PAGE_EIP]! + cpu.r[SEG_BASE + CS]!) | 0;
  const next = cpu.memory.fetchFrame((start + 4096) | 0);
  crossing.bytes.set(page.bytes.subarray(4080), 4080);
  if (next < cpu.mmu.memory.frames) {
    crossing.bytes.set(cpu.mmu.memory.frame(next).subarray(0, 16), 4096);
  } else {
    crossing.bytes.fill(0xff, 4096);
  }
  const { bytes, code } = crossing;
  const length = decodeInstruction(cpu.decoding, bytes, offset, 4112, code, SLOT_WORDS);
  code[2 * SLOT_WORDS + S_RUN] = OP_RELOOKUP;
  code[2 * SLOT_WORDS + S_PLACE] = offset + length;
  crossing.map.fill(0);
}
