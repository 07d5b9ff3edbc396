/**
 * Scripts that stand on another one: what that one holds they take from it, so that they bring their own code only,
 * and classes and whatever else is known by its identity are the same in both.
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import {
  type BuildOptions,
  type BuildResult,
  build,
  type Metafile,
  type OutputFile,
  type Plugin,
} from "esbuild";
import type { Bundle } from "./bundles.ts";

/** Where a script leaves what others take; `takeParts` removes it before any other code runs. */
const SHARED = "kernelbook:shared";

type Options = BuildOptions & { readonly absWorkingDir: string };
type Entry = readonly [name: string, module: string];

/** Exports that a script takes from the one below it, by module. */
type Taken = ReadonlyMap<string, ReadonlySet<string>>;

/** An export that the script below leaves. */
interface Left {
  readonly file: string;
  readonly name: string;
}

/** Makes all files of a bundle. */
export async function buildBundle(
  { entries, above = {} }: Bundle,
  options: Options,
): Promise<{ readonly metafile: Metafile; readonly outputFiles: readonly OutputFile[] }> {
  const lowest = Object.entries(entries).filter(([name]) => above[name] === undefined);
  const usersOf = (below: string) =>
    Object.entries(entries).filter(([name]) => above[name] === below);
  const alone = lowest.filter(([name]) => usersOf(name).length === 0);
  const made = await Promise.all([
    buildEach(options, alone, []).then((result) => [result]),
    ...lowest
      .filter(([name]) => usersOf(name).length > 0)
      .map((entry) => buildWithUsers(options, entry, usersOf(entry[0]))),
  ]);
  const results = made.flat();
  return {
    metafile: {
      inputs: Object.assign({}, ...results.map(({ metafile }) => metafile?.inputs)),
      outputs: Object.assign({}, ...results.map(({ metafile }) => metafile?.outputs)),
    },
    outputFiles: results.flatMap(({ outputFiles }) => outputFiles ?? []),
  };
}

function buildEach(
  options: Options,
  entries: readonly Entry[],
  plugins: Plugin[],
): Promise<BuildResult> {
  const entryPoints = Object.fromEntries(entries);
  return build({ ...options, entryPoints, plugins, bundle: true, metafile: true });
}

async function buildWithUsers(
  options: Options,
  entry: Entry,
  users: readonly Entry[],
): Promise<BuildResult[]> {
  const root = options.absWorkingDir;
  const readable = { ...options, write: false, minify: false, minifySyntax: true };
  const { metafile } = await buildEach(readable, [entry], [askedFor(root)]);
  const held = new Set(codeOf(metafile));
  const look = () => Promise.all(users.map((user) => lookAt(readable, user, held)));
  let looks = await look();
  const all = looks.flatMap(({ code }) => code);
  const twice = all.filter((file, i) => all.indexOf(file) < i && hasIdentity(join(root, file)));
  for (const file of twice) held.add(file);
  if (twice.length > 0) looks = await look();
  const left = leftFor(looks.map(({ taken }) => taken));
  return Promise.all([
    buildEach(options, [entry], [leaving(root, entry[1], left), askedFor(root)]),
    ...users.map((user, i) => {
      const taken = looks[i]?.taken ?? new Map();
      return buildEach(options, [user], [taking(root, held, taken, left), askedFor(root)]);
    }),
  ]);
}

/** Modules of which something is left in the only output. */
function codeOf(metafile: Metafile | undefined): string[] {
  return Object.values(metafile?.outputs ?? {}).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([file]) => file),
  );
}

