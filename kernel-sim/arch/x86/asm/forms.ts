/**
 * The instructions that the assembler knows: for each name its forms, operands in Intel's order,
 * the shortest first.
 *
 * Operands: `r`, `rm`, `m` are a register, either, memory, of 8, 16, 32 bits, or of the operand size
 * (`v`); `acc` is AL, AX or EAX; `imms` is a number that fits 8 signed bits; `off` is memory without
 * registers. Encoding: bytes, then `/r` or `/0` to `/7` for ModRM, `+r` for a register in the
 * opcode, `ib`, `iw`, `iv` for numbers, `jv` and `jb` for distances.
 *
 * @spec Intel SDM vol. 2
 */

export interface Form {
  readonly operands: readonly string[];
  readonly bytes: readonly number[];
  /** F2 or F3 that belongs to the opcode: it stands behind the operand-size prefix. */
  readonly prefix: number | undefined;
  /** What ModRM's `reg` holds: an operand ("r"), or part of the opcode. */
  readonly modrm: "r" | number | undefined;
  readonly plusRegister: boolean;
  readonly tail: readonly string[];
  /** The operand size: "v" is that of the operands. */
  readonly size: 8 | 16 | 32 | "v" | 0;
}

const CONDITIONS = [
  ...["o", "no", "b,c,nae", "ae,nb,nc", "e,z", "ne,nz", "be,na", "a,nbe"],
  ...["s", "ns", "p,pe", "np,po", "l,nge", "ge,nl", "le,ng", "g,nle"],
];

