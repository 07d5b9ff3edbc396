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
import { afterEach, expect, test } from "vitest";
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
