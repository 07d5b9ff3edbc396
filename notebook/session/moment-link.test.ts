import fc from "fast-check";
import { expect, test } from "vitest";
import { type LinkedMoment, packMoment, unpackMoment } from "./moment-link.ts";

const moment: LinkedMoment = {
  cell: "fork",
  source: "const machine = boot()",
  seed: 1,
  machine: 0,
  event: 731,
};

test("what goes into a link comes out of it, whatever the text", async () => {
  const any = fc.record({
    cell: fc.stringMatching(/^[\w.-]{1,20}$/),
    source: fc.string({ unit: "grapheme", maxLength: 500 }),
    seed: fc.integer(),
    machine: fc.nat(3),
    event: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(any, async (one) => {
      const link = (await packMoment(one)) ?? "";
      expect(link).toMatch(/^#moment=[\w-]+$/);
      expect(await unpackMoment(link)).toEqual(one);
    }),
    { numRuns: 30 },
  );
});

test("a text that is too long for an address makes no link", async () => {
  let seed = 7;
  const letter = (): string => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return String.fromCharCode(33 + Math.floor((seed / 2 ** 32) * 90));
  };
  const noise = Array.from({ length: 20_000 }, letter);
  expect(await packMoment({ ...moment, source: noise.join("") })).toBeUndefined();
});

async function packed(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = Buffer.from(await new Response(stream).arrayBuffer());
  return `#moment=${bytes.toString("base64url")}`;
}

test.each([
  { name: "another fragment", hash: "#cell-3" },
  { name: "no base64", hash: "#moment=***" },
  { name: "nothing that unpacks", hash: "#moment=AAAA" },
  { name: "an endless one", hash: `#moment=${"A".repeat(20_000)}` },
])("$name is no moment", async ({ hash }) => {
  expect(await unpackMoment(hash)).toBeUndefined();
});

test.each([
  { name: "no JSON", text: "{" },
  { name: "another version", text: JSON.stringify({ v: 2, ...moment }) },
  { name: "a cell with a strange name", text: JSON.stringify({ v: 1, ...moment, cell: "a b" }) },
  { name: "a negative event", text: JSON.stringify({ v: 1, ...moment, event: -1 }) },
  { name: "a text that is none", text: JSON.stringify({ v: 1, ...moment, source: 7 }) },
  {
    name: "what unpacks to megabytes",
    text: JSON.stringify({ v: 1, ...moment, source: "a".repeat(3e6) }),
  },
])("$name is refused after it was unpacked", async ({ text }) => {
  expect(await unpackMoment(await packed(text))).toBeUndefined();
});
