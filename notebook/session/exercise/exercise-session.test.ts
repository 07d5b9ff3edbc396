import { describe, expect, test } from "vitest";
import type { GradingResult } from "#notebook/document";
import {
  MemoryOutbox,
  MemorySite,
  openExercise,
  reached,
  STARTER,
  STUDENT,
} from "./trial-exercise.ts";

const RESULT: GradingResult = {
  status: "graded",
  score: 1,
  max: 1,
  tests: [{ id: "adds", kind: "passed", points: 1, max: 1 }],
  ms: 5,
};

describe("a submission", () => {
  test("is stored, followed test by test, and its result joins the attempts", async () => {
    const trial = openExercise();
    trial.session.edit("solved");
    await trial.session.submit();
    const tell = trial.followers.get("s1");
    tell?.({ kind: "waiting", position: 2 });
    tell?.({ kind: "running", tests: [{ id: "adds", passed: true }] });
    expect(trial.session.state().handing).toMatchObject({ progress: { kind: "running" } });
    tell?.({ kind: "graded", result: RESULT });
    expect(trial.session.state()).toMatchObject({
      graded: { receipt: { attempt: 1 }, result: RESULT, isHandedInAgain: false },
      attempts: [{ receipt: { id: "s1" }, isSpent: true, result: { score: 1 } }],
    });
    expect(trial.session.state().message?.text).toBe("Attempt 1: 1 of 1 points.");
  });

  test("is not taken back by news that come late", async () => {
    const trial = openExercise();
    await trial.session.submit();
    const tell = trial.followers.get("s1");
    tell?.({ kind: "running", tests: [{ id: "adds", passed: true }] });
    tell?.({ kind: "running", tests: [] });
    expect(trial.session.state().handing).toMatchObject({ progress: { tests: [{ id: "adds" }] } });
    tell?.({ kind: "graded", result: RESULT });
    tell?.({ kind: "running", tests: [] });
    expect(trial.session.state().handing).toMatchObject({ progress: { kind: "graded" } });
  });

  test("of the same text shows the stored result, and adds no attempt", async () => {
    const trial = openExercise();
    await trial.session.submit();
    trial.followers.get("s1")?.({ kind: "graded", result: RESULT });
    await trial.session.submit();
    trial.followers.get("s1")?.({ kind: "graded", result: RESULT });
    expect(trial.session.state()).toMatchObject({ graded: { isHandedInAgain: true } });
    expect(trial.session.state().attempts).toHaveLength(1);
  });

  test("of 5 MB is refused with both sizes, not sent, and stays in the editor", async () => {
    const trial = openExercise();
    const long = "x".repeat(5_000_000);
    trial.session.edit(long);
    await trial.session.submit();
    expect(trial.session.state().handing).toEqual({
      kind: "refused",
      because: { kind: "too-large", bytes: 5_000_000 },
    });
    expect(trial.session.state().source).toBe(long);
    expect(trial.site.stored.size).toBe(0);
  });

  test("that waited when the page was left is followed again", async () => {
    const receipt = { id: "s7", attempt: 7, receivedAt: 1, sourceHash: "", latePercent: 0 };
    const attempts = [{ receipt, isSpent: true, result: undefined }];
    const trial = openExercise({ student: { ...STUDENT, attempts } });
    trial.followers.get("s7")?.({ kind: "graded", result: RESULT });
    expect(trial.session.state().graded?.receipt.attempt).toBe(7);
  });
});

describe("what could not be sent", () => {
  test("is kept as it was, and sent once when the network is back", async () => {
    const trial = openExercise();
    trial.site.network = "down";
    trial.session.edit("in the train");
    await trial.session.submit();
    expect(trial.session.state().handing).toMatchObject({ kind: "kept", because: "offline" });
    trial.session.edit("typed later");
    trial.site.network = "up";
    trial.session.sendKept();
    trial.session.sendKept();
    await reached(trial, ({ handing }) => handing.kind === "stored");
    expect([...trial.site.stored.values()].map(({ source }) => source)).toEqual(["in the train"]);
    expect(trial.session.state().source).toBe("typed later");
  });

  test("outlives the page, and two tabs that both send it store it once", async () => {
    const [site, outbox] = [new MemorySite(), new MemoryOutbox()];
    site.network = "answers-lost";
    const before = openExercise({ site, outbox });
    await before.session.submit();
    before.session.close();
    site.network = "up";
    const tabs = [openExercise({ site, outbox }), openExercise({ site, outbox })];
    for (const tab of tabs) await reached(tab, ({ handing }) => handing.kind === "stored");
    expect(site.stored.size).toBe(1);
    expect(await outbox.all()).toEqual([]);
  });

  test("after the session has ended waits for the same person", async () => {
    const [site, outbox] = [new MemorySite(), new MemoryOutbox()];
    site.signedIn = undefined;
    const mira = openExercise({ site, outbox });
    await mira.session.submit();
    expect(mira.session.state().handing).toMatchObject({ kind: "kept", because: "signed-out" });
    mira.session.close();
    site.signedIn = "bao";
    const bao = openExercise({ site, outbox, student: { ...STUDENT, userId: "bao" } });
    bao.session.edit("of bao");
    await bao.session.submit();
    expect([...site.stored.values()].map(({ source }) => source)).toEqual(["of bao"]);
    site.signedIn = "mira";
    const again = openExercise({ site, outbox });
    await reached(again, ({ handing }) => handing.kind === "stored");
    expect([...site.stored.values()].map(({ userId }) => userId)).toEqual(["bao", "mira"]);
  });
});

describe("visible tests", () => {
  test("show each outcome as it comes, and can be stopped", async () => {
    const trial = openExercise({
      runTests: ({ onOutcome, signal }) => {
        onOutcome({ id: "adds", kind: "passed", points: 1, max: 1 });
        return new Promise((resolve) =>
          signal?.addEventListener("abort", () => resolve({ kind: "stopped" })),
        );
      },
    });
    const running = trial.session.tryTests();
    expect(trial.session.state().trial).toMatchObject({
      kind: "running",
      outcomes: [{ id: "adds", kind: "passed" }],
    });
    trial.session.stopTests();
    await running;
    expect(trial.session.state().trial).toMatchObject({ kind: "ended", end: { kind: "stopped" } });
    expect(trial.session.state().message?.text).toBe("The visible tests were stopped.");
  });
});

test("starting over can be taken back", () => {
  const trial = openExercise();
  trial.session.edit("an hour of work");
  trial.session.startOver();
  expect(trial.session.state()).toMatchObject({ source: STARTER, isEdited: false });
  trial.session.takeBack();
  expect(trial.session.state()).toMatchObject({ source: "an hour of work", discarded: undefined });
});
