import type { Program } from "../../program.ts";
import type { Sys } from "../../sys.ts";
import type { SysCall } from "../../sys-port.ts";
import { fail, options, readText, usage, writeAll } from "../io.ts";
import { parseSed } from "./parse.ts";
import { SedRun } from "./run.ts";
import { type SedCommand, SedError } from "./script.ts";

const O_COPY = 0o1101;
const CANNOT_READ = 2;

/** sed [-nErsz] [-i[suffix]] {script | -e script | -f file}... [file]... */
export const sed: Program = function* sed(sys, argv) {
  const scripts: string[] = [];
  const args: string[] = ["sed"];
  let suffix: string | undefined;
  for (let i = 1; i < argv.length; i++) {
    const found = /^-([nErsuz]*)([efi])([\s\S]*)$/.exec(argv[i]!);
    if (argv[i] === "--") {
      args.push(...argv.slice(i));
      break;
    }
    if (found === null) {
      args.push(argv[i]!);
      continue;
    }
    const [, before, letter, joined] = found;
    if (before !== "") args.push(`-${before}`);
    if (letter === "i") suffix = joined;
    else {
      const value = joined || argv[++i];
      if (value === undefined) {
        yield* sys.write(2, `sed: option requires an argument -- '${letter}'\n`);
        return 1;
      }
      const text =
        letter === "e" ? value : yield* readText(sys, "sed: couldn't open file", value, " ");
      if (text === undefined) return 1;
      scripts.push(text.replace(/\n$/, ""));
    }
  }
  const { flags, rest, wrong } = options(args, "nErsuz");
  if (wrong !== undefined) return yield* usage(sys, "sed", wrong);
  const paths = scripts.length > 0 ? rest : rest.slice(1);
  const text = scripts.length > 0 ? scripts.join("\n") : rest[0];
  if (text === undefined) {
    yield* sys.write(
      2,
      "Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n",
    );
    return 1;
  }
  let commands: SedCommand[];
  try {
    commands = parseSed({ text, isExtended: flags.has("E") || flags.has("r") });
  } catch (error) {
    if (!(error instanceof SedError)) throw error;
    return yield* fail(sys, `sed: ${error.message}`);
  }
  const isQuiet = flags.has("n") || /^#n(?:\n|$)/.test(text);
  let status = 0;
  const inputs: { readonly path: string; readonly text: string }[] = [];
  for (const path of paths.length === 0 ? ["-"] : paths) {
    const input = yield* readText(sys, "sed: can't read", path, " ");
    if (input === undefined) status = CANNOT_READ;
    else inputs.push({ path, text: input });
  }
  const isApart = flags.has("s") || suffix !== undefined;
  for (const group of isApart ? inputs.map((one) => [one]) : [inputs]) {
    const run = new SedRun(sys, commands, isQuiet, group);
    const quit = yield* run.run();
    const [first] = group;
    if (suffix === undefined || first === undefined) yield* writeAll(sys, 1, run.output);
    else {
      const done = yield* replace(
        sys,
        first.path,
        suffix,
        run.output + (quit === undefined ? "" : run.rest),
      );
      if (done < 0) status = yield* fail(sys, `sed: couldn't open file ${first.path}`, done);
    }
    if (quit !== undefined) return quit;
  }
  return status;
};

/** A new file takes the place of the old one, which lives on under its other name. */
function* replace(sys: Sys, path: string, suffix: string, text: string): SysCall {
  const stat = yield* sys.stat(path);
  const temporary = path.replace(/[^/]*$/, "sedTmp");
  const fd = yield* sys.open(
    temporary,
    O_COPY,
    typeof stat === "number" ? 0o666 : stat.mode & 0o7777,
  );
  if (fd < 0) return fd;
  yield* writeAll(sys, fd, text);
  yield* sys.close(fd);
  if (suffix !== "") yield* sys.rename(path, path + suffix);
  return yield* sys.rename(temporary, path);
}
