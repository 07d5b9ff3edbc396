import { O_CREAT, O_EXCL, O_TRUNC, O_WRONLY } from "../../include/uapi/fcntl.ts";
import type { Program } from "../program.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { fail } from "./io.ts";

const BLOCK = 512;
const SEEK_CUR = 1;
const EINVAL = -22;
const ESPIPE = -29;
const OPERANDS = "if of bs ibs obs count skip seek conv status iflag oflag".split(" ");
const CONVERSIONS = "notrunc sync noerror fsync fdatasync ucase lcase excl nocreat swab".split(" ");
/** By letter, as dd multiplies with them. */
const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  c: 1,
  w: 2,
  b: 512,
  K: 1024,
  k: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  kB: 1000,
  MB: 1e6,
  GB: 1e9,
};
const FLAGS: Readonly<Record<string, number>> = {
  append: 0o2000,
  direct: 0o40000,
  directory: 0o200000,
  dsync: 0o10000,
  noatime: 0o1000000,
  nofollow: 0o400000,
  nonblock: 0o4000,
  sync: 0o4010000,
};

class Counts {
  whole = 0;
  part = 0;

  get text(): string {
    return `${this.whole}+${this.part}`;
  }

  add(size: number, block: number): void {
    if (size === block) this.whole++;
    else this.part++;
  }
}

interface Plan {
  readonly values: ReadonlyMap<string, string>;
  readonly numbers: ReadonlyMap<string, number>;
  readonly conversions: ReadonlySet<string>;
}

/** What the operands ask for, or what is wrong with them. */
function planOf(args: readonly string[]): Plan | string {
  const values = new Map<string, string>();
  const numbers = new Map<string, number>();
  for (const arg of args) {
    const at = arg.indexOf("=");
    const name = arg.slice(0, Math.max(at, 0));
    const value = arg.slice(at + 1);
    const help = "\nTry 'dd --help' for more information.";
    if (!OPERANDS.includes(name)) return `unrecognized operand '${arg}'${help}`;
    values.set(name, value);
    if (/^(?:[io]?bs|count|skip|seek)$/.test(name)) {
      const number = numberOf(value);
      const isBlock = name.endsWith("bs");
      if (number === undefined || (isBlock && number === 0)) return `invalid number: '${value}'`;
      numbers.set(name, number);
    }
    if (name === "conv") {
      const wrong = value.split(",").find((each) => !CONVERSIONS.includes(each));
      if (wrong !== undefined) return `invalid conversion: '${wrong}'${help}`;
    }
    if (name === "status" && !/^(?:none|noxfer|progress)$/.test(value)) {
      return `invalid status level: '${value}'${help}`;
    }
    if (name === "iflag" || name === "oflag") {
      const wrong = value.split(",").find((each) => each !== "fullblock" && !(each in FLAGS));
      const what = name === "iflag" ? "input" : "output";
      if (wrong !== undefined) return `invalid ${what} flag: '${wrong}'${help}`;
    }
  }
  return { values, numbers, conversions: new Set(values.get("conv")?.split(",") ?? []) };
}

function numberOf(text: string): number | undefined {
  let product = 1;
  for (const factor of text.split("x")) {
    const found = /^(\d+)([a-zA-Z]*)$/.exec(factor);
    const unit = FACTORS[found?.[2] ?? "?"];
    if (found === null || unit === undefined) return undefined;
    product *= Number(found[1]) * unit;
  }
  return product;
}

