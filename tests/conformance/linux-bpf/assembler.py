"""Assembles the notations of the corpus and of the verifier's log.

`r1 = map[0]`, `r1 = mapval[0] + 4`, `call map_lookup_elem`, `kfunc bpf_throw`, `call fn f`, `r2 = func callback`,
`lock add u64 (r1 + 0) r7`, `r0 = *(u8 *)skb[14]`, `.raw 0xb7 0 0 0 1` (code, dst, src, off, imm), labels `out: exit`,
and as the log has it: `lock *(u64 *)(r1 +0) += r2`, `call bpf_map_lookup_elem#1`, `goto pc+3`, `r1 = 0x5 ll`.
"""
import re
import struct

import names

ALU = {"+": 0, "-": 1, "*": 2, "/": 3, "|": 4, "&": 5, "<<": 6, ">>": 7, "%": 9, "^": 10, "": 11, "s>>": 12}
SIGNED = {"s/": 3, "s%": 9}
JUMPS = {"==": 1, ">": 2, ">=": 3, "&": 4, "!=": 5, "s>": 6, "s>=": 7, "<": 10, "<=": 11, "s<": 12, "s<=": 13}
SIZES = {"8": 0x10, "16": 0x08, "32": 0x00, "64": 0x18}
ATOMICS = {"add": 0, "or": 0x40, "and": 0x50, "xor": 0xA0, "xchg": 0xE1, "cmpxchg": 0xF1}
LOCKED = {"+=": "add", "|=": "or", "&=": "and", "^=": "xor"}

REG = r"[rw](\d+)"
NUM = r"([-+]?\s*(?:0x[0-9a-f]+|\d+))"
PLACE = r"\(\s*r(\d+)\s*(?:" + NUM + r")?\s*\)"
TARGET = r"(\S+)"


def number(text):
    return int(re.sub(r"\s", "", text or "0"), 0)


def as_s32(value):
    return (value & 0xFFFFFFFF ^ 0x80000000) - 0x80000000


def insn(code, dst=0, src=0, off=0, imm=0):
    return struct.pack("<BBhi", code, int(dst) | int(src) << 4, off, as_s32(imm))


def wide(dst, src, low, high=0):
    return insn(0x18, dst, src, 0, low) + insn(0, 0, 0, 0, high)


class Assembler:
    def __init__(self):
        self.kfuncs = {}
        self.labels = {}
        self.pc = 0

    def assemble(self, lines):
        if isinstance(lines, str):
            lines = [line for line in lines.split("\n")]
        statements = [statement for line in lines for statement in self.statements(line)]
        for pass_ in range(2):
            self.pc, code, self.is_last = 0, [], pass_ == 1
            for label, text in statements:
                if label:
                    self.labels[label] = self.pc
                if text:
                    code.append(self.one(text))
                    self.pc += len(code[-1]) // 8
        return b"".join(code)

    def statements(self, line):
        text = re.sub(r"(//|;).*$", "", line).strip()
        text = re.sub(r"^\d+: ", "", text)
        while match := re.match(r"([A-Za-z_]\w*)\s*:\s*(.*)$", text):
            yield match[1], None
            text = match[2]
        if text:
            yield None, text

    def target(self, text, base=None):
        """The distance to a label, or the one that is written."""
        base = self.pc + 1 if base is None else base
        text = text.removeprefix("pc")
        if re.fullmatch(NUM, text):
            return number(text)
        if text in self.labels:
            return self.labels[text] - base
        if self.is_last:
            raise ValueError(f"no label {text}")
        return 0

    def one(self, text):
        for form, build in FORMS:
            if match := form.fullmatch(text):
                return build(self, *match.groups())
        raise ValueError(f"cannot read: {text}")

    def kfunc(self, name):
        imm = number(name) if re.fullmatch(NUM, name) else names.function(name)
        if not re.fullmatch(NUM, name):
            self.kfuncs[str(imm)] = name
        return insn(0x85, 0, 2, 0, imm)

    def call(self, name):
        if re.match(r"pc[+-]", name):
            return insn(0x85, 0, 1, 0, self.target(name))
        id_ = names.helper(name)
        if id_ is None:
            raise ValueError(f"no helper {name}")
        return insn(0x85, 0, 0, 0, id_)


def alu(_, kind, dst, op, src_kind, src, imm):
    code = 7 if kind == "r" else 4
    off = 1 if op in SIGNED else 0
    code |= (SIGNED | ALU)[op] << 4
    return insn(code | 8, dst, src, off) if src_kind else insn(code, dst, 0, off, number(imm))


def jump_if(asm, kind, dst, op, src, imm, target):
    code = (5 if kind == "r" else 6) | JUMPS[op] << 4
    off = asm.target(target)
    return insn(code | 8, dst, src, off) if src else insn(code, dst, 0, off, number(imm))


def load(_, kind, dst, sign, size, src, off):
    return insn((0x81 if sign == "s" else 0x61) | SIZES[size], dst, src, number(off))


