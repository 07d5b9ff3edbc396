import type { ProcessInfo } from "./process-table.ts";
import { type Column, columnOf, columnsOf, ttyName } from "./ps-columns.ts";

/** What ps is asked for. */
export interface PsOptions {
  readonly columns: readonly Column[];
  readonly hasHeader: boolean;
  readonly isChosen: (row: ProcessInfo, me: ProcessInfo | undefined) => boolean;
  readonly sort: readonly { readonly column: Column; readonly sign: 1 | -1 }[];
}

type Choice = (row: ProcessInfo) => boolean;

/** Each word: what `columnsOf` reads. */
const FORMATS = {
  plain: ["pid tty time", "comm=CMD"],
  full: ["user=UID", "pid ppid c", "start=STIME", "tty time", "args=CMD"],
  long: ["f s uid pid ppid c opri ni addr sz wchan tty time", "comm=CMD"],
  longFull: [
    "f s user=UID",
    "pid ppid c opri ni addr sz wchan",
    "start=STIME",
    "tty time",
    "args=CMD",
  ],
  jobs: ["pid pgid sid tty time", "comm=CMD"],
  bsd: ["pid", "tty", "stat bsdtime args"],
  bsdUser: ["user pid pcpu pmem vsz rss", "tty=TTY", "stat start bsdtime args"],
  bsdLong: ["f uid pid ppid priority ni vsz rss wchan stat tty bsdtime args"],
  bsdJobs: ["ppid pid pgid sid tty tpgid stat uid bsdtime args"],
};

const LONG: Readonly<Record<string, string>> = {
  pid: "-p",
  ppid: "ppid",
  user: "-u",
  User: "-U",
  tty: "-t",
  sid: "-s",
  format: "-o",
  sort: "k",
  deselect: "-N",
  ...Object.fromEntries(
    ["header", "heading", "headers", "headings"].map((name) => [`no-${name}`, "h"]),
  ),
  ...Object.fromEntries(
    ["header", "heading", "headers", "headings"].map((name) => [`no${name}`, "h"]),
  ),
};
/** Options with a value, in each of the three ways to write options. */
const WITH_VALUE: readonly string[] = [
  "-p",
  "-q",
  "-u",
  "-U",
  "-t",
  "-s",
  "-o",
  "-C",
  "o",
  "p",
  "q",
  "t",
  "U",
  "k",
  "ppid",
];
const WITHOUT: readonly string[] = [
  "-A",
  "-e",
  "-a",
  "-d",
  "-f",
  "-l",
  "-j",
  "-N",
  "-w",
  "a",
  "x",
  "u",
  "l",
  "j",
  "w",
  "h",
  "r",
  "g",
];

/**
 * The options of ps in its three styles; what is wrong as text.
 *
 * @spec ps(1)
 * @simplified no threads, no trees and no environment: their options are refused as unknown ones are.
 */
export function psOptions(
  args: readonly string[],
  users: ReadonlyMap<number, string>,
): PsOptions | string {
  const first = new Parser(users, false).parse(args);
  if (typeof first !== "string") return first;
  // `ps -aux`: what makes no sense with the dash may do so without.
  const second = new Parser(users, true).parse(args);
  return typeof second === "string" ? first : second;
}

class Parser {
  readonly #users: ReadonlyMap<number, string>;
  readonly #ignoresDash: boolean;
  readonly #flags = new Set<string>();
  readonly #choices: Choice[] = [];
  readonly #columns: Column[] = [];
  readonly #sort: { column: Column; sign: 1 | -1 }[] = [];
  #isBsd = false;

  constructor(users: ReadonlyMap<number, string>, ignoresDash: boolean) {
    this.#users = users;
    this.#ignoresDash = ignoresDash;
  }

  parse(args: readonly string[]): PsOptions | string {
    for (let i = 0; i < args.length; i++) {
      const arg = args[i]!;
      const used = this.#argument(arg, args[i + 1]);
      if (typeof used === "string") return used;
      if (used) i++;
    }
    return this.#result();
  }