/** dd [operand=value]...: copies by blocks, and counts whole and partial ones. */
export const dd: Program = function* dd(sys, argv) {
  const plan = planOf(argv.slice(1));
  if (typeof plan === "string") return yield* fail(sys, `dd: ${plan}`);
  const { values, numbers, conversions } = plan;
  const block = numbers.get("bs");
  const inSize = block ?? numbers.get("ibs") ?? BLOCK;
  const outSize = block ?? numbers.get("obs") ?? BLOCK;
  const input = yield* openFor(sys, values.get("if"), 0, flagsOf(values.get("iflag")), 0);
  if (input < 0) return 1;
  const seek = (numbers.get("seek") ?? 0) * outSize;
  let mode = O_WRONLY | flagsOf(values.get("oflag"));
  if (!conversions.has("nocreat")) mode |= O_CREAT;
  if (conversions.has("excl")) mode |= O_EXCL;
  if (!conversions.has("notrunc") && seek === 0) mode |= O_TRUNC;
  const output = yield* openFor(sys, values.get("of"), 1, mode, 0o666);
  if (output < 0) return 1;
  if (seek > 0) {
    if (!conversions.has("notrunc")) yield* sys.call("ftruncate", output, seek);
    if ((yield* sys.lseek(output, seek, SEEK_CUR)) < 0) {
      return yield* fail(
        sys,
        `dd: '${values.get("of") ?? "standard output"}': cannot seek`,
        ESPIPE,
      );
    }
  }
  const start = yield* sys.clock_gettime(1);
  const from = { fd: input, name: values.get("if") ?? "standard input", size: inSize };
  yield* skip(sys, from.fd, numbers.get("skip") ?? 0, inSize);
  const copy = new Copy(sys, plan, from, {
    fd: output,
    name: values.get("of") ?? "standard output",
    size: outSize,
    isDirect: block !== undefined,
  });
  const status = yield* copy.run();
  if (conversions.has("fsync")) yield* sys.call("fsync", output);
  if (conversions.has("fdatasync")) yield* sys.call("fdatasync", output);
  const seconds = ((yield* sys.clock_gettime(1)) - start) / 1e9;
  yield* sys.write(2, copy.report(values.get("status") ?? "", seconds));
  return status;
};

function flagsOf(text: string | undefined): number {
  return (text ?? "").split(",").reduce((bits, name) => bits | (FLAGS[name] ?? 0), 0);
}

function* openFor(
  sys: Sys,
  path: string | undefined,
  standard: number,
  flags: number,
  mode: number,
): SysCall {
  if (path === undefined) return standard;
  const fd = yield* sys.open(path, flags, mode);
  if (fd < 0) yield* fail(sys, `dd: failed to open '${path}'`, fd);
  return fd;
}

function* skip(sys: Sys, fd: number, blocks: number, size: number): SysCall<void> {
  if (blocks === 0 || (yield* sys.lseek(fd, blocks * size, SEEK_CUR)) >= 0) return;
  for (let left = blocks; left > 0; left--) {
    const bytes = yield* sys.read(fd, size);
    if (typeof bytes === "number" || bytes.length === 0) return;
  }
}

