/** `content:import`, `content:export` and `content:sync` as an operator runs them, with a database of their own. */
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readFolder } from "../../server/content/folder.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { TINY_COURSE } from "../tiny-course.ts";

const ROOT = join(import.meta.dirname, "../..");
const LECTURE = "lectures/01-sums/lecture.mdx";
const TASK = "lectures/01-sums/exercises/add-up/task.mdx";

let database: TestDatabase;
let own: string;
const made: string[] = [];

beforeEach(async () => {
  database = await freshDatabase();
  own = newFolder(TINY_COURSE);
});

afterEach(async () => {
  await database.close();
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

test("a course comes in through the gate, and goes out again byte for byte", async () => {
  const first = await run("import");
  expect(first).toMatchObject({ code: 0 });
  expect(first.out).toContain("added: lectures/01-sums/exercises/add-up");
  expect(await run("import")).toMatchObject({ code: 0, out: "0 documents imported\n" });
  const fresh = newFolder({});
  expect((await run("export", fresh)).code).toBe(0);
  expect(readFolder(fresh).tree).toEqual(readFolder(own).tree);
  expect((await run("export")).out).toBe("0 files written, 0 removed\n");
});

test("what the gate refuses is not imported, is told at its line, and can be forced", async () => {
  await run("import", "--unchecked");
  write(own, LECTURE, `${TINY_COURSE[LECTURE]}\n[There](#nowhere)\n`);
  const refused = await run("import");
  expect(refused.code).toBe(1);
  expect(refused.out).toMatch(/^lectures\/01-sums\/lecture\.mdx:27: #nowhere leads nowhere/m);
  expect((await run("import", "--dry-run")).out).toBe("changed: lectures/01-sums\n");
  expect((await run("import", "--unchecked")).out).toContain("1 documents imported");
});

test("what both sides changed is shown, stops without a decision, and goes as decided", async () => {
  await run("import", "--unchecked");
  const elsewhere = newFolder(TINY_COURSE);
  write(own, TASK, "Write `sum`. In the folder.\n");
  write(elsewhere, TASK, "Write `sum`. From elsewhere.\n");
  await run("import", elsewhere, "--unchecked");
  const stopped = await run("import", "--unchecked");
  expect(stopped.code).toBe(3);
  expect(stopped.out).toContain("-Write `sum`. From elsewhere.\n+Write `sum`. In the folder.");
  expect((await run("import", "--unchecked", "--take", "site")).code).toBe(0);
  expect((await run("import", "--unchecked")).out).toBe("0 documents imported\n");
  expect((await run("export", elsewhere)).out).toBe("0 files written, 0 removed\n");
  write(own, TASK, "Write `sum`. In the folder, again.\n");
  expect((await run("import", "--unchecked", "--take", "folder")).code).toBe(0);
  await run("export", elsewhere);
  expect(readFileSync(join(elsewhere, TASK), "utf8")).toBe("Write `sum`. In the folder, again.\n");
});

test("an export overwrites nothing that neither the site nor git has, unless told to", async () => {
  await run("import", "--unchecked");
  write(own, TASK, "Nobody has this.\n");
  const stopped = await run("export");
  expect([stopped.code, readFileSync(join(own, TASK), "utf8")]).toEqual([3, "Nobody has this.\n"]);
  expect(stopped.out).toContain("+Nobody has this.");
  expect((await run("export", "--take", "folder")).out).toContain("0 files written");
  const git = (...args: string[]) => execFileSync("git", ["-C", own, ...args]);
  git("init", "-q");
  git("add", ".");
  git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "The course");
  expect((await run("export")).out).toContain(`written: ${TASK}`);
  expect(readFileSync(join(own, TASK), "utf8")).toBe(TINY_COURSE[TASK]);
  write(own, TASK, "Nobody has this, either.\n");
  expect((await run("export")).code).toBe(3);
  expect((await run("export", "--take", "site")).code).toBe(0);
  expect(readFileSync(join(own, TASK), "utf8")).toBe(TINY_COURSE[TASK]);
});

test("an export writes through no link, and wrong arguments are told", async () => {
  await run("import", "--unchecked");
  const [outside, folder] = [newFolder({}), newFolder({})];
  symlinkSync(outside, join(folder, "lectures"));
  expect((await run("export", folder)).code).toBe(1);
  expect(readFolder(outside).tree.size).toBe(0);
  expect((await run("export", "--take", "both")).code).toBe(2);
  expect((await run("import", join(folder, "nothing"))).code).toBe(2);
});

test("a repository is synchronised past the gate, and what the site has changed is asked about", async () => {
  const bare = join(newFolder({}), "course.git");
  const git = (...args: string[]) => execFileSync("git", ["-C", own, ...args]);
  const push = (message: string) => {
    git("add", ".");
    git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", message);
    git("push", "-q", bare, "HEAD:main");
  };
  execFileSync("git", ["init", "-q", "--bare", "-b", "main", bare]);
  git("init", "-q");
  push("The course");
  const env = { COURSE_DIR: `file://${bare}`, KERNELBOOK_DATA: newFolder({}) };
  const sync = (...args: string[]) => runWith(env, "sync", ...args);
  const first = await sync();
  expect(first).toMatchObject({ code: 0 });
  expect(first.out).toMatch(/^commit [0-9a-f]{40}\nadded: [\s\S]*3 documents imported/);
  write(own, LECTURE, `${TINY_COURSE[LECTURE]}\n[There](#nowhere)\n`);
  push("A link");
  const refused = await sync();
  expect(refused.code).toBe(1);
  expect(refused.out).toMatch(/^lectures\/01-sums\/lecture\.mdx:27: #nowhere leads nowhere/m);
  write(own, LECTURE, TINY_COURSE[LECTURE] ?? "");
  write(own, TASK, "Write `sum`. In the repository.\n");
  push("No link");
  const elsewhere = newFolder({ ...TINY_COURSE, [TASK]: "Write `sum`. In the site.\n" });
  expect((await runWith(env, "import", elsewhere, "--unchecked")).code).toBe(0);
  const stopped = await sync("--unchecked");
  expect(stopped.code).toBe(3);
  expect(stopped.out).toContain("-Write `sum`. In the site.\n+Write `sum`. In the repository.");
  expect((await sync("--unchecked", "--take", "site")).code).toBe(0);
  expect((await runWith(env, "export", own)).out).toContain(`written: ${TASK}`);
  push("From the site");
  expect((await sync()).out).toContain("0 documents imported");
}, 400_000);

test("what only a folder or only a repository can do is told of the other", async () => {
  const env = { COURSE_DIR: "https://course.example/course.git" };
  expect((await runWith(env, "import")).code).toBe(2);
  expect((await runWith(env, "export")).code).toBe(2);
  expect((await run("sync")).code).toBe(2);
});

interface Ended {
  readonly code: number;
  readonly out: string;
}

type Command = "import" | "export" | "sync";

function run(command: Command, ...args: string[]): Promise<Ended> {
  return runWith({ COURSE_DIR: own }, command, ...args);
}

function runWith(
  settings: Readonly<Record<string, string>>,
  command: Command,
  ...args: string[]
): Promise<Ended> {
  const env = { ...process.env, DATABASE_URL: database.url, ...settings };
  const script = `scripts/content-${command}.ts`;
  return new Promise((done) => {
    execFile(join(ROOT, "scripts/node24"), [script, ...args], { env }, (error, out) => {
      done({ code: error === null ? 0 : Number(error.code), out });
    });
  });
}

function newFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "kernelbook-files-"));
  made.push(folder);
  for (const [path, text] of Object.entries(files)) write(folder, path, text);
  return folder;
}

function write(folder: string, path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
