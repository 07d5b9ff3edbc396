import { AT_SYMLINK_NOFOLLOW } from "../../include/uapi/fcntl.ts";
import { TCGETS } from "../../include/uapi/ioctls.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";

const S_IFMT = 0o170000;
const TYPES: Readonly<Record<string, number>> = {
  "-f": 0o100000,
  "-d": 0o040000,
  "-b": 0o060000,
  "-c": 0o020000,
  "-p": 0o010000,
  "-S": 0o140000,
};
const ACCESS: Readonly<Record<string, number>> = { "-r": 4, "-w": 2, "-x": 1 };
const BITS: Readonly<Record<string, number>> = { "-u": 0o4000, "-g": 0o2000, "-k": 0o1000 };
const UNARY = new Set([..."fdbcpSrwxugkezsnthLOG"].map((letter) => `-${letter}`));
const BINARY = new Set("= == != -eq -ne -lt -le -gt -ge < > -nt -ot -ef".split(" "));

/** A text that is wrong as an expression of `test`. */
export class TestError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** Decides an expression of test(1). */
export function* evaluateTest(sys: Sys, args: readonly string[]): SysCall<boolean> {
  const expression = new Expression(sys, args);
  return args.length > 0 && (yield* expression.whole());
}

class Expression {
  readonly #sys: Sys;
  readonly #args: readonly string[];
  #at = 0;

  constructor(sys: Sys, args: readonly string[]) {
    this.#sys = sys;
    this.#args = args;
  }

  *whole(): SysCall<boolean> {
    const value = yield* this.#or();
    const rest = this.#args[this.#at];
    if (rest !== undefined) throw new TestError(`${rest}: unexpected operator`);
    return value;
  }

  *#or(): SysCall<boolean> {
    let value = yield* this.#and();
    while (this.#args[this.#at] === "-o") {
      this.#at++;
      const right = yield* this.#and();
      value ||= right;
    }
    return value;
  }

  *#and(): SysCall<boolean> {
    let value = yield* this.#not();
    while (this.#args[this.#at] === "-a") {
      this.#at++;
      const right = yield* this.#not();
      value &&= right;
    }
    return value;
  }

  *#not(): SysCall<boolean> {
    const left = this.#args.length - this.#at;
    if (this.#args[this.#at] === "!" && left > 1 && !this.#isBinary()) {
      this.#at++;
      return !(yield* this.#not());
    }
    return yield* this.#primary();
  }

  #isBinary(): boolean {
    return BINARY.has(this.#args[this.#at + 1] ?? "") && this.#args.length - this.#at > 2;
  }

  *#primary(): SysCall<boolean> {
    const first = this.#args[this.#at++];
    if (first === undefined) throw new TestError("argument expected");
    const next = this.#args[this.#at];
    if (next !== undefined && BINARY.has(next) && this.#at + 1 < this.#args.length) {
      this.#at += 2;
      return yield* this.#binary(first, next, this.#args[this.#at - 1]!);
    }
    if (first === "(" && next !== undefined) {
      const value = yield* this.#or();
      if (this.#args[this.#at++] !== ")") throw new TestError("closing paren expected");
      return value;
    }
    if (next !== undefined && UNARY.has(first)) {
      this.#at++;
      return yield* this.#unary(first, next);
    }
    return first !== "";
  }

  *#unary(operator: string, text: string): SysCall<boolean> {
    const sys = this.#sys;
    if (operator === "-z") return text === "";
    if (operator === "-n") return text !== "";
    if (operator === "-t") return yield* isTerminal(sys, number(text));
    const access = ACCESS[operator];
    if (access !== undefined) return (yield* sys.call("access", text, access)) === 0;
    const isLink = operator === "-L" || operator === "-h";
    const stat = yield* sys.stat(text, isLink ? AT_SYMLINK_NOFOLLOW : 0);
    if (typeof stat === "number") return false;
    if (isLink) return (stat.mode & S_IFMT) === 0o120000;
    if (operator === "-s") return stat.size > 0;
    if (operator === "-O") return stat.uid === (yield* sys.call("geteuid"));
    if (operator === "-G") return stat.gid === (yield* sys.call("getegid"));
    const bit = BITS[operator];
    if (bit !== undefined) return (stat.mode & bit) !== 0;
    return operator === "-e" || (stat.mode & S_IFMT) === TYPES[operator];
  }

  *#binary(left: string, operator: string, right: string): SysCall<boolean> {
    switch (operator) {
      case "=":
      case "==":
        return left === right;
      case "!=":
        return left !== right;
      case "<":
        return left < right;
      case ">":
        return left > right;
      case "-nt":
      case "-ot":
      case "-ef": {
        const a = yield* this.#sys.stat(left);
        const b = yield* this.#sys.stat(right);
        if (typeof a === "number" || typeof b === "number") return false;
        if (operator === "-ef") return a.dev === b.dev && a.ino === b.ino;
        return operator === "-nt" ? a.mtimeNs > b.mtimeNs : a.mtimeNs < b.mtimeNs;
      }
      default:
        return compare(operator, number(left) - number(right));
    }
  }
}

/** Whether a descriptor is a terminal, as isatty(3) asks. */
export function* isTerminal(sys: Sys, fd: number): SysCall<boolean> {
  return (yield* sys.call("ioctl", fd, TCGETS, new Uint8Array(64))) === 0;
}

function compare(operator: string, difference: number): boolean {
  switch (operator) {
    case "-eq":
      return difference === 0;
    case "-ne":
      return difference !== 0;
    case "-lt":
      return difference < 0;
    case "-le":
      return difference <= 0;
    case "-gt":
      return difference > 0;
    default:
      return difference >= 0;
  }
}

function number(text: string): number {
  if (!/^\s*[-+]?\d+\s*$/.test(text)) throw new TestError(`Illegal number: ${text}`);
  return Number(text);
}