def store(_, size, dst, off, src, imm):
    return insn(0x63 | SIZES[size], dst, src, number(off)) if src else insn(0x62 | SIZES[size], dst, 0, number(off), number(imm))


def atomic(size, dst, off, src, imm):
    return insn(0xC3 | SIZES[size], dst, src, number(off), imm)


def swap(_, dst, kind, bits, __):
    code = {"le": 0xD4, "be": 0xDC, "bswap": 0xD7}[kind]
    return insn(code, dst, 0, 0, int(bits))


FORMS = [
    (re.compile(form), build)
    for form, build in [
        (r"exit", lambda _: insn(0x95)),
        (rf"([rw])(\d+) (s?[-+*/|&<>%^]*)= ?(?:([rw])(\d+)|{NUM})", alu),
        (r"([rw])(\d+) = -[rw](\d+)", lambda _, kind, dst, __: insn(0x87 if kind == "r" else 0x84, dst)),
        (r"([rw])(\d+) = ?\(s(\d+)\) ?[rw](\d+)", lambda _, kind, dst, bits, src: insn(0xBF if kind == "r" else 0xBC, dst, src, int(bits))),
        (r"r(\d+) = (le|be|bswap)(\d+) r(\d+)", swap),
        (rf"r(\d+) = addr_space_cast\(r(\d+), (\d+), (\d+)\)", lambda _, dst, src, to, of: insn(0xBF, dst, src, 1, int(to) << 16 | int(of))),
        (rf"r(\d+) = {NUM} ?ll", lambda _, dst, imm: wide(dst, 0, number(imm), number(imm) >> 32)),
        (rf"r(\d+) = map\[{NUM}\]", lambda _, dst, map_: wide(dst, 1, number(map_))),
        (rf"r(\d+) = mapval\[{NUM}\](?: ?{NUM})?", lambda _, dst, map_, off: wide(dst, 2, number(map_), number(off))),
        (r"r(\d+) = func (\S+)", lambda asm, dst, target: wide(dst, 4, asm.target(target))),
        (rf"(r)(\d+) = \*\(([us])(8|16|32|64) \*\){PLACE}", load),
        (rf"\*\(u(8|16|32|64) \*\){PLACE} = (?:r(\d+)|{NUM})", store),
        (rf"r0 = \*\(u(8|16|32) \*\)skb\[{NUM}\]", lambda _, size, imm: insn(0x20 | SIZES[size], 0, 0, 0, number(imm))),
        (rf"r0 = \*\(u(8|16|32) \*\)skb\[r(\d+)(?: ?{NUM})?\]", lambda _, size, src, imm: insn(0x40 | SIZES[size], 0, src, 0, number(imm))),
        (rf"lock (add|or|and|xor) u(8|16|32|64) {PLACE},? r(\d+)", lambda _, op, size, dst, off, src: atomic(size, dst, off, src, ATOMICS[op])),
        (rf"lock \*\(u(8|16|32|64) \*\){PLACE} ([+|&^]=) r(\d+)", lambda _, size, dst, off, op, src: atomic(size, dst, off, src, ATOMICS[LOCKED[op]])),
        (rf"fetch_(add|or|and|xor) u(8|16|32|64) {PLACE},? r(\d+)", lambda _, op, size, dst, off, src: atomic(size, dst, off, src, ATOMICS[op] | 1)),
        (rf"(xchg|cmpxchg) u(8|16|32|64) {PLACE},? r(\d+)", lambda _, op, size, dst, off, src: atomic(size, dst, off, src, ATOMICS[op])),
        (rf"r(\d+) = load_acquire u(8|16|32|64) {PLACE}", lambda _, dst, size, src, off: atomic(size, dst, off, src, 0x100)),
        (rf"store_release u(8|16|32|64) {PLACE},? r(\d+)", lambda _, size, dst, off, src: atomic(size, dst, off, src, 0x110)),
        (rf"if ([rw])(\d+) (s?[<>]=?|==|!=|&) (?:[rw](\d+)|{NUM}) goto {TARGET}", jump_if),
        (rf"goto {TARGET}", lambda asm, target: insn(5, 0, 0, asm.target(target))),
        (rf"gotol {TARGET}", lambda asm, target: insn(6, 0, 0, 0, asm.target(target))),
        (rf"may_goto {TARGET}", lambda asm, target: insn(0xE5, 0, 0, asm.target(target))),
        (rf"call fn {TARGET}", lambda asm, target: insn(0x85, 0, 1, 0, asm.target(target))),
        (rf"kfunc (\S+)", lambda asm, name: asm.kfunc(name)),
        (rf"call #?{NUM}", lambda _, imm: insn(0x85, 0, 0, 0, number(imm))),
        (r"call ([\w+-]+)(?:#\d+)?", lambda asm, name: asm.call(name)),
        (rf"\.raw {NUM} {NUM} {NUM} {NUM} {NUM}", lambda _, *five: insn(*map(number, five))),
    ]
]
