import { exercise, type Plain, type TestContext } from "exercise";

/** main needs libui and libnet, libui needs libbase. log() is in libnet and, weak, in libbase. */
const object = (
  name: string,
  needed: readonly string[],
  defines: Readonly<Record<string, string>>,
  uses: readonly string[],
) => ({
  ...{ name, needed, defines, textPages: 2, dataPages: 2 },
  references: uses.map((symbol, i) => ({
    symbol: symbol.replace("?", ""),
    binding: symbol.endsWith("?") ? "weak" : "strong",
    slot: 2 * 4096 + 100 + 4 * i,
    callSites: [8, 200],
  })),
});

const FILES = [
  object("main", ["libui.so", "libnet.so"], {}, ["draw", "log"]),
  object("libbase.so", [], { log: "weak", free: "strong" }, []),
  object("libui.so", ["libbase.so"], { draw: "strong" }, ["log", "trace?"]),
  object("libnet.so", [], { log: "strong", send: "strong" }, ["log"]),
  object("libspy.so", [], { log: "weak" }, []),
];

export default exercise("the-linkers-search", ({ test }) => {
  test("order", async (context) => {
    const { order } = await link(context, "main", ["libspy.so"]);
    const wanted = "main libspy.so libui.so libnet.so libbase.so";
    const given = Array.isArray(order) ? order.join(" ") : String(order);
    context.check(given === wanted, `The order should be ${wanted}, not ${given}.`);
  });

  test("first-wins", async (context) => {
    await bound(context, [], "main", "log", "libnet.so");
    await bound(context, ["libspy.so"], "libnet.so", "log", "libspy.so");
  });

  test("weak-references", async (context) => {
    await bound(context, [], "libui.so", "trace", null);
    const files = [...FILES.slice(1), object("main", ["libui.so"], {}, ["nobody"])];
    const answer = await link(context, "main", [], files);
    context.check(
      answer["undefined"] === "nobody" && answer["object"] === "main",
      "main refers to nobody, and nobody defines it.",
    );
  });

  test("missing", async (context) => {
    const { missing } = await link(context, "main", [], FILES.slice(0, 1));
    context.check(missing === "libui.so", `Missing is libui.so, not ${String(missing)}.`);
    const answer = await link(context, "main", ["libgone.so"]);
    context.check(answer["missing"] === undefined, "What cannot be preloaded is left out.");
  });

  test("pages", async (context) => {
    const { writes, sharedPages } = await link(context, "main", []);
    const written = Array.isArray(writes) ? writes.length : -1;
    context.check(written === 5, `There are five slots to write, not ${written}.`);
    context.check(sharedPages === 13, `13 of 16 pages stay shared, not ${String(sharedPages)}.`);
  });
});

async function link(
  { player }: TestContext,
  program: string,
  preload: readonly string[],
  files: readonly object[] = FILES,
): Promise<Readonly<Record<string, Plain>>> {
  const answer = await player.call("link", program, files as unknown as Plain, preload);
  return (typeof answer === "object" ? answer : {}) as Readonly<Record<string, Plain>>;
}

async function bound(
  context: TestContext,
  preload: readonly string[],
  from: string,
  symbol: string,
  to: string | null,
): Promise<void> {
  const { bindings } = await link(context, "main", preload);
  const list = (Array.isArray(bindings) ? bindings : []) as readonly Readonly<
    Record<string, Plain>
  >[];
  const found = list.find((each) => each["object"] === from && each["symbol"] === symbol);
  context.check(
    found !== undefined && found["to"] === to,
    `${symbol} of ${from} is bound to ${String(to)}, not ${String(found?.["to"])}.`,
  );
}
