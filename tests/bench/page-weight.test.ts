import { afterAll, beforeAll, expect, test } from "vitest";
import { firstLecture, firstRunKb, pageWeight } from "../page-weight.ts";
import { type Site, startSite } from "../site.ts";

const BPF_LECTURE = "/lectures/11-ebpf-1-machine";

let site: Site;

beforeAll(async () => {
  site = await startSite();
});

afterAll(() => site.stop());

test("a lecture loads at most 210 KB of compressed scripts", async () => {
  const { gzKb, scripts } = await pageWeight(site.url, await firstLecture(site.url));
  expect(scripts.length).toBeGreaterThan(0);
  expect(gzKb, scripts.map(({ url, gzKb }) => `${gzKb} ${url}`).join("\n")).toBeLessThan(210);
});

test("the first run of a cell that only assembles fetches at most 350 KB more", async () => {
  const kb = await firstRunKb(site.url, BPF_LECTURE, "encoding");
  expect(kb).toBeGreaterThan(0);
  expect(kb).toBeLessThan(350);
});

test("the first run of a cell that boots the whole kernel fetches at most 800 KB more", async () => {
  const kb = await firstRunKb(site.url, await firstLecture(site.url));
  expect(kb).toBeGreaterThan(0);
  expect(kb).toBeLessThan(800);
});

test("no page loads the editor before somebody edits", async () => {
  const { scripts } = await pageWeight(site.url, await firstLecture(site.url));
  expect(scripts.filter(({ url }) => url.includes("/monaco/"))).toEqual([]);
});
