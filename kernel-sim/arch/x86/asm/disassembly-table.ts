/**
 * What instructions are called and which operands they show, by opcode, as objdump has it.
 *
 * A row is `name operands`, names for both syntaxes parted by `|` (AT&T first). A capital at the end
 * of a name stands for AT&T's suffix: `B`, `W`, `V` (w or l) and `L` only when no register tells the
 * size, `A` (w with 16 bits), `P` (the same, in memory), `S` (always, w or l; the letter of Intel's name is w or d).
 *
 * Operands: `E` ModRM's `rm`, `G` its `reg`, `M` memory alone, `Z` a register in the opcode, `I` a
 * number, `sIb` one that is extended by its sign, `J` a distance, `O` an offset, `X` and `Y` the
 * source and target of string instructions, `S C D` segment, control and debug registers, `A` a far
 * pointer; then the size: `b`, `w`, `d`, `q`, `p` (far), or `v` for the operand size.
 */

const ONE = `
00 ADD*
06 pushA es
07 popA es
08 OR*
0e pushA cs
10 ADC*
16 pushA ss
17 popA ss
18 SBB*
1e pushA ds
1f popA ds
20 AND*
27 daa
28 SUB*
2f das
30 XOR*
37 aaa
38 CMP*
3f aas
40+ inc Zv
48+ dec Zv
50+ push Zv
58+ pop Zv
60 pushaA
61 popaA
62 bound Gv,Ma
63 arpl Ew,Gw
68 pushA Iv
69 imul Gv,Ev,Iv
6a pushA sIb
6b imul Gv,Ev,sIb
6c insb|ins Yb,dx
6d insS|ins Yv,dx
6e outsb|outs dx,Xb
6f outsS|outs dx,Xv
80 group1B Eb,Ib
81 group1V Ev,Iv
82 group1B Eb,Ib
83 group1V Ev,sIb
84 test Eb,Gb
85 test Ev,Gv
86 xchg Eb,Gb
87 xchg Ev,Gv
88 mov Eb,Gb
89 mov Ev,Gv
8a mov Gb,Eb
8b mov Gv,Ev
8c mov Evw,Sw
8d lea Gv,M
8e mov Sw,Evw
8f popP Ev
91+ xchg Zv,ax
98 cwtl|cwde
99 cltd|cdq
9a lcall|call Ap
9b fwait
9c pushfA
9d popfA
9e sahf
9f lahf
a0 mov al,Ob
a1 mov ax,Ov
a2 mov Ob,al
a3 mov Ov,ax
a4 movsb|movs Yb,Xb
a5 movsS|movs Yv,Xv
a6 cmpsb|cmps Xb,Yb
a7 cmpsS|cmps Xv,Yv
a8 test al,Ib
a9 test ax,Iv
aa stos Yb,al
ab stos Yv,ax
ac lods al,Xb
ad lods ax,Xv
ae scas al,Yb
af scas ax,Yv
b0+ mov Zb,Ib
b8+ mov Zv,Iv
c0 group2B Eb,Ib
c1 group2V Ev,Ib
c2 retA Iw
c3 retA
c4 les Gv,Mp
c5 lds Gv,Mp
c6 movB Eb,Ib
c7 movV Ev,Iv
c8 enterA Iw,Ib
c9 leaveA
ca lretA|retfA Iw
cb lretA|retfA
cc int3
cd int Ib
ce into
cf iretA
d0 group2B Eb,1
d1 group2V Ev,1
d2 group2B Eb,cl
d3 group2V Ev,cl
d4 aam Ib
d5 aad Ib
d7 xlat xlat
e0 loopne Jb
e1 loope Jb
e2 loop Jb
e3 jecxz Jb
e4 in al,Ib
e5 in ax,Ib
e6 out Ib,al
e7 out Ib,ax
e8 callA Jv
e9 jmpA Jv
ea ljmp|jmp Ap
eb jmp Jb
ec in al,dx
ed in ax,dx
ee out dx,al
ef out dx,ax
f1 int1
f4 hlt
f5 cmc
f6 group3B Eb
f7 group3V Ev
f8 clc
f9 stc
fa cli
fb sti
fc cld
fd std
fe group4B Eb
ff group5
`;

