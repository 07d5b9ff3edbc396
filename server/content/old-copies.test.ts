import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { removeUnused } from "./old-copies.ts";

const HOUR_MS = 3600_000;

test("copies that were not used for a day are removed, and nothing else", () => {
  const cache = mkdtempSync(join(tmpdir(), "kernelbook-cache-"));
  const now = Date.now();
  const places = ["courses/old", "courses/new", "drafts/draft-old", "contracts-old", "other/old"];
  for (const place of places) {
    const folder = join(cache, place);
    mkdirSync(join(folder, "lectures"), { recursive: true });
    const used = (now - (place.endsWith("new") ? 1 : 25) * HOUR_MS) / 1000;
    utimesSync(folder, used, used);
  }
  removeUnused(cache, now);
  expect(places.filter((place) => existsSync(join(cache, place)))).toEqual([
    "courses/new",
    "other/old",
  ]);
  rmSync(cache, { recursive: true });
});
