/** A course's folder that changes while the site runs: readers see of it what has passed the gate. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Site, startSite } from "../site.ts";
import { TINY_COURSE } from "../tiny-course.ts";

const course = mkdtempSync(join(tmpdir(), "kernelbook-course-"));
const LECTURE = "lectures/01-sums";
const GATE = { timeout: 120_000, interval: 500 };
/** All of one database; the first one made it. */
const sites: Site[] = [];

beforeAll(async () => {
  for (const [path, text] of Object.entries(TINY_COURSE)) {
    mkdirSync(dirname(join(course, path)), { recursive: true });
    writeFileSync(join(course, path), text);
  }
  await startOne();
}, 60_000);

afterAll(async () => {
  for (const site of sites.reverse()) await site.stop();
  rmSync(course, { recursive: true });
});

test("what was changed in the folder is not shown by a site that runs", async () => {
  rewrite(`${LECTURE}/lecture.mdx`, (text) => text.replace(/^title: .*/m, "title: Zebras"));
  expect(await textOf("/")).not.toMatch(/zebras/i);
  expect(await textOf(`/${LECTURE}`)).not.toMatch(/zebras/i);
});

test("the next start lets it pass the gate, and it is shown then", async () => {
  await startOne();
  await expect.poll(() => textOf(`/${LECTURE}`), GATE).toMatch(/zebras/i);
  expect(await textOf("/")).toMatch(/zebras/i);
}, 180_000);

test("an exercise whose file is no YAML is refused, and the log says where", async () => {
  rewrite(`${LECTURE}/exercises/add-up/exercise.yaml`, () => "title: [broken\n");
  await startOne();
  const logs = () => sites.map((site) => site.log()).join("");
  await expect.poll(logs, GATE).toMatch(/add-up\/exercise\.yaml:\d+: /);
  expect(await textOf("/")).toMatch(/zebras/i);
  await textOf(`/${LECTURE}`);
}, 180_000);

async function startOne(): Promise<void> {
  const [first] = sites;
  const database = first === undefined ? {} : { DATABASE_URL: first.databaseUrl };
  sites.push(await startSite({ COURSE_DIR: course, ...database }));
}

function rewrite(name: string, change: (text: string) => string): void {
  const file = join(course, name);
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

async function textOf(path: string): Promise<string> {
  const answer = await fetch(`${sites[0]?.url}${path}`);
  expect(answer.status).toBe(200);
  return answer.text();
}
