/** The hidden tests of an exercise as one text, with the files that they import. */
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { type BuildFailure, build } from "esbuild";
import { checkout } from "../config.ts";
import { CourseProblem } from "./located-yaml.ts";

export interface BundledTests {
  readonly text: string;
  /** What went into it, in a fixed order. */
  readonly sources: readonly string[];
}

/** Throws a `CourseProblem` that names file and line. */
export async function bundleTests(file: string): Promise<BundledTests> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: dirname(file),
    entryPoints: [file],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "neutral",
    target: "es2024",
    external: ["exercise", "kernel-sim"],
    legalComments: "none",
    charset: "utf8",
    logLevel: "silent",
  }).catch((failure: BuildFailure) => {
    throw new CourseProblem((failure.errors ?? []).map(describe));
  });
  const inputs = Object.keys(metafile.inputs).sort();
  const sources = inputs.map((input) => readFileSync(resolve(dirname(file), input), "utf8"));
  return { text: outputFiles[0]?.text ?? "", sources };

  function describe({ text, location }: BuildFailure["errors"][number]): string {
    const where = location === null ? file : resolve(dirname(file), location.file);
    return `${relative(checkout(), where)}:${location?.line ?? 1}: ${text}`;
  }
}
