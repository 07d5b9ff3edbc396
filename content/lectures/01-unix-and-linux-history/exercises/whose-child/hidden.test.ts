import { exercise, type Plain, type TestContext } from "exercise";

interface System {
  readonly [key: string]: Plain;
  readonly name: string;
  readonly year: number;
  readonly parents: readonly string[];
}

/** So many that who searches the list for every name is not done in time. */
const LARGE = 30_000;

export default exercise("whose-child", ({ test }) => {
  test("all-parents", async (context) => {
    for (let round = 0; round < 12; round++) {
      const tree = family(context, 30);
      await expectAncestors(context, tree, (found, wanted) =>
        wanted.every((name) => found.includes(name)),
      );
    }
  });

  test("each-once", async (context) => {
    for (let round = 0; round < 12; round++) {
      const tree = family(context, 30);
      await expectAncestors(
        context,
        tree,
        (found, wanted) =>
          found.length === wanted.length && found.every((name) => wanted.includes(name)),
      );
    }
  });

  test("by-year", async (context) => {
    for (let round = 0; round < 12; round++) {
      const tree = family(context, 40);
      await expectAncestors(context, tree, same);
    }
  });

  test("in-common", async (context) => {
    const { player, random, check } = context;
    for (let round = 0; round < 12; round++) {
      const tree = family(context, 30);
      const pairs = Array.from({ length: 12 }, () => {
        const a = random.pick(tree);
        // A system with one of its own ancestors, too.
        const near = a.parents.length > 0 && random.int(0, 2) === 0 ? random.pick(a.parents) : "";
        return [a.name, near === "" ? random.pick(tree).name : near] as const;
      });
      const outcomes = await player.callBatch(
        "commonAncestors",
        pairs.map(([a, b]) => [tree, a, b]),
      );
      outcomes.forEach((outcome, i) => {
        const [a, b] = pairs[i] as readonly [string, string];
        const ofB = reference(tree, b);
        const wanted = reference(tree, a).filter((name) => ofB.includes(name));
        check(
          outcome.kind === "returned" && isNames(outcome.value) && same(outcome.value, wanted),
          "commonAncestors is wrong for a pair. Is one of them an ancestor of the other, or are they strangers?",
        );
      });
    }
  });

  test("large", async (context) => {
    const { player, random, check } = context;
    const shift = random.int(0, 5000);
    const chain: System[] = [];
    for (let i = 0; i < LARGE; i++) {
      const parents = i === 0 ? [] : [`s${i - 1}`];
      // Diamonds: the number of ways doubles at each, the number of ancestors does not.
      if (i > 1) parents.push(`s${i - 2}`);
      chain.push({ name: `s${i}`, year: shift + i, parents });
    }
    const answer = await player.call("ancestors", random.shuffle(chain), `s${LARGE - 1}`);
    check(
      isNames(answer) && answer.length === LARGE - 1 && answer.every((name, i) => name === `s${i}`),
      "Of very many systems in a row the last has all others as ancestors, oldest first.",
    );
  });
});

/** Systems in no order, with one to three parents, branches that join again, and several roots. */
function family({ random }: TestContext, size: number): readonly System[] {
  const tree: System[] = [];
  for (let i = 0; i < size; i++) {
    const parents = new Set<string>();
    const wanted = i === 0 || random.int(0, 6) === 0 ? 0 : random.pick([1, 1, 2, 2, 3]);
    for (let n = 0; n < wanted; n++) {
      const near = random.int(0, 1) === 0 ? Math.max(0, i - 5) : 0;
      parents.add((tree[random.int(near, i - 1)] as System).name);
    }
    const year = 1969 + Math.floor(i / 3);
    const name = `${random.pick(["b", "B", "a", "Z", "é", "10", "9"])}${random.int(0, 99)}-${i}`;
    tree.push({ name, year, parents: [...parents] });
  }
  return random.shuffle(tree);
}

async function expectAncestors(
  { player, random, check }: TestContext,
  tree: readonly System[],
  fits: (found: readonly string[], wanted: readonly string[]) => boolean,
): Promise<void> {
  const names = random.shuffle(tree.map(({ name }) => name)).slice(0, 15);
  const outcomes = await player.callBatch(
    "ancestors",
    names.map((name) => [tree, name]),
  );
  outcomes.forEach((outcome, i) => {
    const wanted = reference(tree, names[i] as string);
    check(
      outcome.kind === "returned" && isNames(outcome.value) && fits(outcome.value, wanted),
      "The ancestors of a system in a random family are wrong. Try one with several parents whose branches join again, and years that are equal.",
    );
  });
}

function isNames(answer: Plain): answer is readonly string[] {
  return Array.isArray(answer) && answer.every((name) => typeof name === "string");
}

function same(found: readonly string[], wanted: readonly string[]): boolean {
  return found.length === wanted.length && found.every((name, i) => name === wanted[i]);
}

function reference(tree: readonly System[], name: string): string[] {
  const byName = new Map(tree.map((system) => [system.name, system]));
  const found = new Set<string>();
  const waiting = [...(byName.get(name)?.parents ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    waiting.push(...(byName.get(next)?.parents ?? []));
  }
  const yearOf = (one: string) => byName.get(one)?.year ?? 0;
  return [...found].sort((a, b) => yearOf(a) - yearOf(b) || (a < b ? -1 : 1));
}
