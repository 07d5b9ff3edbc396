import { exercise, type Plain, type TestContext } from "exercise";

const PAGE_SIZE = 4096;
const WORLDS = 120;

interface Reference {
  readonly symbol: string;
  readonly binding: "strong" | "weak";
  readonly slot: number;
  readonly callSites: readonly number[];
}

interface SharedObject {
  readonly name: string;
  readonly needed: readonly string[];
  readonly defines: Readonly<Record<string, "strong" | "weak">>;
  readonly references: readonly Reference[];
  readonly textPages: number;
  readonly dataPages: number;
}

/** One call of the student's function. */
interface World {
  readonly program: string;
  readonly files: readonly SharedObject[];
  readonly preload: readonly string[];
}

interface Taste {
  /** Out of ten references, those that nobody defines. */
  readonly unresolved?: number;
  /** Out of ten libraries, those without a file. */
  readonly lost?: number;
  readonly preload?: number;
}

interface Answer {
  readonly order?: Plain;
  readonly bindings?: Plain;
  readonly writes?: Plain;
  readonly sharedPages?: Plain;
  readonly missing?: Plain;
  readonly undefined?: Plain;
  readonly object?: Plain;
}

export default exercise("the-linkers-search", ({ test }) => {
  test("order", async (context) => {
    await compare(context, { preload: 2 }, (given, wanted) =>
      isSame(given.order, wanted.order ?? null)
        ? undefined
        : "The objects are not in the order in which ld.so searches them.",
    );
  });

  test("first-wins", async (context) => {
    await compare(context, { preload: 1 }, (given, wanted) =>
      isSame(sorted(given.bindings), sorted(wanted.bindings ?? null))
        ? undefined
        : "A symbol is bound to another object than the first one that defines it.",
    );
  });

  test("weak-references", async (context) => {
    await compare(context, { unresolved: 2 }, (given, wanted) => {
      if (wanted.undefined !== undefined) {
        const isTold = given.undefined === wanted.undefined && given.object === wanted.object;
        return isTold && given.order === undefined
          ? undefined
          : "A strong reference that nobody defines must end it, and be told.";
      }
      return isSame(sorted(given.bindings), sorted(wanted.bindings ?? null))
        ? undefined
        : "A weak reference that nobody defines is bound to null.";
    });
  });

  test("missing", async (context) => {
    await compare(context, { lost: 1, preload: 3 }, (given, wanted) => {
      if (given.missing !== wanted.missing) {
        return wanted.missing === undefined
          ? "Nothing that is needed is missing here."
          : "The first needed library that has no file is to be told.";
      }
      if (wanted.missing !== undefined || wanted.undefined !== undefined) return undefined;
      return isSame(given.order, wanted.order ?? null)
        ? undefined
        : "What cannot be preloaded is left out, and all else stays as it is.";
    });
  });

  test("pages", async (context) => {
    await compare(context, { preload: 1, unresolved: 1 }, (given, wanted) => {
      if (wanted.undefined !== undefined) return undefined;
      if (!isSame(sorted(given.writes), sorted(wanted.writes ?? null))) {
        return "Exactly the slots of the references are written, each once.";
      }
      return given.sharedPages === wanted.sharedPages
        ? undefined
        : "The pages that stay as in the file are not counted right.";
    });
  });
});

async function compare(
  context: TestContext,
  taste: Taste,
  problemOf: (given: Answer, wanted: Answer) => string | undefined,
): Promise<void> {
  const { player, check } = context;
  const worlds = Array.from({ length: WORLDS }, () => worldOf(context, taste));
  const outcomes = await player.callBatch(
    "link",
    worlds.map(({ program, files, preload }) => [program, files as unknown as Plain, preload]),
  );
  outcomes.forEach((outcome, i) => {
    check(outcome.kind === "returned", "link threw an error.");
    const value = outcome.kind === "returned" ? outcome.value : undefined;
    const given = (typeof value === "object" && value !== null ? value : {}) as Answer;
    const problem = problemOf(given, truth(worlds[i] as World));
    check(problem === undefined, problem ?? "");
  });
}

function truth({ program, files, preload }: World): Answer {
  const byName = new Map(files.map((file) => [file.name, file]));
  const order: string[] = [program];
  for (const name of preload) if (byName.has(name) && !order.includes(name)) order.push(name);
  for (let i = 0; i < order.length; i++) {
    for (const name of byName.get(order[i] as string)?.needed ?? []) {
      if (!byName.has(name)) return { missing: name };
      if (!order.includes(name)) order.push(name);
    }
  }
  const bindings: Plain[] = [];
  const writes: Plain[] = [];
  let sharedPages = 0;
  for (const name of order) {
    const object = byName.get(name) as SharedObject;
    const pages = new Set<number>();
    for (const { symbol, binding, slot } of object.references) {
      const to =
        order.find((each) => Object.hasOwn(byName.get(each)?.defines ?? {}, symbol)) ?? null;
      if (to === null && binding === "strong") return { undefined: symbol, object: name };
      bindings.push({ object: name, symbol, to });
      writes.push({ object: name, address: slot });
      pages.add(Math.floor(slot / PAGE_SIZE));
    }
    sharedPages += object.textPages + object.dataPages - pages.size;
  }
  return { order, bindings, writes, sharedPages };
}