  /** Whether the next argument was its value; what is wrong as text. */
  #argument(arg: string, next: string | undefined): boolean | string {
    if (/^\d/.test(arg)) {
      this.#isBsd = true;
      return this.#value("p", arg) ?? false;
    }
    if (arg.startsWith("--")) return this.#long(arg.slice(2), next);
    const isSysV = arg.startsWith("-") && !this.#ignoresDash;
    const letters = arg.startsWith("-") ? arg.slice(1) : arg;
    if (!isSysV) this.#isBsd = true;
    for (let at = 0; at < letters.length; at++) {
      const option = isSysV ? `-${letters[at]!}` : letters[at]!;
      if (WITHOUT.includes(option)) this.#flags.add(option);
      else if (!WITH_VALUE.includes(option))
        return isSysV ? "unsupported SysV option" : "unsupported option (BSD syntax)";
      else {
        const rest = letters.slice(at + 1);
        const value = rest === "" ? next : rest;
        if (value === undefined) return missing(option);
        return this.#value(option, value) ?? rest === "";
      }
    }
    return letters === "" ? "unsupported SysV option" : false;
  }

  #long(text: string, next: string | undefined): boolean | string {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    if (!Object.hasOwn(LONG, name)) return "unknown gnu long option";
    const option = LONG[name]!;
    if (!WITH_VALUE.includes(option)) {
      this.#flags.add(option);
      return false;
    }
    const value = equals < 0 ? next : text.slice(equals + 1);
    if (value === undefined) return missing(option);
    return this.#value(option, value) ?? equals < 0;
  }

  /** What is wrong with the value of an option. */
  #value(option: string, value: string): string | undefined {
    const words = value.split(/[\s,]+/);
    const letter = option.replace("-", "");
    if (letter === "o") {
      const columns = columnsOf(value);
      if (typeof columns === "string") return `unknown user-defined format specifier "${columns}"`;
      this.#columns.push(...columns);
    } else if (letter === "k") return this.#sortBy(words);
    else if (letter === "C")
      this.#choices.push(({ comm }) => words.includes(comm.slice(0, 15)) || words.includes(comm));
    else if (letter === "t")
      this.#choices.push(({ tty }) => {
        const name = tty === 0 ? "?" : ttyName(tty);
        return words.some(
          (word) =>
            [name, `tty${word}`].includes(word.replace("/dev/", "")) || name === `tty${word}`,
        );
      });
    else if (letter.toLowerCase() === "u") {
      const ids = words.map((word) => this.#uid(word));
      if (ids.includes(undefined)) return "user name does not exist";
      const isReal = option === "-U";
      this.#choices.push(({ uid, realUid }) => ids.includes(isReal ? realUid : uid));
    } else {
      if (!words.every((word) => /^[1-9]\d*$/.test(word))) return "process ID list syntax error";
      const ids = words.map(Number);
      const key = letter === "s" ? "session" : letter === "ppid" ? "ppid" : "pid";
      this.#choices.push((row) => ids.includes(row[key]));
    }
    return undefined;
  }

  #uid(word: string): number | undefined {
    if (/^\d+$/.test(word)) return Number(word);
    for (const [uid, name] of this.#users) if (name === word) return uid;
    return undefined;
  }

  #sortBy(words: readonly string[]): string | undefined {
    for (const word of words) {
      const column = columnOf(word.replace(/^[+-]/, ""));
      if (column === undefined) return "unknown sort specifier";
      this.#sort.push({ column, sign: word.startsWith("-") ? -1 : 1 });
    }
    return undefined;
  }

  #result(): PsOptions {
    const columns = this.#columns.length > 0 ? this.#columns : standardColumns(this.#format());
    return {
      columns,
      hasHeader: !this.#flags.has("h") && columns.some(({ title }) => title !== ""),
      isChosen: this.#chooser(),
      sort: this.#sort,
    };
  }

  #format(): keyof typeof FORMATS {
    const has = (flag: string) => this.#flags.has(flag);
    if (has("u")) return "bsdUser";
    if (has("l")) return "bsdLong";
    if (has("j")) return "bsdJobs";
    if (has("-l")) return has("-f") ? "longFull" : "long";
    if (has("-f")) return "full";
    if (has("-j")) return "jobs";
    return this.#isBsd ? "bsd" : "plain";
  }

  #chooser(): PsOptions["isChosen"] {
    const has = (flag: string) => this.#flags.has(flag);
    const choices = [...this.#choices];
    const isLeader = ({ pid, session }: ProcessInfo) => pid === session;
    if (has("-A") || has("-e") || (has("a") && has("x"))) choices.push(() => true);
    if (has("-d")) choices.push((row) => !isLeader(row));
    if (has("-a")) choices.push((row) => row.tty !== 0 && !isLeader(row));
    // Not only my own, and not only those with a terminal.
    const [isAny, isAway] = [has("a"), has("x")];
    const isDefault = choices.length === 0;
    const isInverted = has("-N");
    const isRunning = (row: ProcessInfo) => row.state === "R" || row.state === "D";
    return (row, me) => {
      const isChosen =
        choices.some((choice) => choice(row)) ||
        ((isDefault || isAny || isAway) &&
          (isAny || row.uid === me?.uid) &&
          (isAway || (this.#isBsd ? row.tty !== 0 : row.tty === me?.tty)));
      return isChosen !== isInverted && (!has("r") || isRunning(row));
    };
  }
}

function missing(option: string): string {
  if (option === "-p" || option === "p") return "list of process IDs must follow -p";
  if (option === "-C") return "list of command names must follow -C";
  if (option === "-u" || option === "-U" || option === "U")
    return `list of users must follow ${option}`;
  if (option === "k") return "long sort specification must follow 'k'";
  return `format specification must follow ${option}`;
}

function standardColumns(format: keyof typeof FORMATS): readonly Column[] {
  return FORMATS[format].flatMap((words) => {
    const columns = columnsOf(words);
    return typeof columns === "string" ? [] : columns;
  });
}
