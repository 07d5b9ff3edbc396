/**
 * The interpreter: runs decoded instructions until something needs a look from outside.
 *
 * The most frequent operations are the cases below, the next in `fast-cases.ts`: a function that does
 * all at once is compiled slowly and badly. The numbers are given by `fast-operation.ts`. All others
 * go through the table of `instruction-table.ts`.
 */
import { ALU_CMP, alu32, aluNarrow, dec, inc, SHIFT8, SHIFT32, test } from "./alu.ts";
import {
  FLAG_SIZE_SHIFT,
  FLAG_WRITE,
  S_BASE,
  S_DISP,
  S_FLAGS,
  S_IMM,
  S_INDEX,
  S_OP,
  S_PLACE,
  S_REG,
  S_RM,
  S_RUN,
  S_SEG,
  SLOT_WORDS,
} from "./code-cache.ts";
import { type Cpu, ST_EIP, ST_PAGE_EIP } from "./cpu.ts";
import { runCase } from "./fast-cases.ts";
import { decodeCrossing, fetchPage, slotAt } from "./fetch.ts";
import {
  condition,
  F_A,
  F_B,
  F_EFLAGS,
  F_KIND,
  F_RES,
  getCf,
  getOf,
  getPf,
  getSf,
  KIND_ADD,
  KIND_LOGIC,
  KIND_SUB,
} from "./flags.ts";
import { FIRST_OPERATION, INSTRUCTIONS, usesStack } from "./instruction-table.ts";
import { signedProduct } from "./instructions/multiply.ts";
import { offsetOf } from "./instructions/operand.ts";
import { SEG_BASE, SS, X86_TRAP_SS } from "./registers.ts";
import { checkSegment } from "./segment-check.ts";
import { sar, shl, shr } from "./shifts.ts";

/** Why a pass ended. */
export const STOP_BUDGET = 0;
/** `cpu.exception` is to be taken; EIP is where it is to return to. */
export const STOP_EXCEPTION = 1;
/** An instruction has changed what interrupts and modes depend on. */
export const STOP_LOOK_UP = 2;

