import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { checkCourse } from "../../server/gate/index.ts";
import { closeSandboxes } from "../../server/grading/index.ts";

const COURSE = join(import.meta.dirname, "../fixtures/second-course");

afterAll(() => closeSandboxes());

test("a course that is written from docs/authoring.md alone passes the gate, wherever it lies", async () => {
  const course = mkdtempSync(join(tmpdir(), "kernelbook-second-"));
  cpSync(COURSE, course, { recursive: true });
  try {
    expect(await checkCourse({ course })).toEqual({ lectures: 2, exercises: 2, problems: [] });
  } finally {
    rmSync(course, { recursive: true });
  }
});
