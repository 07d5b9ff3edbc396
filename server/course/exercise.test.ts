import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { exerciseVersionOf, readExercise, readExercises, soundExercises } from "./exercise.ts";

const SOUND = join(
  import.meta.dirname,
  "../../tests/fixtures/course/lectures/01-sums/exercises/add-up",
);
const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** A course with one exercise, a copy of a sound one with `change` made to its exercise.yaml. */
function courseWith(change: (yaml: string) => string): { course: string; folder: string } {
  const course = mkdtempSync(join(tmpdir(), "kernelbook-course-"));
  made.push(course);
  const folder = join(course, "lectures/01-sums/exercises/add-up");
  mkdirSync(folder, { recursive: true });
  cpSync(SOUND, folder, { recursive: true });
  const file = join(folder, "exercise.yaml");
  writeFileSync(file, change(readFileSync(file, "utf8")));
  return { course, folder };
}

test("points are those of the tests, and limits that are not given are the usual ones", () => {
  const { folder } = courseWith((yaml) => yaml.replace(/^limits.*\n/m, ""));
  const { manifest, lectureSlug } = readExercise(folder);
  expect(manifest).toMatchObject({ id: "add-up", number: "E1.1", points: 3, attempts: undefined });
  expect(manifest.limits).toEqual({ cpuSeconds: 10, wallSeconds: 20, memoryMiB: 512 });
  expect(lectureSlug).toBe("01-sums");
});

test.each([
  {
    name: "points that do not add up",
    change: (yaml: string) => yaml.replace("points: 3", "points: 4"),
    says: /exercise\.yaml:4: points: the tests add up to 3, not 4/,
  },
  {
    name: "two tests of one name",
    change: (yaml: string) => yaml.replace("id: adds-big", "id: adds-two"),
    says: /exercise\.yaml:12: there is another test named adds-two/,
  },
  {
    name: "broken YAML",
    change: (yaml: string) => yaml.replace("seeds: [1, 2]", "seeds: [1, 2"),
    says: /exercise\.yaml:\d+: /,
  },
  {
    name: "a limit above the highest",
    change: (yaml: string) => yaml.replace("cpuSeconds: 2", "cpuSeconds: 61"),
    says: /exercise\.yaml:5: limits\.cpuSeconds: .*60/,
  },
  {
    name: "a field that is unknown",
    change: (yaml: string) => `${yaml}attemps: 3\n`,
    says: /exercise\.yaml:1: .*attemps/,
  },
  {
    name: "a missing title",
    change: (yaml: string) => yaml.replace("title: Add up\n", ""),
    says: /exercise\.yaml:1: title: /,
  },
])("$name is told with file and line", ({ change, says }) => {
  const { folder } = courseWith(change);
  expect(() => readExercise(folder)).toThrow(says);
});

test("one that cannot be read takes no other one out of the pages", () => {
  const { course, folder } = courseWith((yaml) => yaml);
  const broken = join(folder, "../broken");
  cpSync(SOUND, broken, { recursive: true });
  writeFileSync(join(broken, "exercise.yaml"), "title: [broken");
  // The same number again.
  cpSync(SOUND, join(folder, "../second"), { recursive: true });
  expect(soundExercises(course).map(({ manifest }) => manifest.id)).toEqual(["add-up"]);
});

test("two exercises with one number are told", () => {
  const { course, folder } = courseWith((yaml) => yaml);
  cpSync(folder, join(folder, "../other"), { recursive: true });
  expect(() => readExercises(course)).toThrow(/number E1\.1 is that of .*add-up/);
});

test("hidden tests that do not compile are told with file and line", async () => {
  const { folder } = courseWith((yaml) => yaml);
  writeFileSync(join(folder, "hidden.test.ts"), "const a = 1;\nconst = 2;\n");
  await expect(exerciseVersionOf(folder)).rejects.toThrow(/hidden\.test\.ts:2: /);
});

