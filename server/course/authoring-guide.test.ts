/** What `docs/authoring.md` lists is what there is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FIGURE_NAMES } from "#notebook/document";
import { LECTURE_COMPONENTS, TASK_COMPONENTS } from "./mdx/components.ts";

const root = join(import.meta.dirname, "../..");
const guide = readFileSync(join(root, "docs/authoring.md"), "utf8");

test("the guide names every figure and component that a text may use", () => {
  for (const name of FIGURE_NAMES) expect(guide).toContain(`\`${name}\``);
  const listed = [...guide.matchAll(/^\| `([A-Z]\w+)` \|/gm)].map(([, name]) => name);
  expect(listed).toEqual(Object.keys(LECTURE_COMPONENTS));
  expect(Object.keys(TASK_COMPONENTS)).toEqual(["Note", "Picture"]);
});

test("the guide names every method that a test file of an exercise has", () => {
  const api = readFileSync(join(root, "notebook/runtime/exercise-api.ts"), "utf8");
  for (const of of ["Player", "SeededRandom", "TestContext"]) {
    const [, body = ""] = new RegExp(`interface ${of} \\{([\\s\\S]*?)\\n\\}`).exec(api) ?? [];
    const names = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:<]/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) expect(guide).toMatch(new RegExp(`\\b${name}\\b`));
  }
});
