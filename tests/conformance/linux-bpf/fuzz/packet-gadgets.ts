/** Packets, helpers with sizes, calls of functions. */
import { insnBuilders as build } from "../../../../kernel-sim/bpf/builder.ts";
import { access, bound, leave, nested, variableAccess } from "./gadgets.ts";
import {
  type Gadget,
  type Generator,
  helperId,
  type Kind,
  type WeightedGadget,
} from "./generator.ts";

/** Where the context has its pointers to the packet. */
function packetFields(g: Generator): { data: number; end: number; meta: number } {
  return g.type === "xdp" ? { data: 0, end: 4, meta: 8 } : { data: 76, end: 80, meta: 140 };
}

const packet: Gadget = (g) => {
  const { code, dice } = g;
  const ctx = g.find("ctx");
  if (ctx < 0 || (g.type === "socket_filter" && dice.percent(95))) return;
  const fields = packetFields(g);
  const isMeta = dice.percent(8);
  const data = dice.between(0, 5);
  const end = dice.between(0, 5);
  const probe = dice.between(0, 5);
  if (data === end || probe === end || data === ctx || end === ctx || probe === ctx) return;
  code.emit(
    build.ldxMem("W", data, ctx, isMeta ? fields.meta : fields.data),
    build.ldxMem("W", end, ctx, isMeta ? fields.data : fields.end),
  );
  const length = dice.pick([1, 4, 8, 14, 14, 20, 34, 64]);
  if (probe !== data || dice.percent(20)) {
    code.emit(build.mov64Reg(probe, data), build.alu64Imm("+", probe, length));
  }
  g.set(data, "pkt");
  g.set(end, "end");
  g.set(probe, "pkt");
  if (dice.percent(30)) {
    const index = g.scalar();
    if (![data, end, probe, ctx].includes(index)) {
      bound(g, index, dice.pick([4, 16, 64, 1500, 0xffff]), leave);
      code.emit(build.alu64Reg("+", probe, index));
      if (dice.percent(60)) code.emit(build.mov64Reg(data, probe));
      if (dice.percent(60)) code.emit(build.alu64Imm("+", probe, dice.below(20)));
    }
  }
  const inside = code.label();
  const [left, condition, right] = dice.pick([
    [probe, "<=", end],
    [probe, "<=", end],
    [probe, "<", end],
    [end, ">=", probe],
    [end, ">", probe],
  ] as const);
  if (dice.percent(92)) {
    code.jump(build.jmpReg(condition, left, right, 0), inside);
    leave(g);
    code.place(inside);
  }
  const use = dice.below(6);
  if (use < 2) access(g, data, length);
  else if (use < 4) {
    const dst = g.target();
    code.emit(build.ldxMem(dice.pick(["B", "H", "W"]), dst, data, dice.below(length)));
    g.set(dst, "scalar");
  } else if (use === 4) variableAccess(g, data, length);
  if (dice.percent(10)) adjust(g, ctx);
};

/** Helpers that move the packet: no pointer into it is good afterwards. */
function adjust(g: Generator, ctx: number): void {
  const { code, dice } = g;
  if (ctx < 6) return;
  const isXdp = g.type === "xdp";
  code.emit(build.mov64Reg(1, ctx), build.mov64Imm(2, dice.pick([0, 4, 8, -4, 14])));
  code.emit(
    build.call(
      helperId(isXdp ? dice.pick(["xdp_adjust_head", "xdp_adjust_tail"]) : "skb_pull_data"),
    ),
  );
  g.forgetCallerSaved();
  g.set(0, "scalar");
  if (dice.percent(90)) {
    g.kinds = g.kinds.map((kind) => (kind === "pkt" || kind === "end" ? "none" : kind));
  }
}

/** A helper that takes memory and its size, the size from a range. */
const sized: Gadget = (g) => {
  const { code, dice } = g;
  const room = dice.pick([8, 16, 32, 64]);
  const ctx = g.find("ctx");
  const size = dice.between(6, 9);
  if (g.kinds[size] === "ctx") return;
  const helper = dice.weighted([
    [4, "load_bytes"],
    [3, "csum_diff"],
    [2, "probe_read_kernel"],
    [1, "strtol"],
  ]);
  if (helper === "load_bytes" && ctx < 6) return;
  code.emit(build.mov64Reg(size, g.scalar()));
  g.set(size, "scalar");
  if (dice.percent(90)) bound(g, size, room + dice.pick([0, 0, 1]), leave);
  if (dice.percent(30)) code.emit(build.alu64Imm("&", size, dice.pick([0x3c, 0x1c, 0x7c, 0x1f])));
  if (helper === "load_bytes" && dice.percent(70)) {
    const some = code.label();
    code.jump(build.jmpImm(dice.pick(["!=", ">"]), size, 0, 0), some);
    leave(g);
    code.place(some);
  }
  for (let off = 8; off <= room && dice.percent(60); off += 8) {
    code.emit(build.stMem("DW", 10, -off, dice.below(3)));
    g.slots.set(-off, "scalar");
  }
  const memory = (reg: number) => {
    if (dice.percent(25)) code.emit(build.ldMapValue(reg, 0, 0));
    else code.emit(build.mov64Reg(reg, 10), build.alu64Imm("+", reg, -room));
  };
  if (helper === "load_bytes") {
    code.emit(build.mov64Reg(1, ctx), build.mov64Imm(2, dice.below(16)));
    memory(3);
    code.emit(build.mov64Reg(4, size));
    code.emit(build.call(helperId(g.type === "xdp" ? "xdp_load_bytes" : "skb_load_bytes")));
  } else if (helper === "csum_diff") {
    memory(1);
    code.emit(build.mov64Reg(2, size));
    if (dice.percent(50)) code.emit(build.mov64Imm(3, 0), build.mov64Imm(4, 0));
    else {
      memory(3);
      code.emit(build.mov64Imm(4, dice.pick([0, 4, 8, room])));
    }
    code.emit(build.mov64Imm(5, dice.imm()), build.call(helperId("csum_diff")));
  } else if (helper === "probe_read_kernel") {
    memory(1);
    code.emit(build.mov64Reg(2, size));
    code.emit(build.ldMapValue(3, 0, 0), build.call(helperId("probe_read_kernel")));
  } else {
    memory(1);
    code.emit(build.mov64Reg(2, size), build.mov64Imm(3, dice.pick([0, 8, 10, 16])));
    code.emit(build.mov64Reg(4, 10), build.alu64Imm("+", 4, -room - 8));
    code.emit(build.call(helperId("strtol")));
  }
  g.forgetCallerSaved();
  g.set(0, "scalar");
};

