/**
 * Makes the code of the vDSO's images from their sources, as Linux' `vdso2c` does while a kernel is built:
 * `scripts/node24 scripts/vdso-image.ts`. Tests hold the results against the sources. The one for 64-bit programs is
 * GNU as' work: where there is none, it is left as it is.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assembleVdso32 } from "../kernel-sim/arch/x86/entry/vdso/assemble32.ts";

const folder = new URL("../kernel-sim/arch/x86/entry/vdso/", import.meta.url);

const { code, labels } = assembleVdso32();
write("vdso-image-32.ts", "vdso32.ts", "VDSO32", code, labels);
try {
  const { hex, symbols } = assemble64();
  write("vdso-image-64.ts", "vdso64.S", "VDSO64", hex, symbols);
} catch (error) {
  console.error(`vdso-image-64.ts is left as it is: ${error}`);
}

function assemble64(): {
  readonly hex: string;
  readonly symbols: Readonly<Record<string, number>>;
} {
  const work = mkdtempSync(join(tmpdir(), "vdso-"));
  const object = join(work, "vdso64.o");
  const binary = join(work, "vdso64.bin");
  execFileSync("as", ["--64", new URL("vdso64.S", folder).pathname, "-o", object]);
  execFileSync("objcopy", ["-O", "binary", "-j", ".text", object, binary]);
  const names = execFileSync("nm", ["-n", object], { encoding: "utf8" }).split("\n");
  const rows = names.map((line) => line.split(" ")).filter(([, , name]) => name?.startsWith("__"));
  return {
    hex: readFileSync(binary).toString("hex"),
    symbols: Object.fromEntries(
      rows.map(([address = "", , name = ""]) => [name, Number.parseInt(address, 16)]),
    ),
  };
}

function write(
  file: string,
  source: string,
  name: string,
  hex: string,
  symbols: Readonly<Record<string, number>>,
): void {
  const lines = (hex.match(/.{1,96}/g) ?? []).map((line) => `  "${line}"`);
  const rows = Object.entries(symbols).map(([label, offset]) => `  ${label}: ${offset},`);
  const text = `// Made by scripts/vdso-image.ts from ${source}.

/** The code of the image of ${name.slice(4)}-bit programs. */
export const ${name}_CODE: string =
${lines.join(" +\n")};

/** Where in it functions begin. */
export const ${name}_LABELS = Object.freeze({
${rows.join("\n")}
});
`;
  writeFileSync(new URL(file, folder), text);
}
