import { boot, i386 } from "#kernel-sim";
import type { LinkedFile, LinkMoment, LinkStory } from "#notebook/document";

type SharedObject = ReturnType<typeof i386.library>;

interface Library {
  readonly name: string;
  readonly needed: readonly string[];
  /** Functions by name; of those that are weak in brackets. */
  readonly defines: readonly string[];
  /** What its first function calls. */
  readonly calls?: string;
}

interface Plot {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly program: string;
  readonly needed: readonly string[];
  readonly calls: readonly string[];
  /** Dependencies before those that need them. */
  readonly libraries: readonly Library[];
  readonly env: Readonly<Record<string, string>>;
}

const PLOTS: readonly Plot[] = [
  {
    id: "breadth",
    title: "breadth first",
    hint: "Two libraries define log(). One is near, the other hangs below the library that is named first.",
    program: "shop",
    needed: ["libui.so", "libnet.so"],
    calls: ["draw", "log"],
    libraries: [
      { name: "libbase.so", needed: [], defines: ["log"] },
      { name: "libui.so", needed: ["libbase.so"], defines: ["draw"] },
      { name: "libnet.so", needed: [], defines: ["send", "log"] },
    ],
    env: {},
  },
  {
    id: "preload",
    title: "LD_PRELOAD",
    hint: "The same program, with a library in front that nobody has asked for.",
    program: "shop",
    needed: ["libui.so", "libnet.so"],
    calls: ["draw", "log"],
    libraries: [
      { name: "libbase.so", needed: [], defines: ["log"] },
      { name: "libui.so", needed: ["libbase.so"], defines: ["draw"] },
      { name: "libnet.so", needed: [], defines: ["send", "log"] },
      { name: "libspy.so", needed: [], defines: ["log"] },
    ],
    env: { LD_PRELOAD: "libspy.so" },
  },
  {
    id: "weak",
    title: "a weak definition",
    hint: "The first definition is weak, the second is not. Static linkers would take the second.",
    program: "shop",
    needed: ["libold.so", "libnew.so"],
    calls: ["price"],
    libraries: [
      { name: "libold.so", needed: [], defines: ["(price)"] },
      { name: "libnew.so", needed: [], defines: ["price"] },
    ],
    env: {},
  },
  {
    id: "interpose",
    title: "a library's own call",
    hint: "libui.so defines log() itself and calls it. Which one does it get?",
    program: "shop",
    needed: ["libnet.so", "libui.so"],
    calls: ["draw"],
    libraries: [
      { name: "libnet.so", needed: [], defines: ["log"] },
      { name: "libui.so", needed: [], defines: ["draw", "log"], calls: "log" },
    ],
    env: {},
  },
];

/** Programs with shared libraries, linked when they run. */
export function linkStories(): readonly LinkStory[] {
  return PLOTS.map(tell);
}

function tell(plot: Plot): LinkStory {
  const { id, title, hint, program, env } = plot;
  const machine = boot({ seed: 3, cpus: 1 });
  const built = new Map<string, SharedObject>();
  for (const library of plot.libraries) built.set(library.name, build(library, built));
  for (const [name, library] of built) machine.install(`/lib/${name}`, library);
  const needed = plot.needed.flatMap((name) => built.get(name) ?? []);
  const main = i386.assemble(mainText(plot.calls), { name: program, needed });
  const process = machine.spawn(main, { argv: [program], env });
  machine.runUntilIdle();
  const files = process.libraries.map(({ name, needed: names }) => ({
    name: shortName(name),
    needed: names,
    defines: plot.libraries.find((library) => library.name === shortName(name))?.defines ?? [],
  }));
  const moments = momentsOf(files, process.bindings);
  machine.close();
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value} `);
  return { id, title, hint, files, moments, command: `${settings.join("")}${program}` };
}

function build(
  { name, needed, defines, calls }: Library,
  built: ReadonlyMap<string, SharedObject>,
): SharedObject {
  const text = defines.map((definition, at) => {
    const symbol = definition.replace(/[()]/g, "");
    const binding = symbol === definition ? ".globl" : ".weak";
    return `${binding} ${symbol}\n${symbol}: ${at === 0 && calls !== undefined ? callText(calls) : ""} ret\n`;
  });
  return i386.library(text.join(""), {
    name,
    needed: needed.flatMap((each) => built.get(each) ?? []),
  });
}

/** A call through the table of procedures, whose address has to be in ebx. */
function callText(symbol: string): string {
  return `call 1f\n1: pop %ebx\n add $_GLOBAL_OFFSET_TABLE_+[.-1b], %ebx\n call ${symbol}@PLT\n`;
}

function mainText(calls: readonly string[]): string {
  return `.globl _start\n_start:\n${calls.map((symbol) => ` call ${symbol}\n`).join("")} mov $1, %eax\n xor %ebx, %ebx\n int $0x80\n`;
}

function shortName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

interface Binding {
  readonly symbol: string;
  readonly from: string;
  readonly to: string | undefined;
  readonly tried: readonly string[];
}

function momentsOf(files: readonly LinkedFile[], bindings: readonly Binding[]): LinkMoment[] {
  const moments: LinkMoment[] = files.map(({ name }, at) => ({
    ...{ kind: "load", file: name, loaded: at + 1, symbol: "", from: "", bound: [] },
    says: loadText(files, at),
  }));
  const bound: { symbol: string; from: string; to: string }[] = [];
  for (const binding of bindings) {
    const { symbol } = binding;
    const from = shortName(binding.from);
    for (const [at, path] of binding.tried.entries()) {
      const file = shortName(path);
      const isFound = at === binding.tried.length - 1 && binding.to !== undefined;
      if (isFound) bound.push({ symbol, from, to: file });
      moments.push({
        kind: isFound ? "found" : "miss",
        ...{ file, symbol, from, loaded: files.length, bound: [...bound] },
        says: isFound
          ? foundText(files, symbol, from, file)
          : `${from} calls ${symbol}(). ${file}, place ${at + 1} of the search, does not define it.`,
      });
    }
  }
  return moments;
}

function loadText(files: readonly LinkedFile[], at: number): string {
  const name = files[at]?.name ?? "";
  const { needed = [] } = files[at] ?? {};
  const wants =
    needed.length === 0
      ? "It needs no library."
      : `It needs ${needed.join(" and ")}: put at the end of the queue, unless they stand there already.`;
  if (at === 0) return `The program itself is the first. ${wants}`;
  const asker = files.find((file) => file.needed.includes(name))?.name;
  return asker === undefined
    ? `${name}, from LD_PRELOAD, goes behind the program and in front of all that the program has asked for. ${wants}`
    : `${name}, needed by ${asker}, is number ${at + 1}. ${wants}`;
}

function foundText(files: readonly LinkedFile[], symbol: string, from: string, to: string): string {
  const others = files.filter(
    ({ name, defines }) =>
      name !== to && defines.some((each) => each.replace(/[()]/g, "") === symbol),
  );
  const isWeak = files.find(({ name }) => name === to)?.defines.includes(`(${symbol})`) === true;
  const rest =
    others.length === 0
      ? ""
      : ` The definition in ${others.map(({ name }) => name).join(" and ")} is never looked at.`;
  const own = others.some(({ name }) => name === from)
    ? ` Not even its own: a library's calls are searched from the program on, like all others.`
    : "";
  const weak = isWeak
    ? " It is weak, which the dynamic linker does not mind: the first one counts."
    : "";
  return `${from} calls ${symbol}(). ${to} defines it: bound.${weak}${rest}${own}`;
}
