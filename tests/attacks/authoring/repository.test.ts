/** A repository that attacks who fetches a course from it. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fetchCourse, gitCourse } from "../../../server/content/git/git-course.ts";

let home = "";
let bare = "";

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kernelbook-repository-"));
  bare = join(home, "course.git");
  execFileSync("git", ["init", "-q", "--bare", "-b", "main", bare]);
  vi.stubEnv("KERNELBOOK_DATA", join(home, "data"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

interface Entry {
  readonly path: string;
  readonly text: string;
  /** 120000 is a link, 160000 the place of another repository. */
  readonly mode?: string;
}

const fetched = (named = `file://${bare}`) => {
  const course = gitCourse(named);
  if (course === undefined) throw new Error(`${named} is no repository`);
  return fetchCourse(course);
};

describe("what is in it", () => {
  test("links, other repositories, hidden files and odd names are no files of a course", async () => {
    commit([
      { path: "topics.yaml", text: "1: sums\n" },
      { path: "lectures/01-a/lecture.mdx", text: "/etc/passwd", mode: "120000" },
      { path: "lectures/02-b", text: "", mode: "160000" },
      {
        path: ".gitmodules",
        text: `[submodule "b"]\n  path = lectures/02-b\n  url = file://${home}\n`,
      },
      { path: "lectures/03-c/a\\b.ts", text: "" },
      { path: "lectures/03-c/-rf", text: "" },
      { path: "node_modules/a/index.ts", text: "" },
    ]);
    const { content } = await fetched();
    expect([...content.tree.keys()]).toEqual(["topics.yaml"]);
    expect([...content.refused].sort()).toEqual([
      "lectures/01-a/lecture.mdx",
      "lectures/02-b",
      "lectures/03-c/-rf",
      "lectures/03-c/a\\b.ts",
    ]);
  });

  test("no attribute of it changes a byte, and nothing of it is run", async () => {
    const mark = join(home, "ran");
    const text = "one $Id$ $Format:%H$\r\ntwo\n";
    commit([
      { path: "topics.yaml", text },
      { path: ".gitattributes", text: "* text eol=lf ident export-subst filter=evil\n" },
      { path: ".gitconfig", text: `[filter "evil"]\n  smudge = touch ${mark}\n` },
    ]);
    for (const hook of ["post-checkout", "post-merge", "reference-transaction", "pre-receive"]) {
      writeFileSync(join(bare, "hooks", hook), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
    }
    const { content } = await fetched();
    const bytes = content.blobs.get(content.tree.get("topics.yaml") ?? "");
    expect(new TextDecoder().decode(bytes)).toBe(text);
    expect(existsSync(mark)).toBe(false);
  });

  test("a file that is larger than any of a course is not read", async () => {
    commit([{ path: "topics.yaml", text: "x".repeat(17 * 1024 * 1024) }]);
    await expect(fetched()).rejects.toThrow(/topics\.yaml has \d+ bytes, at most/);
  });

  test("a commit that is gone again is not asked for, a branch and a folder are", async () => {
    commit([{ path: "course/topics.yaml", text: "1: sums\n" }], "term");
    await expect(fetched()).rejects.toThrow(/git fetch failed/);
    const { content } = await fetched(`file://${bare}#term:course`);
    expect([...content.tree.keys()]).toEqual(["topics.yaml"]);
    await expect(fetched(`file://${bare}#term:nothing`)).rejects.toThrow(/git ls-tree failed/);
  });
});

describe("its address", () => {
  test.each([
    "ext::sh -c touch% /tmp/evil",
    "git://evil.example/course.git",
    "http://evil.example/course.git",
    "javascript:alert(1)",
    "file:///srv/course.git#--upload-pack=evil",
    "file:///srv/course.git#main..evil",
    "file:///srv/course.git#main:../..",
  ])("%s is refused", (named) => {
    expect(() => gitCourse(named)).toThrow(/write |is no /);
  });

  test.each(["content", "/srv/course", "../course", "-u", "--upload-pack=evil"])(
    "%s is the name of a folder",
    (named) => expect(gitCourse(named)).toBeUndefined(),
  );

  test("another protocol than the address's own is not spoken, whatever git has been told", async () => {
    commit([{ path: "topics.yaml", text: "1: sums\n" }]);
    const settings = join(home, "settings");
    writeFileSync(settings, `[url "file://${bare}"]\n  insteadOf = https://course.example/\n`);
    vi.stubEnv("GIT_CONFIG_GLOBAL", settings);
    await expect(fetched("https://course.example/")).rejects.toThrow(
      /transport 'file' not allowed/,
    );
  });

  test("a password in it is told to nobody", async () => {
    const named = "https://author:CANARY-password@127.0.0.1:9/course.git";
    const problem = await fetched(named).catch((error: unknown) => String(error));
    expect(problem).toMatch(/git fetch failed/);
    expect(problem).not.toContain("CANARY");
  });
});

/** Made of objects, so that it may hold what no tool would put into it. */
function commit(entries: readonly Entry[], branch = "main"): void {
  const run = (args: readonly string[], input = "") =>
    execFileSync("git", ["-C", bare, ...args], { input, maxBuffer: 2 ** 26 })
      .toString()
      .trim();
  const lines = entries.map(({ path, text, mode = "100644" }) => {
    const isPlace = mode === "160000";
    const object = isPlace ? "1".repeat(40) : run(["hash-object", "-w", "--stdin"], text);
    return `${mode} ${object}\t${path}\0`;
  });
  run(["update-index", "-z", "--index-info"], lines.join(""));
  const tree = run(["write-tree"]);
  const who = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
  const made = run([...who, "commit-tree", tree, "-m", "The course"]);
  run(["update-ref", `refs/heads/${branch}`, made]);
}
