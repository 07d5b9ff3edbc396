/** The hidden tests of an exercise as one text, with the files that they import. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { type BuildFailure, build, type Plugin } from "esbuild";
import { checkout } from "../config.ts";
import { CourseProblem } from "./located-yaml.ts";
import { testSourceProblem } from "./test-source.ts";

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
    plugins: [staysIn(dirname(file))],
    // One beside the exercise could give names another meaning.
    tsconfigRaw: {},
    legalComments: "none",
    charset: "utf8",
    logLevel: "silent",
  }).catch((failure: Partial<BuildFailure>) => {
    const problems = (failure.errors ?? []).map(describe);
    if (problems.length > 0) throw new CourseProblem(problems);
    // The bundler itself has ended: nothing was found, and nothing was made.
    throw new CourseProblem([
      `${relative(checkout(), file)}:1: cannot be bundled: make it simpler`,
    ]);
  });
  const inputs = Object.keys(metafile.inputs).sort();
  const sources = inputs.map((input) => readFileSync(resolve(dirname(file), input), "utf8"));
  return { text: outputFiles[0]?.text ?? "", sources };

  function describe({ text, location }: BuildFailure["errors"][number]): string {
    const where = location === null ? file : resolve(dirname(file), location.file);
    return `${relative(checkout(), where)}:${location?.line ?? 1}: ${text}`;
  }
}

const MODULES: ReadonlySet<string> = new Set(["exercise", "kernel-sim", "course-data"]);

/**
 * Tests are made of their own folder's TypeScript and the modules that a judge has: a version holds
 * all that it grades with, and whoever writes an exercise reads no file of the server.
 */
function staysIn(folder: string): Plugin {
  const home = realpathSync(folder) + sep;
  return {
    name: "stays-in-its-folder",
    setup({ onResolve, onLoad }) {
      onLoad({ filter: /.*/ }, async ({ path }) => {
        const contents = readFileSync(path, "utf8");
        const problem = await testSourceProblem(contents);
        if (problem === undefined) return { contents, loader: "ts" };
        const { message: text, line } = problem;
        return { errors: [{ text, location: { file: path, line } }] };
      });
      onResolve({ filter: /.*/ }, ({ path, kind, resolveDir }) => {
        if (kind === "entry-point") return undefined;
        if (MODULES.has(path)) return { path, external: true };
        const file = resolve(resolveDir, path);
        const isOwn = existsSync(file) && realpathSync(file).startsWith(home);
        if (path.startsWith(".") && file.endsWith(".ts") && isOwn) return { path: file };
        const text = `"${path}" is not there: import "./file.ts" of the exercise's own folder, "exercise" or "kernel-sim"`;
        return { errors: [{ text }] };
      });
    },
  };
}