test("the version changes with what is graded, and not with titles and hints", async () => {
  const hashOf = async (change: (yaml: string) => string) =>
    (await exerciseVersionOf(courseWith(change).folder)).hash;
  const sound = await hashOf((yaml) => yaml);
  expect(await hashOf((yaml) => yaml.replace("Add them.", "Add both."))).toBe(sound);
  expect(await hashOf((yaml) => yaml.replace("seeds: [1, 2]", "seeds: [1, 3]"))).not.toBe(sound);
  const { folder } = courseWith((yaml) => yaml);
  writeFileSync(join(folder, "expected.ts"), "export const addedUp = (a, b) => b + a;\n");
  expect((await exerciseVersionOf(folder)).hash).not.toBe(sound);
});

test.each([
  { name: "a file outside of its folder", path: "../../../../secret.ts" },
  { name: "a file that is no TypeScript", path: "./secret.json" },
  { name: "a link that leads outside", path: "./link.ts" },
  { name: "a package", path: "node:fs" },
])("hidden tests cannot import $name", async ({ path }) => {
  const { course, folder } = courseWith((yaml) => yaml);
  writeFileSync(join(course, "secret.ts"), "export const secret = 1;\n");
  writeFileSync(join(folder, "secret.json"), "1\n");
  symlinkSync(join(course, "secret.ts"), join(folder, "link.ts"));
  const tests = join(folder, "hidden.test.ts");
  writeFileSync(tests, `import ${JSON.stringify(path)};\n${readFileSync(tests, "utf8")}`);
  await expect(exerciseVersionOf(folder)).rejects.toMatchObject({
    problems: [
      expect.stringMatching(/hidden\.test\.ts:1: ".*" is not there: import "\.\/file\.ts"/),
    ],
  });
});

describe("a report", () => {
  const REPORT = `number: E1.1
kind: report
title: Measured well
rubric:
  - id: method
    title: The method fits
    description: Say how often.
    points: 4
    levels:
      - { points: 0, text: None. }
      - { points: 4, text: It fits. }
  - { id: answer, title: It is answered, points: 6 }
`;

  test("is graded by its criteria: nothing of it runs, and its version is made of them", async () => {
    const { folder } = courseWith(() => REPORT);
    const { manifest } = readExercise(folder);
    expect(manifest).toMatchObject({ kind: "report", points: 10, seeds: [] });
    expect(manifest.tests).toEqual([
      {
        ...{ id: "method", title: "The method fits", points: 4, hint: "Say how often." },
        levels: [
          { points: 0, text: "None." },
          { points: 4, text: "It fits." },
        ],
      },
      { id: "answer", title: "It is answered", points: 6, hint: "" },
    ]);
    const hashOf = async (yaml: string) =>
      (await exerciseVersionOf(courseWith(() => yaml).folder)).hash;
    const sound = await hashOf(REPORT);
    expect(await hashOf(REPORT.replace("Say how often", "Say it"))).toBe(sound);
    expect(await hashOf(REPORT.replace("points: 6", "points: 5"))).not.toBe(sound);
  });

  test.each([
    {
      name: "two criteria of one name",
      yaml: REPORT.replace("id: answer", "id: method"),
      says: /exercise\.yaml:12: there is another criterion named method/,
    },
    {
      name: "levels that do not reach all points",
      yaml: REPORT.replace("points: 4, text", "points: 3, text"),
      says: /exercise\.yaml:5: levels of method: their points rise .*up to 4/,
    },
    {
      name: "tests",
      yaml: `${REPORT}seeds: [1]\n`,
      says: /exercise\.yaml:1: .*seeds/,
    },
    {
      name: "another kind",
      yaml: REPORT.replace("kind: report", "kind: essay"),
      says: /exercise\.yaml:\d+: kind: .*code or report/,
    },
  ])("with $name is told with file and line", ({ yaml, says }) => {
    const { folder } = courseWith(() => yaml);
    expect(() => readExercise(folder)).toThrow(says);
  });
});