class Copy {
  readonly #sys: Sys;
  readonly #plan: Plan;
  readonly #from: { readonly fd: number; readonly name: string; readonly size: number };
  readonly #to: {
    readonly fd: number;
    readonly name: string;
    readonly size: number;
    readonly isDirect: boolean;
  };
  readonly #in = new Counts();
  readonly #out = new Counts();
  #bytes = 0;
  #held: Uint8Array<ArrayBufferLike> = new Uint8Array(0);

  constructor(
    sys: Sys,
    plan: Plan,
    from: { readonly fd: number; readonly name: string; readonly size: number },
    to: {
      readonly fd: number;
      readonly name: string;
      readonly size: number;
      readonly isDirect: boolean;
    },
  ) {
    this.#sys = sys;
    this.#plan = plan;
    this.#from = from;
    this.#to = to;
  }

  *run(): SysCall {
    const { numbers, conversions, values } = this.#plan;
    const count = numbers.get("count") ?? Number.POSITIVE_INFINITY;
    const isFull = (values.get("iflag") ?? "").split(",").includes("fullblock");
    let status = 0;
    for (let i = 0; i < count; i++) {
      let bytes = yield* this.#sys.read(this.#from.fd, this.#from.size);
      while (isFull && typeof bytes !== "number" && bytes.length > 0) {
        if (bytes.length === this.#from.size) break;
        const more = yield* this.#sys.read(this.#from.fd, this.#from.size - bytes.length);
        if (typeof more === "number" || more.length === 0) break;
        bytes = joined(bytes, more);
      }
      if (typeof bytes === "number") {
        status = yield* fail(this.#sys, `dd: error reading '${this.#from.name}'`, bytes);
        if (!conversions.has("noerror") || bytes === EINVAL) break;
        continue;
      }
      if (bytes.length === 0) break;
      this.#in.add(bytes.length, this.#from.size);
      if (conversions.has("sync") && bytes.length < this.#from.size) {
        bytes = joined(bytes, new Uint8Array(this.#from.size - bytes.length));
      }
      const wrong = yield* this.#put(converted(bytes, conversions));
      if (wrong !== 0) return yield* this.#refused(wrong);
    }
    const wrong = this.#held.length > 0 ? yield* this.#write(this.#held) : 0;
    return wrong !== 0 ? yield* this.#refused(wrong) : status;
  }

  report(level: string, seconds: number): string {
    if (level === "none") return "";
    const records = `${this.#in.text} records in\n${this.#out.text} records out\n`;
    return level === "noxfer" ? records : records + transfer(this.#bytes, seconds);
  }

  /** Blocks of the output are gathered, unless one size is given for both. */
  *#put(bytes: Uint8Array): SysCall {
    if (this.#to.isDirect) return yield* this.#write(bytes);
    this.#held = joined(this.#held, bytes);
    while (this.#held.length >= this.#to.size) {
      const wrong = yield* this.#write(this.#held.subarray(0, this.#to.size));
      if (wrong !== 0) return wrong;
      this.#held = this.#held.slice(this.#to.size);
    }
    return 0;
  }

  *#write(bytes: Uint8Array): SysCall {
    for (let at = 0; at < bytes.length; ) {
      const done = yield* this.#sys.write(this.#to.fd, bytes.subarray(at));
      if (done < 0) {
        if (at > 0) this.#out.part++;
        return done;
      }
      at += done;
      this.#bytes += done;
    }
    this.#out.add(bytes.length, this.#to.size);
    return 0;
  }

  #refused(errno: number): SysCall {
    const what = this.#to.isDirect ? "error writing" : "writing to";
    return fail(this.#sys, `dd: ${what} '${this.#to.name}'`, errno);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function converted(bytes: Uint8Array, conversions: ReadonlySet<string>): Uint8Array {
  const [from, by] = conversions.has("ucase")
    ? [97, -32]
    : conversions.has("lcase")
      ? [65, 32]
      : [0, 0];
  const result = by === 0 ? bytes : bytes.map((c) => (c >= from && c < from + 26 ? c + by : c));
  if (!conversions.has("swab")) return result;
  return result.map((c, i) => (i + 1 === result.length && i % 2 === 0 ? c : result[i ^ 1]!));
}

function transfer(bytes: number, seconds: number): string {
  const both = `${scaled(bytes, 1000, ["B", "kB", "MB", "GB"])}, ${scaled(bytes, 1024, ["B", "KiB", "MiB", "GiB"])}`;
  const size =
    bytes < 1000
      ? `${bytes} byte${bytes === 1 ? "" : "s"}`
      : `${bytes} bytes (${bytes < 1024 ? both.split(",")[0] : both})`;
  const rate =
    seconds > 0
      ? `${scaled(bytes / seconds, 1000, ["B", "kB", "MB", "GB", "TB"])}/s`
      : "Infinity B/s";
  return `${size} copied, ${significant(seconds)} s, ${rate}\n`;
}

/** `%g` of the seconds. */
function significant(seconds: number): string {
  if (seconds === 0) return "0";
  if (seconds >= 1e-4) return String(Number(seconds.toPrecision(6)));
  const [digits = "", power = ""] = seconds.toExponential(5).split("e-");
  return `${Number(digits)}e-${power.padStart(2, "0")}`;
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let unit = 0;
  let left = value;
  while (left >= base && unit < units.length - 1) {
    left /= base;
    unit++;
  }
  const shown = unit > 0 && left < 9.95 ? left.toFixed(1) : String(Math.round(left));
  return `${shown} ${units[unit]}`;
}
