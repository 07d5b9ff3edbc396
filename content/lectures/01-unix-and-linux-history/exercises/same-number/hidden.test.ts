import { exercise, type Plain, type TestContext } from "exercise";

interface Claim {
  readonly [key: string]: Plain;
  readonly id: string;
  readonly value: number;
  readonly metric: string;
  readonly population: string;
  readonly date: string;
  readonly source: string;
}

const METRICS = ["page views", "machines sold", "machines in use", "answers to a survey"];
const POPULATIONS = [
  "the top million servers",
  "the top million web sites",
  "desktop computers",
  "desktop and laptop computers",
  "desktop computers in Finland",
  "users of a shop for games",
];
const SOURCES = ["StatCounter", "Valve", "TOP500", "a research institute"];
/** Words by which a share of something becomes a share of everything. */
const TOO_MUCH =
  /\b(all|most|every|everybody|everyone|everywhere|always|world|worldwide|global|globally)\b/i;

export default exercise("same-number", ({ test }) => {
  test("never-apples-with-pears", async (context) => {
    for (let round = 0; round < 25; round++) {
      const claims = claimsOf(context, 9);
      const pairs = await pairsOf(context, claims);
      for (const [a, b] of pairs) {
        context.check(
          mayCompare(
            claims.find(({ id }) => id === a),
            claims.find(({ id }) => id === b),
          ),
          "A pair differs in metric or population, or one of its claims leaves something unsaid.",
        );
      }
      // Whoever compares nothing makes no mistake, and helps nobody.
      if (wantedOf(claims).length > 0) {
        context.check(pairs.length > 0, "Pairs that may be compared are missing.");
      }
    }
  });

  test("nothing-left-out", async (context) => {
    for (let round = 0; round < 25; round++) {
      const claims = claimsOf(context, 9);
      const pairs = await pairsOf(context, claims);
      const wanted = wantedOf(claims);
      context.check(
        pairs.length === wanted.length &&
          pairs.every(([a, b], i) => a === wanted[i]?.[0] && b === wanted[i]?.[1]),
        "The pairs are not all, not once each, or not in the order of the claims.",
      );
    }
  });

  test("keeps-and-adds", async (context) => {
    const claims = claimsOf(context, 60).filter(isComplete);
    const texts = await restatements(context, claims);
    claims.forEach((claim, i) => {
      const text = texts[i];
      const { value, metric, population, date, source } = claim;
      context.check(
        typeof text === "string" &&
          new RegExp(`(^|[^\\d.])${String(value).replace(".", "\\.")}(?![\\d.]*\\d)`).test(text),
        "A restatement does not keep the value as it is.",
      );
      context.check(
        typeof text === "string" &&
          [metric, population, date, source].every((part) => text.includes(part)),
        "A restatement leaves out what is counted, of what, when, or by whom.",
      );
    });
  });

  test("says-nothing-more", async (context) => {
    const claims = claimsOf(context, 80);
    const texts = await restatements(context, claims);
    claims.forEach((claim, i) => {
      const text = texts[i];
      if (!isComplete(claim)) {
        context.check(
          text === undefined,
          "A claim that leaves something unsaid has been restated: what is missing was invented.",
        );
        return;
      }
      const own = [claim.metric, claim.population, claim.date, claim.source];
      let rest = typeof text === "string" ? text : "all";
      for (const part of own) rest = rest.replaceAll(part, "");
      context.check(!TOO_MUCH.test(rest), "A restatement says more than the claim does.");
      const numbers = rest.match(/\d+(\.\d+)?/g) ?? [];
      context.check(
        numbers.length === 1 && numbers[0] === String(claim.value),
        "A restatement holds a number that the claim does not, or not its own.",
      );
    });
  });
});

function claimsOf({ random }: TestContext, count: number): readonly Claim[] {
  const populations = random.shuffle(POPULATIONS).slice(0, 3);
  const metrics = random.shuffle(METRICS).slice(0, 2);
  const said = (text: string) => (random.int(0, 7) === 0 ? "" : text);
  return Array.from({ length: count }, (_, i) => ({
    id: `${random.pick(["claim", "c", "nr"])}-${random.int(0, 999)}-${i}`,
    value: random.pick([random.int(1, 99), random.int(101, 9999) / 100]),
    metric: said(random.pick(metrics)),
    population: said(random.pick(populations)),
    date: said(random.pick(["2022-06", "2022-07", "2022-08", "2023-06"])),
    source: said(random.pick(SOURCES)),
  }));
}

function isComplete({ metric, population, date, source }: Claim): boolean {
  return [metric, population, date, source].every((field) => field !== "");
}

function mayCompare(a: Claim | undefined, b: Claim | undefined): boolean {
  if (a === undefined || b === undefined || !isComplete(a) || !isComplete(b)) return false;
  return a.metric === b.metric && a.population === b.population && a.id !== b.id;
}

function wantedOf(claims: readonly Claim[]): (readonly [string, string])[] {
  return claims.flatMap((a, i) =>
    claims.slice(i + 1).flatMap((b) => (mayCompare(a, b) ? [[a.id, b.id] as const] : [])),
  );
}

async function pairsOf(
  { player, check }: TestContext,
  claims: readonly Claim[],
): Promise<readonly (readonly [string, string])[]> {
  const answer = await player.call("comparablePairs", claims);
  const isPairs =
    Array.isArray(answer) &&
    answer.every(
      (pair: Plain) =>
        Array.isArray(pair) && pair.length === 2 && pair.every((id) => typeof id === "string"),
    );
  check(isPairs, "comparablePairs must answer a list of pairs of ids.");
  return answer as unknown as readonly (readonly [string, string])[];
}

async function restatements(
  { player, check }: TestContext,
  claims: readonly Claim[],
): Promise<readonly Plain[]> {
  const outcomes = await player.callBatch(
    "restate",
    claims.map((claim) => [claim]),
  );
  return outcomes.map((outcome) => {
    check(outcome.kind === "returned", "restate threw an error.");
    return outcome.kind === "returned" ? outcome.value : undefined;
  });
}
