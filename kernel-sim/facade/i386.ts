import type {
  AssembleOptions,
  I386Toolkit,
  LibraryOptions,
  MachineProgram,
} from "../api-kernel.ts";
import { assemble } from "../arch/x86/asm/assembler.ts";
import { writeElf } from "../arch/x86/asm/elf.ts";
import { link } from "../arch/x86/asm/link.ts";
import { listSection, objdump } from "../arch/x86/asm/objdump.ts";
import type { AsmError } from "../arch/x86/asm/problem.ts";
import { entrySteps } from "./entry-steps.ts";
import { facade } from "./facade.ts";
import { dynamicOptions } from "./i386-library.ts";

const NAME = /^[\w.-]{1,64}$/;

/** What stands behind the global `i386`. */
export const i386: I386Toolkit = facade({
  asm(text, ...values) {
    const source =
      typeof text === "string"
        ? text
        : // The assembler reads \n and its like itself.
          text.raw.reduce((joined, part, i) => `${joined}${String(values[i - 1])}${part}`);
    return machineProgram(String(source), {});
  },
  assemble: (text, options = {}) => machineProgram(String(text), options),
  library(text, options = {}) {
    const { name = "lib.so", soname = name } = options;
    return machineProgram(String(text), { ...options, name }, String(soname));
  },
  entrySteps: (options = {}) => entrySteps(options),
} satisfies I386Toolkit);

function machineProgram(
  source: string,
  options: AssembleOptions & Pick<LibraryOptions, "versions">,
  soname?: string,
): MachineProgram {
  const { syntax = "att", name = "a.out" } = options;
  if (syntax !== "att" && syntax !== "intel") {
    throw new TypeError(`i386.assemble(): syntax is "att" or "intel", not ${String(syntax)}`);
  }
  if (typeof name !== "string" || !NAME.test(name)) {
    throw new TypeError("i386.assemble(): name is of letters, digits, dots and dashes, at most 64");
  }
  const dynamic = dynamicOptions(options, soname, options.versions);
  const assembled = assemble(source, { syntax });
  if (assembled.kind === "errors") throw syntaxError(assembled.errors);
  const linked = link([assembled.object], dynamic === undefined ? {} : { dynamic });
  if (linked.kind === "errors") throw syntaxError(linked.errors);
  const { image } = linked;
  const lines = new Map(linked.lines.map(({ address, line }) => [address, line]));
  const file = writeElf(image);
  const symbols: Record<string, number> = {};
  for (const symbol of image.symbols) {
    // A numeric label, and a place that has no name in the source.
    if (!symbol.name.includes("#")) define(symbols, symbol.name, symbol.value);
  }
  return facade({
    name,
    entry: image.entry,
    symbols: Object.freeze(symbols),
    instructions: Object.freeze(
      image.sections
        .filter(({ isExecutable }) => isExecutable)
        .flatMap((section) => listSection(image, section, syntax))
        .map(({ address, text, label }) =>
          Object.freeze({ address, text, label, line: lines.get(address) }),
        ),
    ),
    text: () => objdump(image, name, syntax),
    bytes: () => file.slice(),
  } satisfies MachineProgram);
}

/** A property of its own, whatever the label is called. */
function define(symbols: Record<string, number>, name: string, value: number): void {
  Object.defineProperty(symbols, name, { value, enumerable: true, configurable: true });
}

/** All that is wrong with a source, each with its place. */
function syntaxError(errors: readonly AsmError[]): SyntaxError {
  const lines = errors.map(
    ({ line, column, message }) => `line ${line}, column ${column}: ${message}`,
  );
  return new SyntaxError(lines.join("\n"));
}