const simpleHelper: Gadget = (g) => {
  const { code, dice } = g;
  const helper = dice.pick(["get_prandom_u32", "get_smp_processor_id", "jiffies64"]);
  code.emit(build.call(helperId(helper)));
  g.forgetCallerSaved();
  g.set(0, "scalar");
};

/** Spills around a call whose callee keeps registers when nobody looks. */
const fastcall: Gadget = (g) => {
  const { code, dice } = g;
  const reg = dice.between(1, 5);
  if (g.kinds[reg] === "none") code.emit(build.mov64Imm(reg, dice.imm()));
  const off = -8 * dice.between(8, 40);
  code.emit(build.stxMem("DW", 10, reg, off));
  const kept = g.kinds[reg] as Kind;
  code.emit(build.call(helperId("get_smp_processor_id")));
  const isSame = dice.percent(85);
  code.emit(
    build.ldxMem("DW", isSame ? reg : dice.between(1, 5), 10, dice.percent(92) ? off : off + 8),
  );
  g.forgetCallerSaved();
  g.set(0, "scalar");
  if (isSame) g.set(reg, kept === "none" ? "scalar" : kept);
};

const update: Gadget = (g) => {
  const { code, dice } = g;
  const map = dice.pick([0, 1, 1]);
  const bytes = map === 0 ? 64 : 16;
  code.emit(build.stMem("W", 10, -4, dice.below(8)));
  for (let off = 8; off <= bytes; off += 8) {
    if (dice.percent(97)) code.emit(build.stMem("DW", 10, -8 - off, dice.imm()));
    g.slots.set(-8 - off, "scalar");
  }
  code.emit(build.ldMapFd(1, map), build.mov64Reg(2, 10), build.alu64Imm("+", 2, -4));
  code.emit(build.mov64Reg(3, 10), build.alu64Imm("+", 3, -8 - bytes));
  code.emit(build.mov64Imm(4, dice.below(4)), build.call(helperId("map_update_elem")));
  g.forgetCallerSaved();
  g.set(0, "scalar");
};

/** A call of a function that is written later, or of one that is known already. */
const call: Gadget = (g) => {
  const { code, dice } = g;
  if (g.depth > 5) return;
  const known = g.pending.filter(({ depth }) => depth > g.depth);
  const isNew = known.length === 0 || dice.percent(70);
  const count = dice.below(4);
  const callee = isNew
    ? {
        label: code.label(),
        depth: g.depth + 1,
        args: Array.from({ length: count }, () =>
          dice.pick<Kind>(["scalar", "scalar", "fp", "mapval", "ctx"]),
        ),
      }
    : dice.pick(known);
  if (isNew && g.pending.length > 4) return;
  for (const [i, kind] of callee.args.entries()) {
    const reg = i + 1;
    if (kind === "fp") {
      if (dice.percent(80)) code.emit(build.stMem("DW", 10, -16, dice.imm()));
      code.emit(build.mov64Reg(reg, 10), build.alu64Imm("+", reg, dice.pick([-16, -8, -32])));
    } else if (kind === "mapval") code.emit(build.ldMapValue(reg, 0, dice.pick([0, 8])));
    else if (kind === "ctx") {
      const ctx = g.find("ctx");
      code.emit(ctx < 0 ? build.mov64Imm(reg, 0) : build.mov64Reg(reg, ctx));
      if (ctx >= 1 && ctx <= i) return;
    } else {
      const from = g.find("scalar", "small");
      code.emit(from < 6 ? build.mov64Imm(reg, dice.imm()) : build.mov64Reg(reg, from));
    }
  }
  if (isNew) g.pending.push(callee);
  code.jump(build.callRel(0), callee.label, "imm");
  g.forgetCallerSaved();
  g.set(0, "scalar");
};

/** Loads that end the program when the packet is too short. */
const loadAbs: Gadget = (g) => {
  const { code, dice } = g;
  if (g.type === "xdp" || g.kinds[6] !== "ctx") return;
  const size = dice.pick(["B", "H", "W"] as const);
  if (dice.percent(70))
    code.emit(build.ldAbs(size, dice.pick([0, 12, 13, 14, 23, 60, -0x10_0000])));
  else code.emit(build.ldInd(size, g.scalar(), dice.below(16)));
  g.forgetCallerSaved();
  g.set(0, "scalar");
};

const early: Gadget = (g) => {
  const { code, dice } = g;
  const on = code.label();
  code.jump(build.jmpImm(dice.pick(["!=", "==", "s>"]), g.scalar(), dice.imm(), 0), on);
  nested(g, 1);
  leave(g);
  code.place(on);
};

export const PACKET_GADGETS: readonly WeightedGadget[] = [
  [9, packet],
  [6, sized],
  [4, simpleHelper],
  [4, fastcall],
  [2, update],
  [6, call],
  [3, loadAbs],
  [3, early],
];
