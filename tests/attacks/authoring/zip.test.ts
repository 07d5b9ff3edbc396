/** ZIP files that attack who reads a course from them: bombs, ways out, and what is no file. */
import { crc32, deflateRawSync } from "node:zlib";
import { zipSync } from "fflate";
import { beforeEach, describe, expect, test } from "vitest";
import { courseZip } from "../../../server/authoring/course-zip.ts";
import { draftsFromZip } from "../../../server/authoring/zip-drafts.ts";
import { saveDraft } from "../../../server/content/drafts.ts";
import { importFolder } from "../../../server/content/import.ts";
import { readZip } from "../../../server/content/read-zip.ts";
import { publishedTree, storedDocuments } from "../../../server/content/store.ts";
import { db, transaction } from "../../../server/db/index.ts";
import { ownDatabase } from "../../database.ts";
import { TINY_COURSE } from "../../tiny-course.ts";
import { courseWith, EXERCISE, LECTURE } from "./attacked-course.ts";

ownDatabase();

const text = (value: string) => new TextEncoder().encode(value);
const zipOf = (files: Readonly<Record<string, string>>) =>
  Buffer.from(
    zipSync(Object.fromEntries(Object.entries(files).map(([path, one]) => [path, text(one)]))),
  );

interface RawEntry {
  readonly name: string;
  readonly content: Uint8Array;
  /** What the headers say of it, in the place of what is true. */
  readonly size?: number;
  readonly crc?: number;
  readonly mode?: number;
}

describe("a way out of the course", () => {
  test.each([
    "../evil.ts",
    "lectures/../../evil.ts",
    "/etc/evil",
    "C:/evil.ts",
    "lectures\\..\\evil.ts",
  ])("a ZIP file with %s is not read", async (name) => {
    const zip = rawZip([{ name, content: text("x") }]);
    await expect(readZip(zip)).rejects.toThrow(
      /cannot be read as a ZIP file: .*(?:path|characters)/,
    );
  });

  test("links, hidden files, odd names and second files of a name are left out", async () => {
    const zip = rawZip([
      { name: "topics.yaml", content: text("1: sums\n") },
      { name: "topics.yaml", content: text("1: evil\n") },
      { name: "lectures/01-a/lecture.mdx", content: text("/etc/passwd"), mode: 0o120777 },
      { name: ".git/hooks/post-checkout", content: text("evil") },
      { name: "lectures/01-a/a b.ts", content: text("") },
    ]);
    const { tree, blobs, refused } = await readZip(zip);
    expect([...tree.keys()]).toEqual(["topics.yaml"]);
    expect([...blobs.values()].map((one) => new TextDecoder().decode(one))).toEqual(["1: sums\n"]);
    expect(refused).toEqual(["topics.yaml", "lectures/01-a/lecture.mdx", "lectures/01-a/a b.ts"]);
  });

  test("a file in the place of a folder is told", async () => {
    const zip = zipOf({
      "lectures/01-a": "x",
      "lectures/01-a/lecture.mdx": "y",
      "topics.yaml": "",
    });
    await expect(readZip(zip)).rejects.toThrow(/lectures\/01-a:1: is a file and a folder/);
  });
});

describe("a bomb", () => {
  test("a file of zeros without end is not inflated", async () => {
    const zip = rawZip([{ name: "topics.yaml", content: new Uint8Array(64 * 1024 * 1024) }]);
    expect(zip.length).toBeLessThan(100_000);
    await expect(readZip(zip)).rejects.toThrow(/topics\.yaml is larger than 8 MiB/);
  });

  test("a file that says it is small is inflated no further than that", async () => {
    const content = new Uint8Array(64 * 1024 * 1024);
    const zip = rawZip([{ name: "topics.yaml", content, size: 10 }]);
    await expect(readZip(zip)).rejects.toThrow(/cannot be read as a ZIP file/);
  });

  test("many files that are small each are too much together", async () => {
    const content = new Uint8Array(7 * 1024 * 1024);
    const names = Array.from({ length: 12 }, (_, n) => `lectures/01-a/${n}.txt`);
    const zip = rawZip(names.map((name) => ({ name, content })));
    await expect(readZip(zip)).rejects.toThrow(/What is in it is larger than 64 MiB/);
  });

  test("more files than any course has are not even listed", async () => {
    const content = text("");
    const zip = rawZip(Array.from({ length: 10_001 }, (_, n) => ({ name: `a${n}`, content })));
    await expect(readZip(zip)).rejects.toThrow(/holds 10001 files/);
  });

  test("a damaged file, and what is no ZIP file, are told", async () => {
    const damaged = rawZip([{ name: "topics.yaml", content: text("1: sums\n"), crc: 1 }]);
    await expect(readZip(damaged)).rejects.toThrow(/topics\.yaml is damaged/);
    await expect(readZip(Buffer.from("no ZIP file"))).rejects.toThrow(/cannot be read as a ZIP/);
  });
});

