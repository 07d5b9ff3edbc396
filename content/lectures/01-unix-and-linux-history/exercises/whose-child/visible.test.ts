import { unixFamily } from "course-data";
import { exercise, type Plain } from "exercise";

const SMALL = [
  { name: "First", year: 1971, parents: [] },
  { name: "Left", year: 1975, parents: ["First"] },
  { name: "Right", year: 1975, parents: ["First"] },
  { name: "Joined", year: 1979, parents: ["Left", "Right"] },
  { name: "Stranger", year: 1970, parents: [] },
];

const FAMILY = unixFamily.map(({ name, year, parents }) => ({ name, year, parents }));

export default exercise("whose-child", ({ test }) => {
  test("all-parents", async ({ player, check }) => {
    const answer = await player.call("ancestors", SMALL, "Joined");
    check(
      isList(answer) && ["First", "Left", "Right"].every((name) => answer.includes(name)),
      `Joined comes from Left and Right, and they from First; your answer is ${show(answer)}.`,
    );
    const ofOpenBsd = await player.call("ancestors", FAMILY, "OpenBSD");
    check(
      isList(ofOpenBsd) && ofOpenBsd.includes("32V") && ofOpenBsd.includes("2BSD"),
      "3BSD has two parents, 32V and 2BSD, and OpenBSD comes from both.",
    );
  });

  test("each-once", async ({ player, check }) => {
    const answer = await player.call("ancestors", SMALL, "Joined");
    check(
      isList(answer) && answer.length === 3,
      `Joined has three ancestors, not ${show(answer)}.`,
    );
    const ofFirst = await player.call("ancestors", SMALL, "First");
    check(isList(ofFirst) && ofFirst.length === 0, `First has none; you answer ${show(ofFirst)}.`);
  });

  test("by-year", async ({ player, check }) => {
    const answer = await player.call("ancestors", SMALL, "Joined");
    check(
      show(answer) === "First, Left, Right",
      `1971, then twice 1975 by name: First, Left, Right. Yours is ${show(answer)}.`,
    );
  });

  test("in-common", async ({ player, check }) => {
    const answer = await player.call("commonAncestors", SMALL, "Left", "Right");
    check(show(answer) === "First", `Left and Right have First in common, not ${show(answer)}.`);
    const none = await player.call("commonAncestors", SMALL, "Joined", "Stranger");
    check(show(none) === "", `Joined and Stranger have none in common; yours is ${show(none)}.`);
    const parent = await player.call("commonAncestors", SMALL, "Left", "Joined");
    check(
      show(parent) === "First",
      `Left is an ancestor of Joined, but not of itself: they have First in common, not ${show(parent)}.`,
    );
  });

  test("large", async ({ player, check }) => {
    const chain = Array.from({ length: 3000 }, (_, i) => ({
      name: `system ${i}`,
      year: 1969 + i,
      parents: i === 0 ? [] : [`system ${i - 1}`],
    }));
    const answer = await player.call("ancestors", chain, "system 2999");
    check(
      isList(answer) && answer.length === 2999,
      "In a chain of 3000 systems the last has 2999 ancestors.",
    );
  });
});

function isList(answer: Plain): answer is readonly string[] {
  return Array.isArray(answer);
}

function show(answer: Plain): string {
  return isList(answer) ? answer.join(", ") : String(answer);
}
