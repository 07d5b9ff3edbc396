import { exercise, type Plain, type TestContext } from "exercise";

interface Statement {
  readonly [key: string]: Plain;
  readonly subject: string;
  readonly event: string;
  readonly date: string;
}

interface Snippet {
  readonly [key: string]: Plain;
  readonly id: string;
  readonly written: string;
  readonly kind: "primary" | "memory" | "secondary";
  readonly states: readonly Statement[];
}

interface Claim extends Statement {
  readonly id: string;
}

const SUBJECTS = [
  "Linux 0.01",
  "Linux 0.02",
  "Linux 0.12",
  "Linux 1.0",
  "the project",
  "the licence",
];
const EVENTS = ["begun", "mentioned", "announced", "released", "celebrated", "changed"];
const RANK = { primary: 0, memory: 1, secondary: 2 };

export default exercise("which-birthday", ({ test }) => {
  test("same-thing", async (context) => {
    const { random } = context;
    for (let round = 0; round < 30; round++) {
      // No disagreement and full dates: only subject and event matter.
      const dates = new Map<string, string>();
      const snippets = Array.from({ length: 6 }, (_, i) =>
        snippetOf(context, i, (subject, event) => {
          const key = `${subject} ${event}`;
          const date = dates.get(key) ?? dayOf(context);
          dates.set(key, date);
          return date;
        }),
      );
      const claims = Array.from({ length: 8 }, (_, i) => claimOf(context, i, snippets, false));
      await expectVerdicts(context, claims, random.shuffle(snippets), false);
    }
  });

  test("precision", async (context) => {
    for (let round = 0; round < 40; round++) {
      const snippets = Array.from({ length: 3 }, (_, i) =>
        snippetOf(context, i, () => cut(context, dayOf(context)), 1),
      );
      // One snippet a claim can see, so that no ranking is needed.
      const seen = new Set<string>();
      const alone = snippets.filter(({ states }) =>
        states.every(({ subject, event }) => {
          const isNew = !seen.has(`${subject} ${event}`);
          seen.add(`${subject} ${event}`);
          return isNew;
        }),
      );
      const claims = Array.from({ length: 8 }, (_, i) => claimOf(context, i, alone, true));
      await expectVerdicts(context, claims, alone, false);
    }
  });

  test("best-source", async (context) => {
    for (let round = 0; round < 30; round++) {
      const snippets = disputes(context);
      const claims = Array.from({ length: 10 }, (_, i) => claimOf(context, i, snippets, true));
      await expectVerdicts(context, claims, snippets, false);
    }
  });

  test("deciding-snippet", async (context) => {
    const { random } = context;
    for (let round = 0; round < 30; round++) {
      const all = disputes(context);
      const claims = Array.from({ length: 10 }, (_, i) => claimOf(context, i, all, true));
      await expectVerdicts(context, claims, all, true);
      const rest = random.shuffle(all).slice(random.int(1, 5));
      await expectVerdicts(context, claims, rest, true);
      await expectVerdicts(context, claims, [], true);
    }
  });
});

/** Snippets that speak of few things, and disagree about them. */
function disputes(context: TestContext): readonly Snippet[] {
  const { random } = context;
  const subjects = random.shuffle(SUBJECTS).slice(0, 2);
  const events = random.shuffle(EVENTS).slice(0, 2);
  const snippets = Array.from({ length: 10 }, (_, i) =>
    snippetOf(context, i, () => cut(context, dayOf(context)), 2, subjects, events),
  );
  return random.shuffle(snippets);
}

function snippetOf(
  { random }: TestContext,
  i: number,
  dateOf: (subject: string, event: string) => string,
  statements = random.int(1, 3),
  subjects: readonly string[] = SUBJECTS,
  events: readonly string[] = EVENTS,
): Snippet {
  const states = new Map<string, Statement>();
  for (let n = 0; n < statements; n++) {
    const [subject, event] = [random.pick(subjects), random.pick(events)];
    if (states.has(`${subject} ${event}`)) continue;
    states.set(`${subject} ${event}`, { subject, event, date: dateOf(subject, event) });
  }
  return {
    id: `${random.pick(["post", "mail", "book"])}-${random.int(0, 99)}-${i}`,
    written: `${random.pick([1991, 1992, 1994, 2011, 2023])}-0${random.int(1, 9)}-1${random.int(0, 2)}`,
    kind: random.pick(["primary", "memory", "secondary"] as const),
    states: [...states.values()],
  };
}

/** Mostly about something that a snippet states, and often right. */
function claimOf(
  context: TestContext,
  i: number,
  snippets: readonly Snippet[],
  mayBeCoarse: boolean,
): Claim {
  const { random } = context;
  const stated = snippets.flatMap(({ states }) => states);
  const about = stated.length > 0 && random.int(0, 4) > 0 ? random.pick(stated) : undefined;
  const subject = about?.subject ?? random.pick(SUBJECTS);
  const event = about !== undefined && random.int(0, 3) > 0 ? about.event : random.pick(EVENTS);
  const near = about !== undefined && random.int(0, 1) === 0 ? completed(context, about.date) : "";
  const day = near === "" ? dayOf(context) : near;
  return { id: `claim-${i}`, subject, event, date: mayBeCoarse ? cut(context, day) : day };
}

function dayOf({ random }: TestContext): string {
  return `199${random.pick([1, 1, 2, 4])}-0${random.pick([3, 8, 9])}-${random.pick([14, 17, 25, 30])}`;
}

function cut({ random }: TestContext, day: string): string {
  return day.slice(0, random.pick([4, 7, 10, 10]));
}

function completed({ random }: TestContext, date: string): string {
  const month = date.length > 4 ? date : `${date}-0${random.pick([3, 8, 9])}`;
  return month.length > 7 ? month : `${month}-${random.pick([14, 17, 25, 30])}`;
}

function reference(
  claim: Claim,
  snippets: readonly Snippet[],
): { label: string; by: string | undefined } {
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const bestFirst = [...snippets].sort(
    (a, b) => RANK[a.kind] - RANK[b.kind] || order(a.written, b.written) || order(a.id, b.id),
  );
  for (const { id, states } of bestFirst) {
    for (const { subject, event, date } of states) {
      if (subject !== claim.subject || event !== claim.event) continue;
      if (date.startsWith(claim.date)) return { label: "supported", by: id };
      if (!claim.date.startsWith(date)) return { label: "contradicted", by: id };
    }
  }
  return { label: "open", by: undefined };
}

async function expectVerdicts(
  { player, check }: TestContext,
  claims: readonly Claim[],
  snippets: readonly Snippet[],
  withSnippet: boolean,
): Promise<void> {
  const answer = await player.call("judge", claims, snippets);
  check(
    Array.isArray(answer) && answer.length === claims.length,
    "judge must answer one verdict for each claim.",
  );
  claims.forEach((claim, i) => {
    const verdict = (answer as readonly Plain[])[i] as { readonly [key: string]: Plain } | null;
    const wanted = reference(claim, snippets);
    check(
      verdict?.["claim"] === claim.id && verdict["label"] === wanted.label,
      wanted.label === "open"
        ? "A claim that the snippets leave open was decided."
        : "A claim was labelled wrongly.",
    );
    if (withSnippet) {
      check(
        verdict?.["by"] === wanted.by,
        "A verdict names another snippet than the one that decides.",
      );
    }
  });
}
