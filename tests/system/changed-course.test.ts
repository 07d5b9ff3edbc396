/** A course that changes while the site runs: the built site reads it again, and loses no page. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Site, startSite } from "../site.ts";

const made = mkdtempSync(join(tmpdir(), "kernelbook-course-"));
const course = join(made, "course");
const LECTURE = "lectures/11-ebpf-1-machine";
let site: Site;

beforeAll(async () => {
  cpSync(join(import.meta.dirname, "../../content"), course, { recursive: true });
  site = await startSite({ COURSE_DIR: course });
}, 60_000);

afterAll(async () => {
  await site.stop();
  rmSync(made, { recursive: true });
});

test("a lecture that was changed is shown as it is now", async () => {
  rewrite(`${LECTURE}/lecture.mdx`, (text) => text.replace(/^title: .*/m, "title: Zebras"));
  expect(await textOf("/")).toMatch(/zebras/i);
  expect(await textOf(`/${LECTURE}`)).toMatch(/zebras/i);
});

test("an exercise whose file is no YAML takes no other page down", async () => {
  rewrite(`${LECTURE}/exercises/make-it-pass/exercise.yaml`, () => "title: [broken\n");
  expect(await textOf("/")).toMatch(/zebras/i);
  await textOf(`/${LECTURE}`);
  expect(site.log()).toMatch(/make-it-pass\/exercise\.yaml:\d+: /);
});

function rewrite(name: string, change: (text: string) => string): void {
  const file = join(course, name);
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

async function textOf(path: string): Promise<string> {
  const answer = await fetch(`${site.url}${path}`);
  expect(answer.status).toBe(200);
  return answer.text();
}