const IDENTITY =
  /^(?:export )?(?:(?:abstract )?class |let |const \w+(?::.*)? =\s+(?:(?:Object\.freeze|harden)\(\s*)?(?:new |Symbol\())/m;

/** What is there twice would not be the same, so it stands below both; functions and texts may be there twice. */
function hasIdentity(file: string): boolean {
  return IDENTITY.test(readFileSync(file, "utf8"));
}

/** What a script takes of the modules that the one below holds, and which modules are its own. */
async function lookAt(
  readable: Options,
  user: Entry,
  held: ReadonlySet<string>,
): Promise<{ readonly taken: Taken; readonly code: readonly string[] }> {
  const root = readable.absWorkingDir;
  const outside: Plugin = {
    name: "outside",
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
        const file = relative(root, join(resolveDir, path));
        return held.has(file) ? { path: file, external: true, sideEffects: false } : undefined;
      }),
  };
  const options = { ...readable, format: "esm" } as const;
  const { outputFiles, metafile } = await buildEach(options, [user], [outside, askedFor(root)]);
  const text = outputFiles?.[0]?.text ?? "";
  const taken = new Map<string, Set<string>>();
  for (const [, clause = "", file = ""] of text.matchAll(/^import ([^"]*) from "([^"]+)";$/gm)) {
    const known = taken.get(file) ?? new Set();
    taken.set(file, known);
    const names = namesIn(clause, text);
    for (const name of exportsOf(readFileSync(join(root, file), "utf8"))) {
      if (names.has(name)) known.add(name);
    }
  }
  return { taken, code: codeOf(metafile) };
}

/** Names that are imported, or looked up in what is imported whole. */
function namesIn(clause: string, text: string): ReadonlySet<string> {
  const whole = /^\* as (\S+)$/.exec(clause)?.[1];
  if (whole === undefined) return new Set(clause.match(/[\w$]+(?=,| |$)/gm));
  return new Set(
    text.match(new RegExp(`(?<=(?<![\\w$])${whole.replaceAll("$", "\\$")}\\.)\\w+`, "g")),
  );
}

function exportsOf(source: string): string[] {
  const names =
    /(?<=^export (?:abstract |async )?(?:const enum|const|let|class|function\*?) )[\w$]+/gm;
  return source.match(names) ?? [];
}

function leftFor(users: readonly Taken[]): readonly Left[] {
  const all = users.flatMap((taken) =>
    [...taken].flatMap(([file, names]) => [...names].map((name) => ({ file, name }))),
  );
  const byText = new Map(all.map((left) => [`${left.file} ${left.name}`, left]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, left]) => left);
}

/** No module is there for what it does by itself: one of which nothing is used is left out. */
function askedFor(root: string): Plugin {
  return {
    name: "asked-for",
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir }) =>
        resolveDir.startsWith(root)
          ? { path: join(resolveDir, path), sideEffects: false }
          : undefined,
      ),
  };
}

/** The script below also leaves what others take. */
function leaving(root: string, entry: string, left: readonly Left[]): Plugin {
  const imports = left.map(
    ({ file, name }, i) =>
      `import { ${name} as left${i} } from ${JSON.stringify(`./${relative(join(entry, ".."), file)}`)};`,
  );
  const value = `[${left.map((_, i) => `left${i}`).join(", ")}]`;
  const leave = `Object.defineProperty(globalThis, "${SHARED}", { value: ${value}, configurable: true });`;
  return {
    name: "leaving",
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (relative(root, path) !== entry) return undefined;
        const own = readFileSync(path, "utf8");
        return { contents: ['"use strict";', ...imports, own, leave].join("\n"), loader: "ts" };
      }),
  };
}

/** A script takes what the one below it has left. */
function taking(
  root: string,
  held: ReadonlySet<string>,
  taken: Taken,
  left: readonly Left[],
): Plugin {
  return {
    name: "taking",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
        const file = relative(root, join(resolveDir, path));
        return held.has(file) ? { path: file, namespace: "taken", sideEffects: false } : undefined;
      });
      onLoad({ filter: /.*/, namespace: "taken" }, ({ path }) => {
        const source = readFileSync(join(root, path), "utf8");
        const lines = exportsOf(source).map((name) => {
          const place = left.findIndex((one) => one.file === path && one.name === name);
          // What is imported and never used has to be there all the same.
          const isUsed = taken.get(path)?.has(name) === true;
          const value = isUsed ? `globalThis["${SHARED}"][${place}]` : "undefined";
          return `export const ${name} = ${numberOf(source, name) ?? value};`;
        });
        return { contents: lines.join("\n"), loader: "js" };
      });
    },
  };
}

/** A number is shorter than what would be taken. */
function numberOf(source: string, name: string): string | undefined {
  return new RegExp(`(?<=^export const ${name} = )-?[\\dx_a-f]+(?=;)`, "m").exec(source)?.[0];
}