/** Lines: names, then forms parted by semicolons. */
const ROWS = `
mov: acc8,off8 a0; accv,offv a1; off8,acc8 a2; offv,accv a3; rm8,r8 88 /r; rmv,rv 89 /r; r8,rm8 8a /r; rv,rmv 8b /r; r8,imm8 b0 +r ib; rv,immv b8 +r iv; rm8,imm8 c6 /0 ib; rmv,immv c7 /0 iv; r32,sreg 8c /r; m16,sreg 8c /r !; r16,sreg 8c /r; sreg,r32 8e /r !; sreg,rm16 8e /r !; r32,cr 0f 20 /r !; cr,r32 0f 22 /r !; r32,dr 0f 21 /r !; dr,r32 0f 23 /r !
test: rm8,r8 84 /r; rmv,rv 85 /r; r8,m8 84 /r; rv,mv 85 /r; acc8,imm8 a8 ib; accv,immv a9 iv; rm8,imm8 f6 /0 ib; rmv,immv f7 /0 iv
xchg: accv,rv 90 +r; rv,accv 90 +r; rm8,r8 86 /r; rmv,rv 87 /r; r8,m8 86 /r; rv,mv 87 /r
lea: rv,m 8d /r
inc: rv 40 +r; rm8 fe /0; rmv ff /0
dec: rv 48 +r; rm8 fe /1; rmv ff /1
push: rv 50 +r; es 06; cs 0e; ss 16; ds 1e; fs 0f a0; gs 0f a8; immsv 6a ib; immv 68 iv; rmv ff /6
pop: rv 58 +r; es 07; ss 17; ds 1f; fs 0f a1; gs 0f a9; rmv 8f /0
imul: rv,rmv 0f af /r; rv,rmv,imms 6b /r ib; rv,rmv,immv 69 /r iv; rv,imms 6b /r ib; rv,immv 69 /r iv; rm8 f6 /5; rmv f7 /5
shld: rmv,rv,imm8 0f a4 /r ib; rmv,rv,cl 0f a5 /r; rmv,rv 0f a5 /r
shrd: rmv,rv,imm8 0f ac /r ib; rmv,rv,cl 0f ad /r; rmv,rv 0f ad /r
bsf: rv,rmv 0f bc /r
bsr: rv,rmv 0f bd /r
popcnt: rv,rmv f3 0f b8 /r
movzx: rv,rm8 0f b6 /r; r32,rm16 0f b7 /r
movsx: rv,rm8 0f be /r; r32,rm16 0f bf /r
cmpxchg: rm8,r8 0f b0 /r; rmv,rv 0f b1 /r
xadd: rm8,r8 0f c0 /r; rmv,rv 0f c1 /r
cmpxchg8b: m64 0f c7 /1
bswap: r32 0f c8 +r
movnti: m32,r32 0f c3 /r
call: rel e8 jv; rm32 ff /2; far 9a iv iw; mfar ff /3
jmp: rel eb jb; rm32 ff /4; far ea iv iw; mfar ff /5
lcall: far 9a iv iw; mfar ff /3
ljmp: far ea iv iw; mfar ff /5
ret: - c3; imm16 c2 iw
lret,retf: - cb; imm16 ca iw
int: imm8 cd ib
loopne,loopnz: rel e0 jb
loope,loopz: rel e1 jb
loop: rel e2 jb
jecxz: rel e3 jb
jcxz: rel 67 e3 jb
enter: imm16,imm8 c8 iw ib
bound: rv,m 62 /r
les: rv,m c4 /r
lds: rv,m c5 /r
lss: rv,m 0f b2 /r
lfs: rv,m 0f b4 /r
lgs: rv,m 0f b5 /r
in: acc8,imm8 e4 ib; accv,imm8 e5 ib; acc8,dx ec; accv,dx ed
out: imm8,acc8 e6 ib; imm8,accv e7 ib; dx,acc8 ee; dx,accv ef
arpl: rm16,r16 63 /r !
aam: - d4 0a; imm8 d4 ib
aad: - d5 0a; imm8 d5 ib
sldt: r32 0f 00 /0; r16 0f 00 /0; m16 0f 00 /0 !
str: r32 0f 00 /1; r16 0f 00 /1; m16 0f 00 /1 !
lldt: rm16 0f 00 /2 !
ltr: rm16 0f 00 /3 !
verr: rm16 0f 00 /4 !
verw: rm16 0f 00 /5 !
sgdt: m 0f 01 /0
sidt: m 0f 01 /1
lgdt: m 0f 01 /2
lidt: m 0f 01 /3
smsw: r32 0f 01 /4; r16 0f 01 /4; m16 0f 01 /4 !
lmsw: rm16 0f 01 /6 !
invlpg: m 0f 01 /7
rstorssp: m64 f3 0f 01 /5
lar: rv,r32 0f 02 /r; rv,rm16 0f 02 /r
lsl: rv,r32 0f 03 /r; rv,rm16 0f 03 /r
rdsspd: r32 f3 0f 1e /1
incsspd: r32 f3 0f ae /5
clflush: m 0f ae /7
prefetcht0: m 0f 18 /1
nop: - 90; rmv 0f 1f /0
ud1: r32,rm32 0f b9 /r
movsb: - a4
movsw: - 66 a5
movsd,movsl: - a5
cmpsb: - a6
cmpsw: - 66 a7
cmpsd,cmpsl: - a7
stosb: - aa
stosw: - 66 ab
stosd,stosl: - ab
lodsb: - ac
lodsw: - 66 ad
lodsd,lodsl: - ad
scasb: - ae
scasw: - 66 af
scasd,scasl: - af
insb: - 6c
insw: - 66 6d
insd,insl: - 6d
outsb: - 6e
outsw: - 66 6f
outsd,outsl: - 6f
cbw,cbtw: - 66 98
cwde,cwtl: - 98
cwd,cwtd: - 66 99
cdq,cltd: - 99
pusha,pushad,pushal: - 60
pushaw: - 66 60
popa,popad,popal: - 61
popaw: - 66 61
pushf,pushfd,pushfl: - 9c
pushfw: - 66 9c
popf,popfd,popfl: - 9d
popfw: - 66 9d
iret,iretd,iretl: - cf
iretw: - 66 cf
daa: - 27
das: - 2f
aaa: - 37
aas: - 3f
wait,fwait: - 9b
sahf: - 9e
lahf: - 9f
leave: - c9
int3: - cc
into: - ce
xlat,xlatb: - d7
int1,icebp: - f1
hlt: - f4
cmc: - f5
clc: - f8
stc: - f9
cli: - fa
sti: - fb
cld: - fc
std: - fd
pause: - f3 90
clts: - 0f 06
invd: - 0f 08
wbinvd: - 0f 09
ud2: - 0f 0b
wrmsr: - 0f 30
rdtsc: - 0f 31
rdmsr: - 0f 32
sysenter: - 0f 34
sysexit: - 0f 35
cpuid: - 0f a2
clac: - 0f 01 ca
stac: - 0f 01 cb
rdtscp: - 0f 01 f9
saveprevssp: - f3 0f 01 ea
endbr32: - f3 0f 1e fb
lfence: - 0f ae e8
mfence: - 0f ae f0
sfence: - 0f ae f8
`;

