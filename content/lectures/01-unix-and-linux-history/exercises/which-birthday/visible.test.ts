import { exercise, type Plain } from "exercise";

const SNIPPETS = [
  snippet("post", "1991-08-25", "primary", "the project", "announced", "1991-08-25"),
  snippet("files", "1991-09-17", "primary", "Linux 0.01", "released", "1991-09-17"),
  snippet("interview", "2011-04-01", "memory", "Linux 0.01", "released", "1991-09"),
  snippet("archive", "1994-03-14", "primary", "Linux 1.0", "released", "1994-03-14"),
  snippet("memoir", "2023-04-12", "memory", "Linux 1.0", "celebrated", "1994"),
];

export default exercise("which-birthday", ({ test }) => {
  test("same-thing", async ({ player, check }) => {
    const claims = [claim("slide", "Linux 1.0", "released", "1994-03-30")];
    const wrong = await player.call("judge", claims, SNIPPETS);
    check(
      label(wrong) === "contradicted",
      `1.0 was released on 14 March: the claim is contradicted, not ${label(wrong)}.`,
    );
    const open = await player.call(
      "judge",
      [claim("x", "Linux 0.01", "announced", "1991-09-17")],
      SNIPPETS,
    );
    check(
      label(open) === "open",
      `Nothing here says when 0.01 was announced: that is open, not ${label(open)}.`,
    );
  });

  test("precision", async ({ player, check }) => {
    const march = await player.call(
      "judge",
      [claim("m", "Linux 1.0", "released", "1994-03")],
      SNIPPETS,
    );
    check(
      label(march) === "supported",
      `14 March lies in March 1994; your label is ${label(march)}.`,
    );
    const day = await player.call(
      "judge",
      [claim("d", "Linux 1.0", "celebrated", "1994-03-30")],
      SNIPPETS,
    );
    check(
      label(day) === "open",
      `"1994" does not decide about 30 March 1994; your label is ${label(day)}.`,
    );
  });

  test("best-source", async ({ player, check }) => {
    const rumour = snippet(
      "rumour",
      "1991-06-01",
      "secondary",
      "Linux 0.01",
      "released",
      "1991-05",
    );
    const answer = await player.call(
      "judge",
      [claim("may", "Linux 0.01", "released", "1991-05")],
      [rumour, ...SNIPPETS],
    );
    check(
      label(answer) === "contradicted",
      `The dates of the files are primary and say September; your label is ${label(answer)}.`,
    );
  });

  test("deciding-snippet", async ({ player, check }) => {
    const may = [claim("may", "Linux 0.01", "released", "1991-05")];
    const answer = await player.call("judge", may, SNIPPETS);
    check(by(answer) === "files", `The files decide, not ${by(answer)}.`);
    const without = await player.call(
      "judge",
      may,
      SNIPPETS.filter(({ id }) => id !== "files"),
    );
    check(
      by(without) === "interview",
      `Without the files the interview decides, not ${by(without)}.`,
    );
  });
});

function snippet(
  id: string,
  written: string,
  kind: string,
  subject: string,
  event: string,
  date: string,
): { readonly [key: string]: Plain } {
  return { id, written, kind, states: [{ subject, event, date }] };
}

function claim(id: string, subject: string, event: string, date: string): Plain {
  return { id, subject, event, date };
}

function first(answer: Plain): { readonly [key: string]: Plain } {
  const [verdict] = Array.isArray(answer) ? answer : [];
  return typeof verdict === "object" && verdict !== null ? verdict : {};
}

function label(answer: Plain): string {
  return String(first(answer)["label"]);
}

function by(answer: Plain): string {
  return String(first(answer)["by"]);
}