const TWO = `
00 group6
01 group7
02 lar Gv,Evw
03 lsl Gv,Evw
06 clts
08 invd
09 wbinvd
0b ud2
0d prefetchw M
18 prefetch M
1e hint
1f nopV Ev
20 mov Rd,Cd
21 mov Rd,Dd
22 mov Cd,Rd
23 mov Dd,Rd
30 wrmsr
31 rdtsc
32 rdmsr
34 sysenter
35 sysexit
a0 pushA fs
a1 popA fs
a2 cpuid
a3 btV Ev,Gv
a4 shld Ev,Gv,Ib
a5 shld Ev,Gv,cl
a8 pushA gs
a9 popA gs
ab btsV Ev,Gv
ac shrd Ev,Gv,Ib
ad shrd Ev,Gv,cl
ae group15
af imul Gv,Ev
b0 cmpxchg Eb,Gb
b1 cmpxchg Ev,Gv
b2 lss Gv,Mp
b3 btrV Ev,Gv
b4 lfs Gv,Mp
b5 lgs Gv,Mp
b6 movzbS|movzx Gv,Eb
b7 movzwS|movzx Gv,Ew
b8 popcnt Gv,Ev
b9 ud1 Gv,Ev
ba group8V Ev,Ib
bb btcV Ev,Gv
bc bsf Gv,Ev
bd bsr Gv,Ev
be movsbS|movsx Gv,Eb
bf movswS|movsx Gv,Ew
c0 xadd Eb,Gb
c1 xadd Ev,Gv
c3 movnti Md,Gd
c7 group9
c8+ bswap Zv
ff ud0 Gv,Ev
`;

const CONDITIONS = [
  ...["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"],
];

/** The operations of the groups, by ModRM's `reg`; "" is not an instruction. */
export const GROUPS: Readonly<Record<string, readonly string[]>> = {
  group1: ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"],
  group2: ["rol", "ror", "rcl", "rcr", "shl", "shr", "shl", "sar"],
  group3: ["test", "test", "not", "neg", "mul", "imul", "div", "idiv"],
  group4: ["inc", "dec", "", "", "", "", "", ""],
  group5: [
    ...["incV Ev", "decV Ev", "call Ev", "lcall|call Mp", "jmp Ev", "ljmp|jmp Mp", "pushP Ev", ""],
  ],
  group6: ["sldt Svw", "str Svw", "lldt Ew", "ltr Ew", "verr Ew", "verw Ew", "", ""],
  group7: [
    ...["sgdtS M", "sidtS M", "lgdtS M", "lidtS M", "smsw Svw", "rstorssp Mq", "lmsw Ew"],
    "invlpg Mb",
  ],
  group8: ["", "", "", "", "bt", "bts", "btr", "btc"],
};

export const ONE_BYTE: readonly (string | undefined)[] = build(ONE);
export const TWO_BYTE: readonly (string | undefined)[] = build(TWO);

function build(rows: string): (string | undefined)[] {
  const table: (string | undefined)[] = [];
  for (let i = 0; i < 256; i++) table.push(undefined);
  for (const line of rows.trim().split("\n")) {
    const cut = line.indexOf(" ");
    const first = Number.parseInt(line, 16);
    const row = line.slice(cut + 1);
    const isRange = line.slice(0, cut).endsWith("+");
    if (row.endsWith("*")) {
      const name = row.slice(0, -1).toLowerCase();
      const operands = ["Eb,Gb", "Ev,Gv", "Gb,Eb", "Gv,Ev", "al,Ib", "ax,Iv"];
      operands.forEach((kinds, i) => {
        table[first + i] = `${name} ${kinds}`;
      });
      continue;
    }
    // Of eight registers one may have a row of its own: 90 is NOP.
    const last = isRange ? first | 7 : first;
    for (let opcode = first; opcode <= last; opcode++) table[opcode] = row;
  }
  CONDITIONS.forEach((name, cc) => {
    if (rows === ONE) table[0x70 + cc] = `j${name} Jb`;
    else {
      table[0x40 + cc] = `cmov${name} Gv,Ev`;
      table[0x80 + cc] = `j${name} Jv`;
      table[0x90 + cc] = `set${name} Eb`;
    }
  });
  if (rows === ONE) table[0x90] = "nop";
  return table;
}
