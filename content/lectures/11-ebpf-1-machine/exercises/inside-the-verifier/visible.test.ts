import { exercise } from "exercise";

const BITS_3_TO_7 = { value: 0n, mask: 0xf8n };
const EIGHT = { value: 8n, mask: 0n };

export default exercise("inside-the-verifier", ({ test }) => {
  test("tnum-add-sound", async ({ player, check }) => {
    const sum = await player.call("tnumAdd", BITS_3_TO_7, EIGHT, 16);
    check(
      same(sum, { value: 0n, mask: 0x1f8n }),
      `(0x0; 0xf8) + (0x8; 0x0) is (0x0; 0x1f8), not ${show(sum)}.`,
    );
  });

  test("tnum-and-shl-sound", async ({ player, check }) => {
    const and = await player.call("tnumAnd", { value: 5n, mask: 8n }, { value: 4n, mask: 3n }, 8);
    check(
      same(and, { value: 4n, mask: 1n }),
      `x101 & 01xx is 010x, that is (0x4; 0x1), not ${show(and)}.`,
    );
    const shl = await player.call("tnumShl", { value: 1n, mask: 8n }, 1, 4);
    check(same(shl, { value: 2n, mask: 0n }), `x001 << 1 in four bits is 0010, not ${show(shl)}.`);
  });

  test("unsigned-sound", async ({ player, check }) => {
    const a = { umin: 10n, umax: 12n, smin: -6n, smax: -4n };
    const sum = await player.call("boundsAdd", a, a, 4);
    check(
      has(sum, "umin", (least) => least <= 4n) && has(sum, "umax", (most) => most >= 8n),
      `10..12 plus 10..12 in four bits is 4..8, but your bounds are ${show(sum)}.`,
    );
    const small = { umin: 1n, umax: 2n, smin: 1n, smax: 2n };
    const exact = await player.call("boundsAdd", small, small, 4);
    check(
      same(exact, { umin: 2n, umax: 4n, smin: 2n, smax: 4n }),
      `1..2 plus 1..2 is 2..4, not ${show(exact)}.`,
    );
  });

  test("signed-sound", async ({ player, check }) => {
    const a = { umin: 5n, umax: 6n, smin: 5n, smax: 6n };
    const sum = await player.call("boundsAdd", a, a, 4);
    check(
      has(sum, "smin", (least) => least <= -6n),
      `5..6 plus 5..6 in four bits can be -6 when read as signed; your smin is too large: ${show(sum)}.`,
    );
    check(
      has(sum, "umax", (most) => most === 12n),
      `Read as unsigned it is 10..12, not ${show(sum)}.`,
    );
  });

  test("tnum-precise", async ({ player, check }) => {
    const and = await player.call("tnumAnd", { value: 3n, mask: 12n }, { value: 1n, mask: 0n }, 4);
    check(same(and, { value: 1n, mask: 0n }), `xx11 & 0001 is 0001, not ${show(and)}.`);
  });

  test("bounds-precise", async ({ player, check }) => {
    const a = { umin: 3n, umax: 5n, smin: 3n, smax: 5n };
    const shl = await player.call("boundsShl", a, 2, 8);
    check(
      same(shl, { umin: 12n, umax: 20n, smin: 12n, smax: 20n }),
      `3..5 << 2 is 12..20, not ${show(shl)}.`,
    );
  });

  test("programs", async ({ player, check }) => {
    const word = { umin: 0n, umax: 0xffn, smin: -128n, smax: 127n };
    const fifteen = { umin: 15n, umax: 15n, smin: 15n, smax: 15n };
    const index = await player.call("boundsAnd", word, fifteen, 8);
    check(
      has(index, "umax", (most) => most === 15n),
      `x & 15 is at most 15, not ${show(index)}.`,
    );
  });
});

function has(bounds: unknown, name: string, holds: (end: bigint) => boolean): boolean {
  const end = (bounds as Record<string, unknown> | null | undefined)?.[name];
  return typeof end === "bigint" && holds(end);
}

function same(answer: unknown, wanted: Record<string, bigint>): boolean {
  return Object.entries(wanted).every(([name, end]) => has(answer, name, (given) => given === end));
}

function show(answer: unknown): string {
  if (typeof answer !== "object" || answer === null) return String(answer);
  return Object.entries(answer)
    .map(([name, end]) => `${name} = ${String(end)}`)
    .join(", ");
}
