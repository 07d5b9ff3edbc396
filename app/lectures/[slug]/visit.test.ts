import { expect, test } from "vitest";
import { Visit, type VisitedCell } from "./visit.ts";

const SECTIONS = ["one", "two", "three"];

function cell(id: string, order: number, isOk: boolean, source = "given"): VisitedCell {
  const status = { kind: isOk ? "ran" : "failed" };
  return { id, original: "given", lastRun: { order, isOk, source }, status };
}

test("a section counts when it is seen twice in a row, and only the furthest one is told", () => {
  const visit = new Visit(SECTIONS);
  for (const section of [0, 2, 1, 1, 0, 0]) visit.look(section);
  expect(visit.news()?.section).toBe("two");
});

test("who only opens the lecture has reached no section", () => {
  const visit = new Visit(SECTIONS);
  visit.look(-1);
  visit.look(-1);
  expect(visit.news()).toEqual({ section: "", ran: [], failed: [], failedAsGiven: [] });
});

test("of a cell it is told that it ran and that it failed, and whether with the lecture's own text", () => {
  const visit = new Visit(SECTIONS);
  visit.hear([cell("a", 1, false), cell("b", 2, false, "edited")]);
  visit.hear([cell("a", 3, true), cell("b", 2, false, "edited")]);
  const news = { ran: ["a"], failed: ["a", "b"], failedAsGiven: ["a"] };
  expect(visit.news()).toMatchObject(news);
});

test("a cell that the reader has stopped has not failed", () => {
  const visit = new Visit(SECTIONS);
  visit.hear([{ ...cell("a", 1, false), status: { kind: "interrupted" } }]);
  expect(visit.news()).toMatchObject({ ran: [], failed: [] });
});

test("nothing is told twice", () => {
  const visit = new Visit(SECTIONS);
  visit.hear([cell("a", 1, true)]);
  expect(visit.news()).toBeDefined();
  visit.hear([cell("a", 2, true)]);
  visit.look(0);
  expect(visit.news()).toBeUndefined();
  visit.look(0);
  expect(visit.news()).toMatchObject({ section: "one", ran: ["a"] });
});
