/** Programs of i386 that look at every structure they get, and what they printed on Linux 6.18 for x86-64. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { boot } from "../../../index.ts";

const programs = JSON.parse(
  gunzipSync(
    readFileSync(join(import.meta.dirname, "../../../../tests/fixtures/i386/compat.json.gz")),
  ).toString("utf8"),
) as Record<string, { elf: string; output: string }>;

test.each(Object.keys(programs))("32-bit structures are Linux's: %s", (name) => {
  const { elf, output } = programs[name]!;
  const machine = boot({ cpus: 1 });
  machine.writeFile("/prog", new Uint8Array(Buffer.from(elf, "base64")), 0o755);
  const process = machine.spawn("/prog");
  machine.runUntilIdle();
  expect(process.output.split("\n")).toEqual(output.split("\n"));
});
