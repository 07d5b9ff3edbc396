import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readCourse } from "./lecture.ts";

const EXERCISE = join(
  import.meta.dirname,
  "../../tests/fixtures/course/lectures/01-sums/exercises/add-up",
);
const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

const frontMatter = (slug: string) => `---
number: L${slug.slice(0, 2)}
slug: ${slug}
title: Sums
summary: How to add.
minutes: 10
goals: [Add]
covers: [1]
---
`;

const SOUND = `${frontMatter("01-sums")}
## One and one

Two, as [below](#and-more) and in [lecture 2](/lectures/02-more#the-end).

\`\`\`ts cell id=one-and-one title="One and one"
1 + 1
\`\`\`

### And more

<Exercise id="add-up" />
`;

const SECOND = `${frontMatter("02-more")}
## The end

See [cell](/lectures/01-sums#cell-one-and-one).
`;

/** A course of two lectures and an exercise; a change may be made to the first text. */
function course(change: (text: string) => string = (text) => text, second = SECOND): string {
  const folder = mkdtempSync(join(tmpdir(), "kernelbook-course-"));
  made.push(folder);
  const lecture = (slug: string, text: string) => {
    mkdirSync(join(folder, "lectures", slug, "exercises"), { recursive: true });
    writeFileSync(join(folder, "lectures", slug, "lecture.mdx"), text);
  };
  lecture("01-sums", change(SOUND));
  lecture("02-more", second);
  cpSync(EXERCISE, join(folder, "lectures/01-sums/exercises/add-up"), { recursive: true });
  writeFileSync(join(folder, "topics.yaml"), "1: Adding\n2: Taking away\n");
  return folder;
}

test("a sound course is read: headings, cells, exercises, body", async () => {
  const { lectures, problems } = await readCourse(course());
  expect(problems).toEqual([]);
  const [first] = lectures;
  expect(lectures.map(({ frontMatter: { slug } }) => slug)).toEqual(["01-sums", "02-more"]);
  expect(first?.headings).toEqual([
    { id: "one-and-one", depth: 2, text: "One and one" },
    { id: "and-more", depth: 3, text: "And more" },
  ]);
  const cell = { id: "one-and-one", number: 1, title: "One and one", source: "1 + 1" };
  expect(first?.cells).toEqual([{ ...cell, storedOutputs: [] }]);
  expect(first?.exerciseIds).toEqual(["add-up"]);
  const elements = first?.body.children.filter((node) => node.type === "element") ?? [];
  expect(elements.map(({ tagName, properties }) => [tagName, properties["id"]])).toEqual([
    ["h2", "one-and-one"],
    ["p", undefined],
    ["kb-cell", "one-and-one"],
    ["h3", "and-more"],
    ["kb-exercise", "add-up"],
  ]);
});

