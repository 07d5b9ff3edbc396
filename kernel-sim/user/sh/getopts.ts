import type { SysCall } from "../sys-port.ts";
import type { Shell } from "./shell.ts";

/** getopts letters name [argument]...: the next option into `name`, its value into OPTARG; 1 behind the last one. */
export function* getopts(shell: Shell, argv: readonly string[]): SysCall {
  const [, letters, name, ...given] = argv;
  if (letters === undefined || name === undefined) {
    const usage = "getopts: Usage: getopts optstring var [arg...]";
    yield* shell.sys.write(2, shell.complaint(usage));
    return 2;
  }
  const args = given.length > 0 ? given : shell.parameters;
  const isSilent = letters.startsWith(":");
  // `next` is the index of the argument behind the one that is being read.
  let next = shell.optionIndex - 1;
  let word = shell.optionOffset < 0 ? "" : (args[next - 1] ?? "").slice(shell.optionOffset);
  const done = (found: string, status: number) => {
    const offset = word === "" ? -1 : args[next - 1]!.length - word.length;
    shell.set("OPTIND", String(next + 1));
    shell.optionOffset = offset;
    shell.set(name, found);
    return status;
  };
  if (word === "") {
    const arg = args[next];
    if (arg === undefined || !arg.startsWith("-") || arg === "-") return done("?", 1);
    next++;
    if (arg === "--") return done("?", 1);
    word = arg.slice(1);
  }
  const letter = word[0]!;
  word = word.slice(1);
  const at = letter === ":" ? -1 : letters.indexOf(letter, isSilent ? 1 : 0);
  if (at < 0) {
    if (isSilent) shell.set("OPTARG", letter);
    else {
      yield* shell.sys.write(2, `Illegal option -${letter}\n`);
      shell.unset("OPTARG");
    }
    return done("?", 0);
  }
  if (letters[at + 1] !== ":") {
    shell.set("OPTARG", "");
    return done(letter, 0);
  }
  if (word === "") {
    const value = args[next];
    if (value === undefined) {
      if (isSilent) shell.set("OPTARG", letter);
      else {
        yield* shell.sys.write(2, `No arg for -${letter} option\n`);
        shell.unset("OPTARG");
      }
      return done(isSilent ? ":" : "?", 0);
    }
    next++;
    word = value;
  }
  shell.set("OPTARG", word);
  word = "";
  return done(letter, 0);
}