/** Runs at most `budget` instructions from EIP on; `cpu.left` tells how many were not used. */
export function interpret(cpu: Cpu, budget: number): number {
  const { r, r8, f, st, memory, exception } = cpu;
  const { readTags, writeTags, words, bytes, mode } = memory;
  const stackBase = r[SEG_BASE + SS]!;
  let left = budget;
  cpu.budget = budget;
  let lookups = 0;
  let eip = st[ST_EIP]!;
  let pageEip = 0;
  // Slot 0 of any page looks for the page of `eip`.
  let p = 0;
  let page = cpu.crossing;
  let c = page.code;
  let map = page.map;
  let isFetching = false;
  try {
    for (;;) {
      if (left <= 0) {
        st[ST_EIP] = p === 0 ? eip : pageEip + (c[p + S_PLACE]! & 0xffff);
        cpu.left = 0;
        return STOP_BUDGET;
      }
      left--;
      // Another one than the slot's first behind a check of segment limits.
      let operation = c[p + S_RUN]!;
      if (operation === 0x2fc) {
        const flags = c[p + S_FLAGS]!;
        const size = (flags >> FLAG_SIZE_SHIFT) & 15;
        const offset = offsetOf(cpu, c, p);
        checkSegment(cpu, c[p + S_SEG]! - SEG_BASE, offset, size, (flags & FLAG_WRITE) !== 0);
        operation = c[p + S_OP]!;
      }
      switch (operation) {
        case 0x1: {
          // ADD r32, r32
          const x = r[c[p + S_REG]!]!;
          const y = r[c[p + S_RM]!]!;
          const res = (x + y) | 0;
          f[F_KIND] = KIND_ADD;
          f[F_RES] = res;
          f[F_A] = x;
          f[F_B] = y;
          r[c[p + S_REG]!] = res;
          break;
        }
        case 0x5: {
          // ADD r32, imm
          const x = r[c[p + S_REG]!]!;
          const y = c[p + S_IMM]!;
          const res = (x + y) | 0;
          f[F_KIND] = KIND_ADD;
          f[F_RES] = res;
          f[F_A] = x;
          f[F_B] = y;
          r[c[p + S_REG]!] = res;
          break;
        }
        case 0x103: {
          // ADD r32, mem
          const a =
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
            0;
          const s = (a >>> 12) & 255;
          lookups++;
          const y =
            (a & 3) === 0 && readTags[s] === ((a & ~0xfff) | mode)
              ? words[s]![(a & 0xfff) >> 2]!
              : memory.read32Slow(a);
          const x = r[c[p + S_REG]!]!;
          const res = (x + y) | 0;
          f[F_KIND] = KIND_ADD;
          f[F_RES] = res;
          f[F_A] = x;
          f[F_B] = y;
          r[c[p + S_REG]!] = res;
          break;
        }
        case 0x9: {
          // OR r32, r32
          const x = r[c[p + S_REG]!]!;
          const y = r[c[p + S_RM]!]!;
          const res = x | y;
          f[F_KIND] = KIND_LOGIC;
          f[F_RES] = res;
          r[c[p + S_REG]!] = res;
          break;
        }
        case 0xd: {
          // OR r32, imm
          const x = r[c[p + S_REG]!]!;
          const y = c[p + S_IMM]!;
          const res = x | y;
          f[F_KIND] = KIND_LOGIC;
          f[F_RES] = res;
          r[c[p + S_REG]!] = res;
          break;
        }
        case 0x21: {
          // AND r32, r32
          const x = r[c[p + S_REG]!]!;
          const y = r[c[p + S_RM]!]!;
          const res = x & y;
          f[F_KIND] = KIND_LOGIC;
          f[F_RES] = res;
          r[c[p + S_REG]!] = res;
          break;
        }
        case 0x25: {
          // AND r32, imm
          const x = r[c[p + S_REG]!]!;
          const y = c[p + S_IMM]!;
          const res = x & y;
          f[F_KIND] = KIND_LOGIC;
          f[F_RES] = res;
          r[c[p + S_REG]!] = res;
          break;
        }
        case 0x29: {
          // SUB r32, r32
          const x = r[c[p + S_REG]!]!;
          const y = r[c[p + S_RM]!]!;
          const res = (x - y) | 0;
          f[F_KIND] = KIND_SUB;
          f[F_RES] = res;
          f[F_A] = x;
          f[F_B] = y;
          r[c[p + S_REG]!] = res;
          break;
        }
        case 0x2d: {
          // SUB r32, imm
          const x = r[c[p + S_REG]!]!;
          const y = c[p + S_IMM]!;
          const res = (x - y) | 0;
          f[F_KIND] = KIND_SUB;
          f[F_RES] = res;
          f[F_A] = x;
          f[F_B] = y;
          r[c[p + S_REG]!] = res;
          break;
        }
        case 0x12b: {
          // SUB r32, mem
          const a =
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
            0;
          const s = (a >>> 12) & 255;
          lookups++;
          const y =
            (a & 3) === 0 && readTags[s] === ((a & ~0xfff) | mode)
              ? words[s]![(a & 0xfff) >> 2]!
              : memory.read32Slow(a);
          const x = r[c[p + S_REG]!]!;
          const res = (x - y) | 0;
          f[F_KIND] = KIND_SUB;
          f[F_RES] = res;
          f[F_A] = x;
          f[F_B] = y;
          r[c[p + S_REG]!] = res;
          break;
        }
        case 0x31: {
          // XOR r32, r32
          const x = r[c[p + S_REG]!]!;
          const y = r[c[p + S_RM]!]!;
          const res = x ^ y;
          f[F_KIND] = KIND_LOGIC;
          f[F_RES] = res;
          r[c[p + S_REG]!] = res;
          break;
        }
        case 0x35: {
          // XOR r32, imm
          const x = r[c[p + S_REG]!]!;
          const y = c[p + S_IMM]!;
          const res = x ^ y;
          f[F_KIND] = KIND_LOGIC;
          f[F_RES] = res;
          r[c[p + S_REG]!] = res;
          break;
        }
        case 0x39: {
          // CMP r32, r32
          const x = r[c[p + S_REG]!]!;
          const y = r[c[p + S_RM]!]!;
          f[F_KIND] = KIND_SUB;
          f[F_RES] = x - y;
          f[F_A] = x;
          f[F_B] = y;
          break;
        }
        case 0x3d: {
          // CMP r32, imm
          const x = r[c[p + S_REG]!]!;
          const y = c[p + S_IMM]!;
          f[F_KIND] = KIND_SUB;
          f[F_RES] = x - y;
          f[F_A] = x;
          f[F_B] = y;
          break;
        }
        case 0x13b: {
          // CMP r32, mem
          const a =
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
            0;
          const s = (a >>> 12) & 255;
          lookups++;
          const y =
            (a & 3) === 0 && readTags[s] === ((a & ~0xfff) | mode)
              ? words[s]![(a & 0xfff) >> 2]!
              : memory.read32Slow(a);
          const x = r[c[p + S_REG]!]!;
          f[F_KIND] = KIND_SUB;
          f[F_RES] = x - y;
          f[F_A] = x;
          f[F_B] = y;
          break;
        }
        case 0x101:
        case 0x109:
        case 0x111:
        case 0x119:
        case 0x121:
        case 0x129:
        case 0x131: {
          // ADD to XOR mem, r32: what may fault comes before the flags change.
          const a =
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
            0;
          const s = (a >>> 12) & 255;
          lookups++;
          const y = r[c[p + S_REG]!]!;
          const op = (operation >> 3) & 7;
          if ((a & 3) === 0 && writeTags[s] === ((a & ~0xfff) | mode)) {
            const at = (a & 0xfff) >> 2;
            const page = words[s]!;
            page[at] = alu32(f, op, page[at]!, y);
          } else {
            memory.checkWrite(a, 4);
            memory.write32(a, alu32(f, op, memory.read32(a), y));
          }
          break;
        }
        case 0x139: {
          // CMP mem, r32
          const a =
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
            0;
          const s = (a >>> 12) & 255;
          lookups++;
          const x =
            (a & 3) === 0 && readTags[s] === ((a & ~0xfff) | mode)
              ? words[s]![(a & 0xfff) >> 2]!
              : memory.read32Slow(a);
          const y = r[c[p + S_REG]!]!;
          f[F_KIND] = KIND_SUB;
          f[F_RES] = x - y;
          f[F_A] = x;
          f[F_B] = y;
          break;
        }
        case 0x105:
        case 0x10d:
        case 0x115:
        case 0x11d:
        case 0x125:
        case 0x12d:
        case 0x135: {
          // ADD to XOR mem, imm: what may fault comes before the flags change.
          const a =
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
            0;
          const s = (a >>> 12) & 255;
          lookups++;
          const y = c[p + S_IMM]!;
          const op = (operation >> 3) & 7;
          if ((a & 3) === 0 && writeTags[s] === ((a & ~0xfff) | mode)) {
            const at = (a & 0xfff) >> 2;
            const page = words[s]!;
            page[at] = alu32(f, op, page[at]!, y);
          } else {
            memory.checkWrite(a, 4);
            memory.write32(a, alu32(f, op, memory.read32(a), y));
          }
          break;
        }
        case 0x13d: {
          // CMP mem, imm
          const a =
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
            0;
          const s = (a >>> 12) & 255;
          lookups++;
          const x =
            (a & 3) === 0 && readTags[s] === ((a & ~0xfff) | mode)
              ? words[s]![(a & 0xfff) >> 2]!
              : memory.read32Slow(a);
          const y = c[p + S_IMM]!;
          f[F_KIND] = KIND_SUB;
          f[F_RES] = x - y;
          f[F_A] = x;
          f[F_B] = y;
          break;
        }
        case 0x3c:
          aluNarrow(f, ALU_CMP, r8[c[p + S_REG]!]!, c[p + S_IMM]!, SHIFT8);
          break;
        case 0x85: {
          // TEST r32, r32
          f[F_KIND] = KIND_LOGIC;
          f[F_RES] = r[c[p + S_REG]!]! & r[c[p + S_RM]!]!;
          break;
        }
        case 0xa9: {
          f[F_KIND] = KIND_LOGIC;
          f[F_RES] = r[c[p + S_REG]!]! & c[p + S_IMM]!;
          break;
        }
        case 0x84:
          // TEST r8, r8
          test(f, r8[c[p + S_REG]!]!, r8[c[p + S_RM]!]!, SHIFT8);
          break;
        case 0x89:
          // MOV r32, r32
          r[c[p + S_REG]!] = r[c[p + S_RM]!]!;
          break;
        case 0xb8:
          // MOV r32, imm
          r[c[p + S_REG]!] = c[p + S_IMM]!;
          break;
        case 0x18b: {
          // MOV r32, mem
          const a =
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
            0;
          const s = (a >>> 12) & 255;
          lookups++;
          const v =
            (a & 3) === 0 && readTags[s] === ((a & ~0xfff) | mode)
              ? words[s]![(a & 0xfff) >> 2]!
              : memory.read32Slow(a);
          r[c[p + S_REG]!] = v;
          break;
        }
        case 0x189: {
          // MOV mem, r32
          const a =
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
            0;
          const s = (a >>> 12) & 255;
          lookups++;
          const v = r[c[p + S_REG]!]!;
          if ((a & 3) === 0 && writeTags[s] === ((a & ~0xfff) | mode)) {
            words[s]![(a & 0xfff) >> 2] = v;
          } else {
            memory.write32Slow(a, v);
          }
          break;
        }
        case 0x1c7: {
          // MOV mem, imm
          const a =
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
            0;
          const s = (a >>> 12) & 255;
          lookups++;
          const v = c[p + S_IMM]!;
          if ((a & 3) === 0 && writeTags[s] === ((a & ~0xfff) | mode)) {
            words[s]![(a & 0xfff) >> 2] = v;
          } else {
            memory.write32Slow(a, v);
          }
          break;
        }
        case 0x18a: {
          // MOV r8, mem
          const a =
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
            0;
          const s = (a >>> 12) & 255;
          lookups++;
          const v = readTags[s] === ((a & ~0xfff) | mode) ? bytes[s]![a & 0xfff]! : memory.read8(a);
          r8[c[p + S_REG]!] = v;
          break;
        }
        case 0x188: {
          // MOV mem, r8
          const a =
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
            0;
          const s = (a >>> 12) & 255;
          lookups++;
          const v = r8[c[p + S_REG]!]!;
          if (writeTags[s] === ((a & ~0xfff) | mode)) bytes[s]![a & 0xfff] = v;
          else memory.write8(a, v);
          break;
        }
        case 0x18d:
          // LEA
          r[c[p + S_REG]!] =
            r[c[p + S_BASE]!]! +
            (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
            c[p + S_DISP]!;
          break;
        case 0x2b6:
          // MOVZX r32, r8
          r[c[p + S_REG]!] = r8[c[p + S_RM]!]!;
          break;
        case 0x236: {
          // MOVZX r32, mem of 8 bits
          const a =
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
            0;
          const s = (a >>> 12) & 255;
          lookups++;
          const v = readTags[s] === ((a & ~0xfff) | mode) ? bytes[s]![a & 0xfff]! : memory.read8(a);
          r[c[p + S_REG]!] = v;
          break;
        }
        case 0x40:
          // INC r32
          r[c[p + S_REG]!] = inc(f, r[c[p + S_REG]!]!, SHIFT32);
          break;
        case 0x48:
          // DEC r32
          r[c[p + S_REG]!] = dec(f, r[c[p + S_REG]!]!, SHIFT32);
          break;
        case 0x244: {
          // SHL r32, imm
          const n = c[p + S_IMM]! & 31;
          if (n !== 0) r[c[p + S_REG]!] = shl(f, r[c[p + S_REG]!]!, n, SHIFT32);
          break;
        }
        case 0x245: {
          // SHR r32, imm
          const n = c[p + S_IMM]! & 31;
          if (n !== 0) r[c[p + S_REG]!] = shr(f, r[c[p + S_REG]!]!, n, SHIFT32);
          break;
        }
        case 0x247: {
          // SAR r32, imm
          const n = c[p + S_IMM]! & 31;
          if (n !== 0) r[c[p + S_REG]!] = sar(f, r[c[p + S_REG]!]!, n, SHIFT32);
          break;
        }
        case 0x2af:
          // IMUL r32, r32
          r[c[p + S_REG]!] = signedProduct(cpu, r[c[p + S_REG]!]!, r[c[p + S_RM]!]!, SHIFT32);
          break;
        case 0x90:
          // NOP
          break;
        case 0x50: {
          // PUSH r32
          const v = r[c[p + S_REG]!]!;
          const esp = (r[4]! - 4) | 0;
          const a = (esp + stackBase) | 0;
          const s = (a >>> 12) & 255;
          lookups++;
          if ((a & 3) === 0 && writeTags[s] === ((a & ~0xfff) | mode)) {
            words[s]![(a & 0xfff) >> 2] = v;
          } else {
            memory.write32Slow(a, v);
          }
          r[4] = esp;
          break;
        }
        case 0x68: {
          // PUSH imm
          const v = c[p + S_IMM]!;
          const esp = (r[4]! - 4) | 0;
          const a = (esp + stackBase) | 0;
          const s = (a >>> 12) & 255;
          lookups++;
          if ((a & 3) === 0 && writeTags[s] === ((a & ~0xfff) | mode)) {
            words[s]![(a & 0xfff) >> 2] = v;
          } else {
            memory.write32Slow(a, v);
          }
          r[4] = esp;
          break;
        }
        case 0x58: {
          // POP r32
          const a = (r[4]! + stackBase) | 0;
          const s = (a >>> 12) & 255;
          lookups++;
          const v =
            (a & 3) === 0 && readTags[s] === ((a & ~0xfff) | mode)
              ? words[s]![(a & 0xfff) >> 2]!
              : memory.read32Slow(a);
          r[4] = r[4]! + 4;
          r[c[p + S_REG]!] = v;
          break;
        }
        case 0xc9: {
          // LEAVE
          const frame = r[5]!;
          const v = memory.read32((frame + stackBase) | 0);
          r[4] = frame + 4;
          r[5] = v;
          break;
        }
        case 0xe8: {
          // CALL rel
          const place = c[p + S_PLACE]!;
          const v = (pageEip + (place & 0xffff) + (place >> 16)) | 0;
          const esp = (r[4]! - 4) | 0;
          const a = (esp + stackBase) | 0;
          const s = (a >>> 12) & 255;
          lookups++;
          if ((a & 3) === 0 && writeTags[s] === ((a & ~0xfff) | mode)) {
            words[s]![(a & 0xfff) >> 2] = v;
          } else {
            memory.write32Slow(a, v);
          }
          r[4] = esp;
          const to = c[p + S_IMM]!;
          if (to >>> 0 < 4096 && map[to] !== 0) {
            p = map[to]! * SLOT_WORDS;
            continue;
          }
          eip = (pageEip + to) | 0;
          p = 0;
          continue;
        }
        case 0x2f2:
        case 0x2f3: {
          // CALL r32 or mem
          const place = c[p + S_PLACE]!;
          const back = (pageEip + (place & 0xffff) + (place >> 16)) | 0;
          const target =
            operation === 0x2f2
              ? r[c[p + S_RM]!]!
              : memory.read32(
                  (r[c[p + S_BASE]!]! +
                    (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
                    c[p + S_DISP]! +
                    r[c[p + S_SEG]!]!) |
                    0,
                );
          const esp = (r[4]! - 4) | 0;
          memory.write32((esp + stackBase) | 0, back);
          r[4] = esp;
          eip = target;
          p = 0;
          continue;
        }
        case 0x2f4:
          // JMP r32
          eip = r[c[p + S_RM]!]!;
          p = 0;
          continue;
        case 0x2f5:
          // JMP mem
          eip = memory.read32(
            (r[c[p + S_BASE]!]! +
              (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
              c[p + S_DISP]! +
              r[c[p + S_SEG]!]!) |
              0,
          );
          p = 0;
          continue;
        case 0xc3:
        case 0xc2: {
          // RET
          const a = (r[4]! + stackBase) | 0;
          const s = (a >>> 12) & 255;
          lookups++;
          eip =
            (a & 3) === 0 && readTags[s] === ((a & ~0xfff) | mode)
              ? words[s]![(a & 0xfff) >> 2]!
              : memory.read32Slow(a);
          r[4] = r[4]! + 4 + c[p + S_IMM]!;
          const to = (eip - pageEip) | 0;
          if (to >>> 0 < 4096 && map[to] !== 0) {
            p = map[to]! * SLOT_WORDS;
            continue;
          }
          p = 0;
          continue;
        }
        case 0xe9: {
          // JMP rel
          const to = c[p + S_IMM]!;
          if (to >>> 0 < 4096 && map[to] !== 0) {
            p = map[to]! * SLOT_WORDS;
            continue;
          }
          eip = (pageEip + to) | 0;
          p = 0;
          continue;
        }
        case 0x70:
          // JO
          if (getOf(f)) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x71:
          // JNO
          if (!getOf(f)) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x72:
          // JB
          if (getCf(f) !== 0) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x73:
          // JAE
          if (getCf(f) === 0) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x74:
          // JE
          if (f[F_KIND] === 0 ? (f[F_EFLAGS]! & 0x40) !== 0 : f[F_RES] === 0) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x75:
          // JNE
          if (f[F_KIND] === 0 ? (f[F_EFLAGS]! & 0x40) === 0 : f[F_RES] !== 0) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x76:
          // JBE
          if (f[F_KIND] === KIND_SUB ? f[F_A]! >>> 0 <= f[F_B]! >>> 0 : condition(f, 6)) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x77:
          // JA
          if (f[F_KIND] === KIND_SUB ? f[F_A]! >>> 0 > f[F_B]! >>> 0 : condition(f, 7)) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x78:
          // JS
          if (getSf(f)) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x79:
          // JNS
          if (!getSf(f)) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x7a:
          // JP
          if (getPf(f)) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x7b:
          // JNP
          if (!getPf(f)) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x7c:
          // JL
          if (f[F_KIND] === KIND_SUB ? f[F_A]! < f[F_B]! : condition(f, 12)) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x7d:
          // JGE
          if (f[F_KIND] === KIND_SUB ? f[F_A]! >= f[F_B]! : condition(f, 13)) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x7e:
          // JLE
          if (f[F_KIND] === KIND_SUB ? f[F_A]! <= f[F_B]! : condition(f, 14)) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x7f:
          // JG
          if (f[F_KIND] === KIND_SUB ? f[F_A]! > f[F_B]! : condition(f, 15)) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0xe3:
          // JECXZ
          if (r[1] === 0) {
            const to = c[p + S_IMM]!;
            if (to >>> 0 < 4096 && map[to] !== 0) {
              p = map[to]! * SLOT_WORDS;
              continue;
            }
            eip = (pageEip + to) | 0;
            p = 0;
            continue;
          }
          break;
        case 0x2fb:
          // Not an instruction: finds the page of `eip`, and its slot.
          left++;
          isFetching = true;
          page = fetchPage(cpu, eip);
          isFetching = false;
          pageEip = st[ST_PAGE_EIP]!;
          p = slotAt(cpu, page, (eip - pageEip) | 0) * SLOT_WORDS;
          c = page.code;
          map = page.map;
          continue;
        case 0x2fd:
          // Not an instruction: goes on at another slot.
          left++;
          p = c[p + S_IMM]! * SLOT_WORDS;
          continue;
        case 0x2fe:
          // Not an instruction: goes on at an offset.
          left++;
          eip = (pageEip + (c[p + S_PLACE]! & 0xffff)) | 0;
          p = 0;
          continue;
        case 0x2ff:
          // An instruction that ends in the next page.
          left++;
          decodeCrossing(cpu, page, c[p + S_PLACE]!);
          page = cpu.crossing;
          c = page.code;
          map = page.map;
          p = SLOT_WORDS;
          continue;
        default: {
          if (operation < 0x300) {
            runCase(cpu, operation, c, p);
            break;
          }
          cpu.left = left;
          const goesOn = INSTRUCTIONS[operation - FIRST_OPERATION]!(cpu, c, p);
          if (goesOn === 0) break;
          if (goesOn === 1) {
            eip = st[ST_EIP]!;
            p = 0;
            continue;
          }
          return STOP_LOOK_UP;
        }
      }
      p += SLOT_WORDS;
    }
  } catch (thrown) {
    if (thrown !== exception) throw thrown;
    if (exception.isWrap) {
      exception.isWrap = false;
      if (usesStack(c, p)) exception.vector = X86_TRAP_SS;
    }
    if (!isFetching) {
      const place = c[p + S_PLACE]!;
      eip = (pageEip + (place & 0xffff) + (exception.isTrap ? place >> 16 : 0)) | 0;
      // What faults has not run.
      if (!exception.isTrap) left++;
    }
    st[ST_EIP] = eip;
    cpu.left = left;
    return STOP_EXCEPTION;
  } finally {
    memory.lookups[0] = memory.lookups[0]! + lookups;
  }
}
