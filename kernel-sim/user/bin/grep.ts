import type { Program } from "../program.ts";
import { linesOf, options, readText, usage } from "./io.ts";
import { translate } from "./regex.ts";

/** grep [-vinclqEFwox] pattern [file]...: 0 found, 1 not, 2 error. */
export const grep: Program = function* grep(sys, argv) {
  const { args, patterns } = patternsOf(argv);
  const { flags, rest, wrong } = options(args, "vinclqEFwoxhHsr");
  if (wrong !== undefined) return yield* usage(sys, "grep", wrong, 2);
  const isGiven = patterns.length > 0;
  const pattern = isGiven ? patterns.join("\n") : rest[0];
  const paths = isGiven ? rest : rest.slice(1);
  if (pattern === undefined) {
    yield* sys.write(
      2,
      "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n",
    );
    return 2;
  }
  const matcher = matcherOf(pattern, flags);
  let isFound = false;
  let isWrong = false;
  for (const path of paths.length === 0 ? ["-"] : paths) {
    const text = yield* readText(sys, "grep", path);
    if (text === undefined) {
      isWrong = true;
      continue;
    }
    const shown = path === "-" ? "(standard input)" : path;
    const isNamed = flags.has("H") || (paths.length > 1 && !flags.has("h"));
    const prefix = isNamed ? `${shown}:` : "";
    let count = 0;
    let out = "";
    for (const [i, line] of linesOf(text).entries()) {
      if (matcher.test(line) === flags.has("v")) continue;
      count++;
      const number = flags.has("n") ? `${i + 1}:` : "";
      if (!flags.has("o")) out += `${prefix}${number}${line}\n`;
      else {
        const all = new RegExp(matcher.source, `${matcher.flags}g`);
        for (const [piece] of line.matchAll(all))
          if (piece !== "") out += `${prefix}${number}${piece}\n`;
      }
    }
    isFound ||= count > 0;
    if (flags.has("q")) continue;
    if (flags.has("l")) out = count > 0 ? `${shown}\n` : "";
    else if (flags.has("c")) out = `${prefix}${count}\n`;
    if (out !== "" && (yield* sys.write(1, out)) < 0) return 2;
  }
  if (flags.has("q") && isFound) return 0;
  return isWrong ? 2 : isFound ? 0 : 1;
};

/** What each `-e` gives, and the arguments without them. */
function patternsOf(argv: readonly string[]): {
  readonly args: readonly string[];
  readonly patterns: readonly string[];
} {
  const args: string[] = [];
  const patterns: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === "--") {
      args.push(...argv.slice(i));
      break;
    }
    const found = /^-([a-zA-Z]*?)e([\s\S]*)$/.exec(arg);
    if (i === 0 || found === null) {
      args.push(arg);
      continue;
    }
    if (found[1] !== "") args.push(`-${found[1]}`);
    patterns.push(found[2] || (argv[++i] ?? ""));
  }
  return { args, patterns };
}

function matcherOf(pattern: string, flags: ReadonlyMap<string, string>): RegExp {
  const pieces = pattern.split("\n").map((each) => {
    if (flags.has("F")) return each.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    return translate(each, flags.has("E"));
  });
  let source = pieces.join("|");
  if (flags.has("w")) source = `(?<!\\w)(?:${source})(?!\\w)`;
  if (flags.has("x")) source = `^(?:${source})$`;
  return new RegExp(source, flags.has("i") ? "i" : "");
}
