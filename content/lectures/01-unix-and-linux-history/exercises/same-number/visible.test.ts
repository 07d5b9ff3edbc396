import { exercise, type Plain } from "exercise";

const CLAIMS = [
  claim("june", 2.42, "page views", "desktop computers", "2022-06", "StatCounter"),
  claim("shop", 1.23, "answers to a survey", "users of a shop for games", "2022-07", "Valve"),
  claim("year-later", 3.07, "page views", "desktop computers", "2023-06", "StatCounter"),
  claim("marketing", 2.76, "page views", "desktop computers", "2022-07", ""),
  claim("servers", 96.3, "operating system", "the top million servers", "2022-07", "a page"),
  claim("sites", 100, "operating system", "the top million web sites", "2022-07", "a page"),
];

export default exercise("same-number", ({ test }) => {
  test("never-apples-with-pears", async ({ player, check }) => {
    const pairs = show(await player.call("comparablePairs", CLAIMS));
    check(!pairs.includes("shop"), "An answer to a survey is no page view: shop has no partner.");
    check(
      !pairs.includes("servers"),
      "Servers and web sites are two populations: one machine may serve thousands of sites.",
    );
    check(!pairs.includes("marketing"), "Nobody knows who counted the claim marketing.");
    check(pairs !== "", "Two of the claims may be compared.");
  });

  test("nothing-left-out", async ({ player, check }) => {
    const pairs = show(await player.call("comparablePairs", CLAIMS));
    check(
      pairs === "june/year-later",
      `Exactly one pair is one series at two dates, june and year-later. Yours: ${pairs}.`,
    );
  });

  test("keeps-and-adds", async ({ player, check }) => {
    const text = await player.call("restate", CLAIMS[0] as Plain);
    for (const part of ["2.42", "page views", "desktop computers", "2022-06", "StatCounter"]) {
      check(
        typeof text === "string" && text.includes(part),
        `The restatement of june does not say ${part}: ${String(text)}`,
      );
    }
  });

  test("says-nothing-more", async ({ player, check }) => {
    const nothing = await player.call("restate", CLAIMS[3] as Plain);
    check(
      nothing === undefined,
      `Without a source nothing can be restated; you answer ${String(nothing)}`,
    );
    const text = await player.call("restate", CLAIMS[1] as Plain);
    check(
      typeof text === "string" && !/\b(all|most|every|world)\b/i.test(text),
      `A share of the users of one shop is not one of all or of the world: ${String(text)}`,
    );
  });
});

function claim(
  id: string,
  value: number,
  metric: string,
  population: string,
  date: string,
  source: string,
): { readonly [key: string]: Plain } {
  return { id, value, metric, population, date, source };
}

function show(pairs: Plain): string {
  if (!Array.isArray(pairs)) return String(pairs);
  return pairs.map((pair: Plain) => (Array.isArray(pair) ? pair.join("/") : "?")).join(", ");
}
