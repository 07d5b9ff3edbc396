/** `npm run -s bundle -- [NAME]` makes the bundles whose sources have changed. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { minify } from "@swc/core";
import { BUNDLES, type Bundle } from "./bundles.ts";
import { buildBundle } from "./shared-modules.ts";

const root = join(import.meta.dirname, "..");

/** What a finished bundle was made from. */
interface Record {
  readonly made: string;
  readonly inputs: string[];
  readonly outputs: string[];
}

const only = process.argv[2];
for (const bundle of BUNDLES) {
  if (only !== undefined && only !== bundle.name) continue;
  if (isCurrent(bundle)) continue;
  const began = performance.now();
  try {
    await make(bundle);
  } catch {
    // esbuild has told where and why.
    process.exitCode = 1;
    continue;
  }
  console.log(`${bundle.name}: ${Math.round(performance.now() - began)} ms`);
}

function recordFile({ name }: Bundle): string {
  return join(root, "node_modules/.kernelbook/bundles", `${name}.json`);
}

function isCurrent(bundle: Bundle): boolean {
  if (!existsSync(recordFile(bundle))) return false;
  const { made, inputs, outputs }: Record = JSON.parse(readFileSync(recordFile(bundle), "utf8"));
  return outputs.every((file) => existsSync(join(root, file))) && made === stateOf(bundle, inputs);
}

async function make(bundle: Bundle): Promise<void> {
  rmSync(recordFile(bundle), { force: true });
  const { metafile } = await buildBundle(bundle, {
    minify: true,
    legalComments: "linked",
    define: { "process.env.NODE_ENV": '"production"' },
    ...bundle.options,
    absWorkingDir: root,
    outdir: bundle.folder,
    logLevel: "error",
  });
  // Packages change with the lock file only, which is an input of its own.
  const inputs = Object.keys(metafile.inputs).filter((file) => !file.includes("node_modules/"));
  const outputs = Object.keys(metafile.outputs);
  if (bundle.isSqueezed === true) await Promise.all(outputs.map(squeeze));
  mkdirSync(dirname(recordFile(bundle)), { recursive: true });
  const record: Record = { made: stateOf(bundle, inputs), inputs, outputs };
  writeFileSync(recordFile(bundle), JSON.stringify(record));
}

/** Makes a script smaller once more: swc knows what is never read or called, which esbuild does not look for. */
async function squeeze(output: string): Promise<void> {
  const file = join(root, output);
  const { code } = await minify(readFileSync(file, "utf8"), {
    ecma: 2022,
    module: false,
    compress: { passes: 2 },
    mangle: true,
  });
  writeFileSync(file, code);
}

function stateOf(bundle: Bundle, inputs: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(bundle));
  for (const file of [
    "package-lock.json",
    "scripts/bundle.ts",
    "scripts/shared-modules.ts",
    ...inputs,
  ]) {
    hash.update(`\0${file}\0`);
    if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}