function worldOf(context: TestContext, { unresolved = 0, lost = 0, preload = 0 }: Taste): World {
  const { random } = context;
  const count = random.int(3, 9);
  const names = ["main", ...Array.from({ length: count }, (_, i) => `lib${i}.so`)];
  const symbols = ["open", "draw", "log", "free", "close", "sum"];
  const extra = ["libx.so", "liby.so"];
  const files = names.map((name, at): SharedObject => {
    // Mostly further down, sometimes back up: libraries may need each other.
    const candidates = names.slice(1).filter((other) => other !== name);
    const needed = random
      .shuffle(candidates)
      .filter((other) => random.int(0, 9) < (names.indexOf(other) > at ? 4 : 1))
      .slice(0, 3);
    return objectOf(context, name, at === 0 && needed.length === 0 ? ["lib0.so"] : needed, symbols);
  });
  for (const name of extra)
    files.push(objectOf(context, name, random.int(0, 1) ? ["lib1.so"] : [], symbols));
  const isThere = ({ name }: SharedObject) => name === "main" || random.int(0, 9) >= lost;
  const there = files.filter(isThere);
  const preloaded = random.shuffle([...extra, "lib2.so", ...(lost > 0 ? ["libgone.so"] : [])]);
  const defined = new Set(there.flatMap(({ defines }) => Object.keys(defines)));
  // Who nobody defines is rare, and then mostly weak.
  const tasteful = there.map((object) => ({
    ...object,
    references: object.references.flatMap((reference): readonly Reference[] => {
      if (random.int(0, 9) < unresolved) {
        const binding = random.int(0, 5) === 0 ? "strong" : "weak";
        return [{ ...reference, symbol: `nobody${random.int(1, 3)}`, binding }];
      }
      return defined.has(reference.symbol) ? [reference] : [];
    }),
  }));
  const world = {
    program: "main",
    files: random.shuffle(tasteful),
    preload: preloaded.slice(0, preload),
  };
  return unresolved > 0 || lost > 0 ? world : resolvable(world);
}

/** The same world with a last library, needed by the program, that defines everything. */
function resolvable({ program, files, preload }: World): World {
  const all = files.flatMap(({ references }) => references.map(({ symbol }) => symbol));
  const last: SharedObject = {
    name: "liball.so",
    needed: [],
    defines: Object.fromEntries(all.map((symbol) => [symbol, "strong"] as const)),
    references: [],
    textPages: 2,
    dataPages: 1,
  };
  const ends = files.map((file) =>
    file.name === program ? { ...file, needed: [...file.needed, last.name] } : file,
  );
  return { program, files: [...ends, last], preload };
}

function objectOf(
  { random }: TestContext,
  name: string,
  needed: readonly string[],
  symbols: readonly string[],
): SharedObject {
  const textPages = random.int(1, 6);
  const dataPages = random.int(1, 4);
  const defines = Object.fromEntries(
    symbols
      .filter(() => name !== "main" && random.int(0, 9) < 3)
      .map((symbol) => [symbol, random.pick(["strong", "weak"] as const)] as const),
  );
  const references = random
    .shuffle(symbols)
    .filter(() => random.int(0, 9) < 4)
    .map((symbol, i): Reference => {
      const page = random.int(0, dataPages - 1);
      return {
        symbol,
        binding: random.pick(["strong", "strong", "weak"] as const),
        slot: (textPages + page) * PAGE_SIZE + 16 * i + 4 * random.int(0, 3),
        callSites: Array.from({ length: random.int(0, 3) }, () =>
          random.int(0, textPages * PAGE_SIZE - 1),
        ),
      };
    });
  return { name, needed, defines, references, textPages, dataPages };
}

/** Lists of records in an order of our own. */
function sorted(list: Plain | undefined): Plain {
  if (!Array.isArray(list)) return null;
  return list.map((item) => textOf(item)).sort();
}

function textOf(value: Plain): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return String(value);
  return Object.entries(value)
    .map(([key, item]) => `${key}=${String(item)}`)
    .sort()
    .join();
}

function isSame(a: Plain | undefined, b: Plain): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return false;
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
