import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Insn, InsnSize } from "../../api.ts";
import { bpf } from "../../index.ts";
import { insnBuilders as build } from "../builder.ts";

const hex = (text: string) =>
  [...bpf.asm(text).bytes()].map((byte) => byte.toString(16).padStart(2, "0")).join("");

describe("assembles to the bytes of the instruction set", () => {
  test.each([
    ["r0 = 2", "b700000002000000"],
    ["w1 = -1", "b4010000ffffffff"],
    ["r1 += r6", "0f61000000000000"],
    ["r1 s/= -2", "37010100feffffff"],
    ["r2 = (s8)r1", "bf12080000000000"],
    ["r0 = be16 r0", "dc00000010000000"],
    ["r2 = addr_space_cast(r1, 1, 0)", "bf12010000000100"],
    ["r0 = bswap64 r0", "d700000040000000"],
    ["r2 = *(u16 *)(r1 +12)", "69120c0000000000"],
    ["r2 = *(s32 *)(r1 + 4)", "8112040000000000"],
    ["*(u32 *)(r10 -4) = r2", "632afcff00000000"],
    ["*(u64 *)(r10 - 8) = 7", "7a0af8ff07000000"],
    ["lock *(u64 *)(r1 +0) += r2", "db21000000000000"],
    ["r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)", "db21000001000000"],
    ["r0 = atomic_cmpxchg((u32 *)(r1 +0), r0, r2)", "c3210000f1000000"],
    ["r3 = load_acquire((u32 *)(r1 +8))", "c313080000010000"],
    ["store_release((u8 *)(r1 +0), w2)", "d321000010010000"],
    ["r0 = *(u16 *)skb[12]", "280000000c000000"],
    ["r0 = *(u8 *)skb[r7 + 3]", "5070000003000000"],
    ["if r1 s> 5 goto +3", "6501030005000000"],
    ["if w1 & w2 goto pc-2", "4e21feff00000000"],
    ["gotol +70000", "0600000070110100"],
    ["may_goto +1", "e500010000000000"],
    ["call bpf_map_lookup_elem", "8500000001000000"],
    ["call bpf_ktime_get_ns#5", "8500000005000000"],
    ["call pc+4", "8510000004000000"],
    ["r3 = 0x1122334455667788 ll", "18030000887766550000000044332211"],
    ["exit", "9500000000000000"],
  ])("%s", (text, expected) => {
    expect(hex(text)).toBe(expected);
  });

  test("jumps over a wide load count two slots", () => {
    expect(bpf.asm("goto out\nr1 = 1 ll\nout: exit").insns[0]?.off).toBe(2);
  });

  test("a label stands alone or in front of an instruction", () => {
    expect(bpf.asm("again:\nr0 = 1\ngoto again").bytes()).toEqual(
      bpf.asm("again: r0 = 1\ngoto again").bytes(),
    );
  });

  test("maps are numbered in the order of their first use", () => {
    const program = bpf.asm("r1 = map[b]\nr2 = map_value[a]+8\nr3 = map[b]");
    expect(program.mapNames).toEqual(["b", "a"]);
    expect(program.insns.map(({ srcReg, imm }) => [srcReg, imm])).toEqual([
      [1, 0],
      [0, 0],
      [2, 1],
      [0, 8],
      [1, 0],
      [0, 0],
    ]);
  });

  test("; and // begin comments; in a text of one line ; separates instructions", () => {
    expect(bpf.asm("r0 = 2; exit").insns).toHaveLength(2);
    expect(bpf.asm("r0 = 2 ; exit\nexit // r0 = 3").insns).toHaveLength(2);
  });

  test("numbers may be interpolated", () => {
    expect(bpf.asm`r0 = ${7}`.text()).toBe("r0 = 7");
  });
});

