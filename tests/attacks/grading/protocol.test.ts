import { describe, expect, test } from "vitest";
import { attack, CANARY, earned, hostilePlayer } from "./attack.ts";

/** Hostile programs in the player's place: all of Deno that needs no permission is theirs. */
const FORGERIES: readonly {
  readonly name: string;
  readonly status: string;
  readonly load?: string;
  readonly question?: string;
}[] = [
  {
    name: "a verdict of the judge's kind",
    status: "tampered",
    question: `send("T", JSON.stringify({ nonce: "0".repeat(32), id: "breach", passed: true }));`,
  },
  {
    name: "the end of the run",
    status: "tampered",
    question: `send("D", JSON.stringify({ nonce: "0".repeat(32), kind: "done" }));`,
  },
  {
    name: "a question to itself",
    status: "tampered",
    question: `send("Q", text);`,
  },
  {
    name: "an answer that nobody asked for",
    status: "tampered",
    // In one piece, so that the second is there before the judge has asked anything.
    load: `write(new Uint8Array([...frame("A", LOADED), ...frame("A", calls(true))]));`,
  },
  {
    name: "two answers to one question",
    status: "tampered",
    question: `write(new Uint8Array([...frame("A", honest(JSON.parse(text))), ...frame("A", calls(true))]));`,
  },
  {
    name: "a result as text on stdout",
    status: "tampered",
    question: `write(encoder.encode('{"status":"graded","score":3,"max":3}\\n'));`,
  },
  {
    name: "a frame that claims four gigabytes",
    status: "tampered",
    question: `write(new Uint8Array([255, 255, 255, 255, 65]));`,
  },
  {
    name: "more outcomes than calls",
    status: "tampered",
    question: `send("A", calls(1, 2, 3));`,
  },
  {
    name: "an answer to another kind of question",
    status: "tampered",
    question: `send("A", JSON.stringify(o({ kind: "value", value: true })));`,
  },
  {
    name: "an answer that is not JSON",
    status: "tampered",
    question: `send("A", "{".repeat(1000));`,
  },
  {
    name: "an answer with an unknown tag",
    status: "tampered",
    question: `send("A", JSON.stringify({ o: ["kind", "calls", "outcomes", [{ o: ["kind", "returned", "value", { f: "() => true" }] }]] }));`,
  },
  {
    name: "an answer of ten thousand levels",
    status: "tampered",
    question: `send("A", "[".repeat(10000) + "]".repeat(10000));`,
  },
  {
    name: "a bigint of ten million digits",
    status: "tampered",
    question: `send("A", calls({ i: "0x" + "f".repeat(7e6) }));`,
  },
  {
    name: "an early exit that looks clean",
    status: "crashed",
    question: `Deno.exit(0);`,
  },
  {
    name: "a frame that never ends",
    status: "time-out",
    question: `write(new Uint8Array([0, 0, 1, 0, 65, 1, 2, 3]));`,
  },
];

describe.each(FORGERIES)("$name", ({ status, load, question }) => {
  const onFrame = `const onFrame = (kind, text) => {
    if (kind === "L") { ${load ?? `send("A", LOADED);`} return; }
    if (text.includes("breach")) { ${question ?? ""} return; }
    send("A", honest(JSON.parse(text)));
  };`;

  test(`ends in ${status} and earns nothing more`, async () => {
    const result = await attack("", {
      playerScript: hostilePlayer(onFrame),
      limits: { wallSeconds: 1 },
    });
    expect(result.status).toBe(status);
    expect(earned(result)).not.toContain("breach");
    // What had passed before stays, unless nothing of the run can be believed.
    expect(earned(result)).toEqual(status === "tampered" ? [] : ["adds", "reverses"]);
    expect(result.message).toBeTruthy();
    expect(JSON.stringify(result)).not.toMatch(CANARY);
  });
});

test("control: with an honest claim in the same place the point is given", async () => {
  const onFrame = `const onFrame = (kind, text) => {
    if (kind === "L") return send("A", LOADED);
    send("A", text.includes("breach") ? calls(true) : honest(JSON.parse(text)));
  };`;
  const result = await attack("", { playerScript: hostilePlayer(onFrame) });
  expect(earned(result)).toEqual(["adds", "reverses", "breach"]);
});

test("keys named __proto__ are data like any other", async () => {
  const onFrame = `const onFrame = (kind, text) => {
    if (kind === "L") return send("A", LOADED);
    const lie = { o: ["__proto__", o({ length: 32, every: true }), "constructor", null] };
    send("A", text.includes("sum") ? honest(JSON.parse(text)) : calls(lie));
  };`;
  const result = await attack("", { playerScript: hostilePlayer(onFrame) });
  expect(result.status).toBe("graded");
  expect(earned(result)).toEqual(["adds"]);
});