describe("what becomes of it", () => {
  let key = { courseId: "", userId: "" };

  beforeEach(async () => {
    const slug = crypto.randomUUID();
    const { id: courseId } = await db().course.create({ data: { slug, title: "Sums" } });
    await importFolder({ courseId, folder: courseWith({}) });
    const { id: userId } = await db().user.create({ data: { id: slug, name: "A", email: slug } });
    key = { courseId, userId };
  });

  const bringBack = async (zip: Buffer) => {
    const content = await readZip(zip);
    return transaction((tx) => draftsFromZip(tx, key, content));
  };

  test("a course that comes back as it was taken away changes nothing", async () => {
    const zip = Buffer.from(await courseZip(db(), key.courseId));
    expect((await readZip(zip)).tree).toEqual(await shown());
    expect(await bringBack(zip)).toEqual({
      created: [],
      begun: [],
      kept: [],
      same: 3,
      refused: [],
    });
    expect(zip).toEqual(Buffer.from(await courseZip(db(), key.courseId)));
  });

  test("what differs becomes the author's draft, what is new a version, and readers see neither", async () => {
    const before = await shown();
    const lecture = `course/${LECTURE}/lecture.mdx`;
    const added = "course/lectures/02-more/lecture.mdx";
    const zip = zipOf({
      [lecture]: "One\n",
      [added]: "Two\n",
      "course/topics.yaml": '1: "Sums"\n',
    });
    expect(await bringBack(zip)).toEqual({
      ...{ created: ["lectures/02-more"], begun: [LECTURE], kept: [], same: 1, refused: [] },
    });
    expect(await shown()).toEqual(before);
    const files = await db().contentDraftFile.findMany({ orderBy: { path: "asc" } });
    expect(files.map(({ path, text: value }) => [path, value])).toEqual([
      ["lecture.mdx", "One\n"],
      ["outputs.json", null],
    ]);
  });

  test("what the author has typed stays", async () => {
    const { id: documentId } = (await storedDocuments(db(), key.courseId)).get(EXERCISE) ?? {
      id: "",
    };
    const typed = new Map([["task.mdx", { kind: "text", text: "Mine\n" } as const]]);
    await saveDraft(db(), { documentId, userId: key.userId, revision: 0, base: 1, files: typed });
    const theirs = { ...TINY_COURSE, [`${EXERCISE}/task.mdx`]: "Theirs\n" };
    expect(await bringBack(zipOf(theirs))).toMatchObject({ begun: [], kept: [EXERCISE], same: 2 });
    const file = await db().contentDraftFile.findFirst({ where: { draft: { documentId } } });
    expect(file?.text).toBe("Mine\n");
  });

  async function shown() {
    return publishedTree(await storedDocuments(db(), key.courseId));
  }
});

/** @spec APPNOTE 6.3.10: local headers with their data, the central directory, its end */
function rawZip(entries: readonly RawEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const {
    name,
    content,
    size = content.length,
    crc = crc32(content),
    mode = 0o100644,
  } of entries) {
    const packed = deflateRawSync(content);
    const common = Buffer.alloc(26);
    for (const [offset, value] of [
      [0, 20],
      [2, 0x800],
      [4, 8],
      [22, Buffer.byteLength(name)],
    ] as const) {
      common.writeUInt16LE(value, offset);
    }
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(size, 18);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(at, 10);
    const made = Buffer.from([20, 3]);
    directory.push(
      Buffer.concat([Buffer.from("PK\x01\x02"), made, common, rest, Buffer.from(name)]),
    );
    parts.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, central, end]);
}