test.each([
  {
    name: "a component that is not closed",
    change: (text: string) => text.replace("## One and one", "<Note>\nOh\n"),
    says: /^\S*01-sums\/lecture\.mdx:\d+: .*closing tag for `<Note>`.*: each <Component> needs/,
  },
  {
    name: "an unknown component",
    change: (text: string) => text.replace("## One and one", "<Quiz />"),
    says: /lecture\.mdx:11: there is no component <Quiz> here: use one of Lead, /,
  },
  {
    name: "a picture without words",
    change: (text: string) => text.replace("## One", '<Picture file="a.png" alt=" " />\n\n## One'),
    says: /lecture\.mdx:11: <Picture>: alt: say in words what the picture shows: mend/,
  },
  {
    name: "a picture from elsewhere",
    change: (text: string) =>
      text.replace("## One", '<Picture file="../a.png" alt="A" />\n\n## One'),
    says: /lecture\.mdx:11: <Picture>: file: write letters, digits/,
  },
  {
    name: "an unknown attribute",
    change: (text: string) => text.replace('id="add-up"', 'id="add-up" colour="red"'),
    says: /lecture\.mdx:21: <Exercise>: .*colour.*: mend its attributes/,
  },
  {
    name: "two cells of one id",
    change: (text: string) => `${text}\n\`\`\`ts cell id=one-and-one\n2\n\`\`\`\n`,
    says: /lecture\.mdx:23: cell one-and-one stands in line 15, too: choose another id/,
  },
  {
    name: "an exercise that is shown twice",
    change: (text: string) => `${text}\n<Exercise id="add-up" />\n`,
    says: /lecture\.mdx:23: exercise add-up stands in line 21, too: choose another id/,
  },
  {
    name: "an exercise that is not there",
    change: (text: string) => text.replace('id="add-up"', 'id="take-away"'),
    says: /lecture\.mdx:21: <Exercise>: there is no folder exercises\/take-away/,
  },
  {
    name: "an exercise that no lecture shows",
    change: (text: string) => text.replace('<Exercise id="add-up" />', ""),
    says: /add-up\/exercise\.yaml:1: no lecture shows this exercise/,
  },
  {
    name: "a cell's fence with a slip",
    change: (text: string) => text.replace("cell id=", "cell id:"),
    says: /lecture\.mdx:15: a fence reads .*: mend id:one-and-one/,
  },
  {
    name: "a link to a heading that is not there",
    change: (text: string) => text.replace("#and-more", "#and-less"),
    says: /lecture\.mdx:13: #and-less leads nowhere/,
  },
  {
    name: "a link to a lecture that is not there",
    change: (text: string) => text.replace("02-more", "03-more"),
    says: /lecture\.mdx:13: \/lectures\/03-more#the-end leads nowhere/,
  },
  {
    name: "a heading that skips a level",
    change: (text: string) => text.replace("## One", "### One"),
    says: /lecture\.mdx:11: a ### stands under a ##/,
  },
  {
    name: "a topic that the course does not have",
    change: (text: string) => text.replace("covers: [1]", "covers: [1, 7]"),
    says: /lecture\.mdx:8: covers: topics\.yaml has no 7/,
  },
  {
    name: "front matter that is broken YAML",
    change: (text: string) => text.replace("goals: [Add]", "goals: [Add"),
    says: /lecture\.mdx:\d+: .*: mend the YAML here/,
  },
  {
    name: "front matter without a title",
    change: (text: string) => text.replace("title: Sums\n", ""),
    says: /lecture\.mdx:2: title: /,
  },
  {
    name: "a slug that is not the folder's",
    change: (text: string) => text.replace("slug: 01-sums", "slug: 01-adding"),
    says: /lecture\.mdx:3: slug: the folder is 01-sums: write that/,
  },
  {
    name: "a prediction about no cell",
    change: (text: string) => `${text}\n<Predict question="?" cell="two" />\n`,
    says: /lecture\.mdx:23: <Predict>: there is no cell two/,
  },
  {
    name: "a formula that is none",
    change: (text: string) => `${text}\n$\\nonsense$\n`,
    says: /lecture\.mdx:23: the formula cannot be set: .*nonsense/,
  },
  {
    name: "a figure that nobody draws",
    change: (text: string) =>
      `${text}\n<Figure name="f" id="f" title="t" caption="c">\nText\n</Figure>\n`,
    says: /lecture\.mdx:23: <Figure>: name: .*"os-models".*: mend its attributes/,
  },
  {
    name: "a figure without a text form",
    change: (text: string) => `${text}\n<Figure name="os-models" id="f" title="t" caption="c" />\n`,
    says: /lecture\.mdx:23: <Figure> is empty: write its text between the tags/,
  },
])("$name is told with file, line and remedy", async ({ change, says }) => {
  const { problems, lectures } = await readCourse(course(change));
  expect(
    problems.some((problem) => says.test(problem)),
    problems.join("\n"),
  ).toBe(true);
  expect(lectures.map(({ frontMatter: { slug } }) => slug)).toContain("02-more");
});

test("one id in two lectures is told", async () => {
  const second = `${SECOND}\n\`\`\`ts cell id=one-and-one\n2\n\`\`\`\n`;
  const { problems } = await readCourse(course((text) => text, second));
  expect(problems).toEqual([
    expect.stringMatching(
      /02-more\/lecture\.mdx:15: cell one-and-one is in .*01-sums\/lecture\.mdx:15, too/,
    ),
  ]);
});