describe("says where and what is wrong, and what to do", () => {
  test.each([
    ["r0 = 2\n  exitt", /^line 2, column 3: .*register/],
    ["call bpf_map_lokup_elem", /column 6: .*bpf_map_lookup_elem/],
    ["goto nowhere", /column 6: .*write `nowhere:`/],
    ["a: r0 = 1\na: exit", /^line 2, column 1: .*line 1 already/],
    ["r0 = 0x123456789", /ll`/],
    ["*(u64 *)(r10 -8) += r1", /column 18: .*lock/],
    ["r0 = w1", /r and w cannot be mixed/],
    ["if r0 == 3 then out", /column 12: `goto` belongs here/],
    ["r0 = *(u24 *)(r1 +0)", /column 8: .*u8, u16, u32, u64/],
    ["r0 = *(u32 *)(r1 +40000)", /16 bits/],
    ["r11 = 0", /r0 to r10/],
    ["r0 = 1 r1 = 2", /column 8: `r1` is too much/],
    ["r0 = @", /column 6: `@` has no meaning/],
    ["r1 = atomic64_fetch_add((u32 *)(r2 +0), r1)", /atomic64_ goes with u64/],
  ])("%s", (text, expected) => {
    expect(() => bpf.asm(text)).toThrow(SyntaxError);
    expect(() => bpf.asm(text)).toThrow(expected);
  });
});

describe("what the disassembler prints assembles to the same bytes", () => {
  const register = fc.integer({ min: 0, max: 9 });
  const size = fc.constantFrom<InsnSize>("B", "H", "W", "DW");
  const off = fc.integer({ min: -0x8000, max: 0x7fff });
  const imm = fc.integer();
  const operation = fc.constantFrom(..."+ - * / s/ | & << >> % s% ^ = s>>".split(" "));
  const condition = fc.constantFrom(..."== > >= & != s> s>= < <= s< s<=".split(" "));
  const atomic = fc.constantFrom(
    ..."+ | & ^ fetch_add fetch_or fetch_and fetch_xor xchg cmpxchg".split(" "),
  );
  const ordered = fc.constantFrom("load_acquire", "store_release");
  const width = fc.constantFrom(16, 32, 64);
  const one = (arbitrary: fc.Arbitrary<Insn>) => arbitrary.map((insn): readonly Insn[] => [insn]);

  const anyInsn = fc.oneof(
    one(fc.tuple(operation, register, register).map((a) => build.alu64Reg(...a))),
    one(fc.tuple(operation, register, imm).map((a) => build.alu64Imm(...a))),
    one(fc.tuple(operation, register, register).map((a) => build.alu32Reg(...a))),
    one(fc.tuple(operation, register, imm).map((a) => build.alu32Imm(...a))),
    one(register.map((r) => build.neg64(r))),
    one(register.map((r) => build.neg32(r))),
    one(
      fc.tuple(register, register, fc.constantFrom(8, 16, 32)).map((a) => build.movsx64Reg(...a)),
    ),
    one(fc.tuple(register, register, fc.constantFrom(8, 16)).map((a) => build.movsx32Reg(...a))),
    one(fc.tuple(register, width).map((a) => build.toBe(...a))),
    one(fc.tuple(register, width).map((a) => build.toLe(...a))),
    one(fc.tuple(register, width).map((a) => build.bswap(...a))),
    fc
      .tuple(register, fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }))
      .map((a) => build.ldImm64(...a)),
    one(fc.tuple(fc.constantFrom<InsnSize>("B", "H", "W"), imm).map((a) => build.ldAbs(...a))),
    one(
      fc
        .tuple(fc.constantFrom<InsnSize>("B", "H", "W"), register, imm)
        .map((a) => build.ldInd(...a)),
    ),
    one(fc.tuple(size, register, register, off).map((a) => build.ldxMem(...a))),
    one(
      fc
        .tuple(fc.constantFrom<InsnSize>("B", "H", "W"), register, register, off)
        .map((a) => build.ldxMemsx(...a)),
    ),
    one(fc.tuple(size, register, register, off).map((a) => build.stxMem(...a))),
    one(fc.tuple(size, register, off, imm).map((a) => build.stMem(...a))),
    one(
      fc
        .tuple(fc.constantFrom<InsnSize>("W", "DW"), atomic, register, register, off)
        .map((a) => build.atomicOp(...a)),
    ),
    one(fc.tuple(size, ordered, register, register, off).map((a) => build.atomicOp(...a))),
    one(fc.tuple(condition, register, register, off).map((a) => build.jmpReg(...a))),
    one(fc.tuple(condition, register, imm, off).map((a) => build.jmpImm(...a))),
    one(fc.tuple(condition, register, register, off).map((a) => build.jmp32Reg(...a))),
    one(fc.tuple(condition, register, imm, off).map((a) => build.jmp32Imm(...a))),
    one(off.map((distance) => build.jmpA(distance))),
    one(imm.map((distance) => build.jmp32A(distance))),
    one(off.map((distance) => build.mayGoto(distance))),
    one(fc.integer({ min: 1, max: 211 }).map((id) => build.call(id))),
    one(imm.map((distance) => build.callRel(distance))),
    one(fc.constant(build.exit())),
  );

  test("for random programs", () => {
    const roundTrip = fc.property(fc.array(anyInsn, { minLength: 1, maxLength: 12 }), (parts) => {
      const program = bpf.program(...parts);
      const again = bpf.asm(`${program.text()}\n`);
      expect(again.insns).toEqual(program.insns);
      expect(bpf.disassemble(program.bytes())).toBe(program.text());
    });
    fc.assert(roundTrip, { numRuns: 500 });
  });

  test("maps keep their names", () => {
    const text = "r1 = map[counts]\nr2 = map_value[table]+8\nexit";
    expect(bpf.asm(text).text()).toBe(text);
  });
});
