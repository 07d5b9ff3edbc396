/**
 * Operations that are frequent, but not so much that they have a case in the interpreter itself.
 * None of them jumps.
 */
import { ALU_CMP, ALU_SUB, alu32, aluNarrow, dec, inc, SHIFT8, SHIFT32, test } from "./alu.ts";
import { S_BASE, S_DISP, S_IMM, S_INDEX, S_REG, S_RM, S_SEG } from "./code-cache.ts";
import type { Cpu } from "./cpu.ts";
import { condition, F_KIND, F_RES, KIND_LOGIC } from "./flags.ts";
import { signedProduct } from "./instructions/multiply.ts";
import { SEG_BASE, SS } from "./registers.ts";
import { sar, shl, shr } from "./shifts.ts";

/** Carries out the instruction in the slot at `p` of `c`. */
export function runCase(cpu: Cpu, operation: number, c: Int32Array, p: number): void {
  const { r, r8, f, memory } = cpu;
  switch (operation) {
    case 0x10b: {
      // OR r32, mem
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const y = memory.read32(a);
      const x = r[c[p + S_REG]!]!;
      const res = x | y;
      f[F_KIND] = KIND_LOGIC;
      f[F_RES] = res;
      r[c[p + S_REG]!] = res;
      break;
    }
    case 0x11: {
      // ADC r32, r32
      const x = r[c[p + S_REG]!]!;
      const y = r[c[p + S_RM]!]!;
      r[c[p + S_REG]!] = alu32(f, 2, x, y);
      break;
    }
    case 0x15: {
      // ADC r32, imm
      const x = r[c[p + S_REG]!]!;
      const y = c[p + S_IMM]!;
      r[c[p + S_REG]!] = alu32(f, 2, x, y);
      break;
    }
    case 0x113: {
      // ADC r32, mem
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const y = memory.read32(a);
      const x = r[c[p + S_REG]!]!;
      r[c[p + S_REG]!] = alu32(f, 2, x, y);
      break;
    }
    case 0x19: {
      // SBB r32, r32
      const x = r[c[p + S_REG]!]!;
      const y = r[c[p + S_RM]!]!;
      r[c[p + S_REG]!] = alu32(f, 3, x, y);
      break;
    }
    case 0x1d: {
      // SBB r32, imm
      const x = r[c[p + S_REG]!]!;
      const y = c[p + S_IMM]!;
      r[c[p + S_REG]!] = alu32(f, 3, x, y);
      break;
    }
    case 0x11b: {
      // SBB r32, mem
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const y = memory.read32(a);
      const x = r[c[p + S_REG]!]!;
      r[c[p + S_REG]!] = alu32(f, 3, x, y);
      break;
    }
    case 0x123: {
      // AND r32, mem
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const y = memory.read32(a);
      const x = r[c[p + S_REG]!]!;
      const res = x & y;
      f[F_KIND] = KIND_LOGIC;
      f[F_RES] = res;
      r[c[p + S_REG]!] = res;
      break;
    }
    case 0x133: {
      // XOR r32, mem
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const y = memory.read32(a);
      const x = r[c[p + S_REG]!]!;
      const res = x ^ y;
      f[F_KIND] = KIND_LOGIC;
      f[F_RES] = res;
      r[c[p + S_REG]!] = res;
      break;
    }
    case 0x0:
    case 0x8:
    case 0x10:
    case 0x18:
    case 0x20:
    case 0x28:
    case 0x30:
      // ADD to XOR r8, r8
      r8[c[p + S_REG]!] = aluNarrow(
        f,
        operation >> 3,
        r8[c[p + S_REG]!]!,
        r8[c[p + S_RM]!]!,
        SHIFT8,
      );
      break;
    case 0x38:
      aluNarrow(f, ALU_CMP, r8[c[p + S_REG]!]!, r8[c[p + S_RM]!]!, SHIFT8);
      break;
    case 0x4:
    case 0xc:
    case 0x14:
    case 0x1c:
    case 0x24:
    case 0x2c:
    case 0x34:
      // ADD to XOR r8, imm
      r8[c[p + S_REG]!] = aluNarrow(f, operation >> 3, r8[c[p + S_REG]!]!, c[p + S_IMM]!, SHIFT8);
      break;
    case 0x102:
    case 0x10a:
    case 0x112:
    case 0x11a:
    case 0x122:
    case 0x12a:
    case 0x132: {
      // ADD to XOR r8, mem
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const y = memory.read8(a);
      r8[c[p + S_REG]!] = aluNarrow(f, (operation >> 3) & 7, r8[c[p + S_REG]!]!, y, SHIFT8);
      break;
    }
    case 0x13a: {
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const y = memory.read8(a);
      aluNarrow(f, ALU_CMP, r8[c[p + S_REG]!]!, y, SHIFT8);
      break;
    }
    case 0x100:
    case 0x108:
    case 0x110:
    case 0x118:
    case 0x120:
    case 0x128:
    case 0x130: {
      // ADD to XOR mem, r8
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const y = r8[c[p + S_REG]!]!;
      memory.checkWrite(a, 1);
      memory.write8(a, aluNarrow(f, (operation >> 3) & 7, memory.read8(a), y, SHIFT8));
      break;
    }
    case 0x138: {
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const x = memory.read8(a);
      aluNarrow(f, ALU_CMP, x, r8[c[p + S_REG]!]!, SHIFT8);
      break;
    }
    case 0x104:
    case 0x10c:
    case 0x114:
    case 0x11c:
    case 0x124:
    case 0x12c:
    case 0x134: {
      // ADD to XOR mem, imm
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const y = c[p + S_IMM]!;
      memory.checkWrite(a, 1);
      memory.write8(a, aluNarrow(f, (operation >> 3) & 7, memory.read8(a), y, SHIFT8));
      break;
    }
    case 0x13c: {
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const x = memory.read8(a);
      aluNarrow(f, ALU_CMP, x, c[p + S_IMM]!, SHIFT8);
      break;
    }
    case 0x185: {
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const x = memory.read32(a);
      f[F_KIND] = KIND_LOGIC;
      f[F_RES] = x & r[c[p + S_REG]!]!;
      break;
    }
    case 0x1a9: {
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const x = memory.read32(a);
      f[F_KIND] = KIND_LOGIC;
      f[F_RES] = x & c[p + S_IMM]!;
      break;
    }
    case 0xa8:
      test(f, r8[c[p + S_REG]!]!, c[p + S_IMM]!, SHIFT8);
      break;
    case 0x184: {
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const x = memory.read8(a);
      test(f, x, r8[c[p + S_REG]!]!, SHIFT8);
      break;
    }
    case 0x1a8: {
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const x = memory.read8(a);
      test(f, x, c[p + S_IMM]!, SHIFT8);
      break;
    }
    case 0x88:
      // MOV r8, r8
      r8[c[p + S_REG]!] = r8[c[p + S_RM]!]!;
      break;
    case 0xb0:
      // MOV r8, imm
      r8[c[p + S_REG]!] = c[p + S_IMM]!;
      break;
    case 0x1c6: {
      // MOV mem, imm of 8 bits
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const v = c[p + S_IMM]!;
      memory.write8(a, v);
      break;
    }
    case 0x2b7:
      // MOVZX r32, r16
      r[c[p + S_REG]!] = r[c[p + S_RM]!]! & 0xffff;
      break;
    case 0x2be:
      // MOVSX r32, r8
      r[c[p + S_REG]!] = (r8[c[p + S_RM]!]! << 24) >> 24;
      break;
    case 0x2bf:
      // MOVSX r32, r16
      r[c[p + S_REG]!] = (r[c[p + S_RM]!]! << 16) >> 16;
      break;
    case 0x23e: {
      // MOVSX r32, mem of 8 bits
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const v = memory.read8(a);
      r[c[p + S_REG]!] = (v << 24) >> 24;
      break;
    }
    case 0x237:
      // MOVZX r32, mem of 16 bits
      r[c[p + S_REG]!] = memory.read16(
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
          0,
      );
      break;
    case 0x23f:
      // MOVSX r32, mem of 16 bits
      r[c[p + S_REG]!] =
        (memory.read16(
          (r[c[p + S_BASE]!]! +
            (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
            c[p + S_DISP]! +
            r[c[p + S_SEG]!]!) |
            0,
        ) <<
          16) >>
        16;
      break;
    case 0x240:
      // CMOVcc r32, r32
      if (condition(f, c[p + S_IMM]!)) r[c[p + S_REG]!] = r[c[p + S_RM]!]!;
      break;
    case 0x241: {
      // CMOVcc r32, mem
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const v = memory.read32(a);
      if (condition(f, c[p + S_IMM]!)) r[c[p + S_REG]!] = v;
      break;
    }
    case 0x290:
      // SETcc r8
      r8[c[p + S_REG]!] = condition(f, c[p + S_IMM]!) ? 1 : 0;
      break;
    case 0x140: {
      // INC mem
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      memory.checkWrite(a, 4);
      memory.write32(a, inc(f, memory.read32(a), SHIFT32));
      break;
    }
    case 0x148: {
      // DEC mem
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      memory.checkWrite(a, 4);
      memory.write32(a, dec(f, memory.read32(a), SHIFT32));
      break;
    }
    case 0x242:
      // NOT r32
      r[c[p + S_REG]!] = ~r[c[p + S_REG]!]!;
      break;
    case 0x243:
      // NEG r32
      r[c[p + S_REG]!] = alu32(f, ALU_SUB, 0, r[c[p + S_REG]!]!);
      break;
    case 0x24c: {
      // SHL r32, CL
      const n = r[1]! & 31;
      if (n !== 0) r[c[p + S_REG]!] = shl(f, r[c[p + S_REG]!]!, n, SHIFT32);
      break;
    }
    case 0x24d: {
      // SHR r32, CL
      const n = r[1]! & 31;
      if (n !== 0) r[c[p + S_REG]!] = shr(f, r[c[p + S_REG]!]!, n, SHIFT32);
      break;
    }
    case 0x24f: {
      // SAR r32, CL
      const n = r[1]! & 31;
      if (n !== 0) r[c[p + S_REG]!] = sar(f, r[c[p + S_REG]!]!, n, SHIFT32);
      break;
    }
    case 0x26f: {
      // IMUL r32, mem
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const v = memory.read32(a);
      r[c[p + S_REG]!] = signedProduct(cpu, r[c[p + S_REG]!]!, v, SHIFT32);
      break;
    }
    case 0x69:
      // IMUL r32, r32, imm
      r[c[p + S_REG]!] = signedProduct(cpu, r[c[p + S_RM]!]!, c[p + S_IMM]!, SHIFT32);
      break;
    case 0x169: {
      // IMUL r32, mem, imm
      const a =
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
        0;
      const v = memory.read32(a);
      r[c[p + S_REG]!] = signedProduct(cpu, v, c[p + S_IMM]!, SHIFT32);
      break;
    }
    case 0x98:
      // CWDE
      r[0] = (r[0]! << 16) >> 16;
      break;
    case 0x99:
      // CDQ
      r[2] = r[0]! >> 31;
      break;
    case 0x87: {
      // XCHG r32, r32
      const v = r[c[p + S_REG]!]!;
      r[c[p + S_REG]!] = r[c[p + S_RM]!]!;
      r[c[p + S_RM]!] = v;
      break;
    }
    case 0x168: {
      // PUSH mem
      const v = memory.read32(
        (r[c[p + S_BASE]!]! +
          (r[c[p + S_INDEX]! & 15]! << (c[p + S_INDEX]! >> 4)) +
          c[p + S_DISP]! +
          r[c[p + S_SEG]!]!) |
          0,
      );
      const esp = (r[4]! - 4) | 0;
      memory.write32((esp + r[SEG_BASE + SS]!) | 0, v);
      r[4] = esp;
      break;
    }
  }
}