test("a lecture that is broken while the site runs says what it said before", async () => {
  const folder = course();
  await readCourse(folder);
  const file = join(folder, "lectures/01-sums/lecture.mdx");
  writeFileSync(file, `${SOUND}\n<Quiz />\n`);
  const broken = await readCourse(folder);
  expect(broken.problems).toHaveLength(1);
  expect(broken.lectures[0]?.headings).toHaveLength(2);
  writeFileSync(file, `${SOUND}\n## Mended\n`);
  const mended = await readCourse(folder);
  expect(mended.problems).toEqual([]);
  expect(mended.lectures[0]?.headings).toHaveLength(3);
});

test("pictures that are missing, and files that are no pictures, are told at their lines", async () => {
  const shown =
    '<Picture file="ring.svg" alt="A ring" />\n\n<Picture file="none.png" alt="Gone" />';
  const folder = course((text) => text.replace("### And more", `${shown}\n\n### And more`));
  const pictures = join(folder, "lectures/01-sums/pictures");
  mkdirSync(pictures);
  const svg = (inside: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">\n${inside}</svg>`;
  writeFileSync(join(pictures, "ring.svg"), svg(""));
  writeFileSync(join(pictures, "bad.svg"), svg("<script/>"));
  const { problems, lectures } = await readCourse(folder);
  expect(problems.map((problem) => problem.slice(problem.indexOf("01-sums/")))).toEqual([
    "01-sums/pictures/bad.svg:2: a picture has no <script>: take it out",
    "01-sums/lecture.mdx:21: <Picture>: there is no pictures/none.png beside the lecture: add it, or take the line out",
  ]);
  const size = { width: 40, height: 20 };
  expect(lectures[0]?.pictures).toMatchObject([{ file: "ring.svg", ...size }]);
  writeFileSync(join(pictures, "none.png"), "");
  expect((await readCourse(folder)).problems).toContainEqual(
    expect.stringMatching(/pictures\/none\.png:1: the file is no \.png/),
  );
});

test("pictures of a task lie beside the task, and are checked as those of a lecture are", async () => {
  const folder = course();
  const exercise = join(folder, "lectures/01-sums/exercises/add-up");
  const text = '<Picture file="ring.svg" alt="A ring" />\n\n<Picture file="no.png" alt="Gone" />\n';
  writeFileSync(join(exercise, "task.mdx"), text);
  mkdirSync(join(exercise, "pictures"));
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"></svg>';
  writeFileSync(join(exercise, "pictures/ring.svg"), svg);
  writeFileSync(join(exercise, "pictures/bad.svg"), svg.replace("></", "><script/></"));
  const { problems, whole, lectures } = await readCourse(folder);
  const inExercise = (problem: string) => problem.slice(problem.indexOf("add-up/"));
  expect(problems.map(inExercise)).toEqual([
    "add-up/pictures/bad.svg:1: a picture has no <script>: take it out",
    "add-up/task.mdx:3: <Picture>: there is no pictures/no.png beside the task: add it, or take the line out",
  ]);
  expect([...(whole.tasks[0]?.pictures.keys() ?? [])].sort()).toEqual(["bad.svg", "ring.svg"]);
  expect(lectures[0]?.pictures).toEqual([]);
  // A file that is mended is read again.
  writeFileSync(join(exercise, "pictures/bad.svg"), svg);
  expect((await readCourse(folder)).problems).toHaveLength(1);
});

test("outputs of a cell that is gone, and outputs that are no JSON, are told", async () => {
  const folder = course();
  const file = join(folder, "lectures/01-sums/outputs.json");
  writeFileSync(file, '{ "one-and-two": [] }');
  expect((await readCourse(folder)).problems).toEqual([
    expect.stringMatching(/outputs\.json:1: the lecture has no cell one-and-two/),
  ]);
  writeFileSync(file, "{");
  expect((await readCourse(folder)).problems).toEqual([
    expect.stringMatching(/outputs\.json:1: this is no JSON: have it written by/),
  ]);
});
