import { exercise, type Plain, type TestContext } from "exercise";

const FREE = { mode: 0o755, uid: 0, gid: 0 };

/** /home/ala/notes, /home/ola (only for its owner, 1001), /etc, /tmp/d -> /home/ala/docs, /tmp/self. */
const FIRST = {
  root: 0,
  inodes: [
    { ...FREE, type: "directory", parent: 0, entries: { home: 1, etc: 2, tmp: 3 } },
    { ...FREE, type: "directory", parent: 0, entries: { ala: 4, ola: 5 } },
    { ...FREE, type: "directory", parent: 0, entries: {} },
    { ...FREE, type: "directory", parent: 0, entries: { d: 6, self: 7 } },
    { ...FREE, type: "directory", parent: 1, entries: { hidden: 9 } },
    { type: "directory", mode: 0o700, uid: 1001, gid: 101, parent: 1, entries: { diary: 8 } },
    { ...FREE, type: "symlink", target: "/home/ala/docs" },
    { ...FREE, type: "symlink", target: "self" },
    { ...FREE, type: "file" },
    { ...FREE, type: "file" },
  ],
};

/** Mounted on /home/ala. */
const SECOND = {
  root: 0,
  inodes: [
    { ...FREE, type: "directory", parent: 0, entries: { notes: 1, docs: 2 } },
    { ...FREE, type: "file" },
    { ...FREE, type: "directory", parent: 0, entries: {} },
  ],
};

const WORLD = {
  mounts: [{ fileSystem: FIRST }, { fileSystem: SECOND, on: { mount: 0, ino: 4 } }],
};

export default exercise("namei", ({ test }) => {
  test("names", async (context) => {
    await expect(context, "/home/ola", "0:5");
    await expect(context, "etc", "0:2");
    await expect(context, "/etc//", "0:2");
    await expect(context, "/etc/nothing", -2);
    await expect(context, "", -2);
  });

  test("dots", async (context) => {
    await expect(context, "/home/./../etc", "0:2");
    await expect(context, "/../..", "0:0");
    await expect(context, "/tmp/d/../notes", "1:1");
  });

  test("links", async (context) => {
    await expect(context, "/tmp/d", "1:2");
    await expect(context, "/tmp/d", "0:6", false);
    await expect(context, "/tmp/d/", "1:2", false);
    await expect(context, "/tmp/self", -40);
  });

  test("mounts", async (context) => {
    await expect(context, "/home/ala/notes", "1:1");
    await expect(context, "/home/ala/hidden", -2);
    await expect(context, "/home/ala/..", "0:1");
    await expect(context, "/home/ala/notes/", -20);
  });

  test("permission", async (context) => {
    await expect(context, "/home/ola/diary", -13);
    await expect(context, "/home/ola/.", -13);
  });
});

/** Places are written as mount:ino. Ala, 1000, walks from the root. */
async function expect(
  { player, check }: TestContext,
  path: string,
  wanted: string | number,
  followLast = true,
): Promise<void> {
  const caller = { uid: 1000, gid: 100 };
  const cwd = { mount: 0, ino: 0 };
  const answer = await player.call(
    "resolve",
    WORLD as unknown as Plain,
    caller,
    cwd,
    path,
    followLast,
  );
  const place = answer as { readonly mount?: Plain; readonly ino?: Plain } | undefined;
  const given = typeof answer === "number" ? answer : `${place?.mount}:${place?.ino}`;
  const how = followLast ? "" : " (not following the last link)";
  check(given === wanted, `${JSON.stringify(path)}${how} should answer ${wanted}, not ${given}.`);
}