/** Prefixes that are written as words of their own. */
export const PREFIXES: Readonly<Record<string, number>> = {
  ...{ lock: 0xf0, rep: 0xf3, repe: 0xf3, repz: 0xf3, repne: 0xf2, repnz: 0xf2 },
  ...{ data16: 0x66, addr16: 0x67, cs: 0x2e, ss: 0x36, ds: 0x3e, es: 0x26, fs: 0x64, gs: 0x65 },
};

export const FORMS: ReadonlyMap<string, readonly Form[]> = build();

function build(): Map<string, Form[]> {
  const forms = new Map<string, Form[]>();
  const add = (names: string, rows: string): void => {
    const parsed = rows.split(";").map(parseForm);
    for (const name of names.split(",")) forms.set(name, parsed);
  };
  for (const line of ROWS.trim().split("\n")) {
    const [names, rows] = line.split(": ");
    add(names!, rows!);
  }
  ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"].forEach((name, n) => {
    const op = (form: number): string => (n * 8 + form).toString(16).padStart(2, "0");
    add(
      name,
      `rm8,r8 ${op(0)} /r; rmv,rv ${op(1)} /r; r8,rm8 ${op(2)} /r; rv,rmv ${op(3)} /r; ` +
        `acc8,imm8 ${op(4)} ib; rmv,imms 83 /${n} ib; accv,immv ${op(5)} iv; ` +
        `rm8,imm8 80 /${n} ib; rmv,immv 81 /${n} iv`,
    );
  });
  ["rol", "ror", "rcl", "rcr", "shl,sal", "shr", "", "sar"].forEach((names, n) => {
    if (names === "") return;
    add(
      names,
      `rm8,1 d0 /${n}; rmv,1 d1 /${n}; rm8,cl d2 /${n}; rmv,cl d3 /${n}; ` +
        `rm8,imm8 c0 /${n} ib; rmv,imm8 c1 /${n} ib; rm8 d0 /${n}; rmv d1 /${n}`,
    );
  });
  const unary = { not: 2, neg: 3, mul: 4, div: 6, idiv: 7 };
  for (const [name, n] of Object.entries(unary)) add(name, `rm8 f6 /${n}; rmv f7 /${n}`);
  const bits = { bt: 4, bts: 5, btr: 6, btc: 7 };
  for (const [name, n] of Object.entries(bits)) {
    add(name, `rmv,rv 0f ${(0x83 + n * 8).toString(16)} /r; rmv,imm8 0f ba /${n} ib`);
  }
  CONDITIONS.forEach((names, cc) => {
    const digit = cc.toString(16);
    for (const name of names.split(",")) {
      add(`j${name}`, `rel 7${digit} jb`);
      add(`set${name}`, `rm8 0f 9${digit} /r0`);
      add(`cmov${name}`, `rv,rmv 0f 4${digit} /r`);
    }
  });
  return forms;
}

function parseForm(row: string): Form {
  const [operands, ...rest] = row.trim().split(" ");
  const bytes: number[] = [];
  const tail: string[] = [];
  let modrm: Form["modrm"];
  let plusRegister = false;
  let prefix: number | undefined;
  let isUnsized = false;
  for (const part of rest) {
    if (/^[0-9a-f]{2}$/.test(part)) {
      const byte = Number.parseInt(part, 16);
      if (byte === 0xf3 && bytes.length === 0 && rest.length > 2) prefix = byte;
      else bytes.push(byte);
    } else if (part === "/r") modrm = "r";
    else if (part === "/r0") modrm = 0;
    else if (part.startsWith("/")) modrm = Number(part[1]);
    else if (part === "+r") plusRegister = true;
    else if (part === "!") isUnsized = true;
    else tail.push(part);
  }
  const kinds = operands === "-" ? [] : operands!.split(",");
  return {
    ...{ operands: kinds, bytes, prefix, modrm, plusRegister, tail },
    size: isUnsized ? 0 : sizeOf(kinds),
  };
}

function sizeOf(operands: readonly string[]): Form["size"] {
  if (operands.some((kind) => kind.endsWith("v"))) return "v";
  if (operands.some((kind) => kind === "r16")) return 16;
  if (operands.some((kind) => kind.endsWith("8") && kind !== "imm8")) return 8;
  return 0;
}
