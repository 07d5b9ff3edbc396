import { db } from "../../server/db/client.ts";
import { assessReport } from "../../server/grading/assessment.ts";
import { giveGrades } from "../../server/grading/given-grade.ts";
import { saveGradeSettings } from "../../server/grading/grade-settings.ts";
import { regrade } from "../../server/grading/regrade.ts";
import { readGradesFile } from "../../server/queries/grades-file.ts";

const REPORT = {
  ...{ id: "a-report", number: "E99.1", kind: "report", title: "A report", points: 1 },
  ...{ limits: {}, seeds: [] },
  tests: [{ id: "clear", title: "It is clear", points: 1, hint: "" }],
};

interface GradedWork {
  readonly runId: string;
  readonly submissionId: string;
  readonly student: string;
  readonly instructor: string;
}

/** What can be done to the grades of a run: each answers something new to do it to. */
export class Grades {
  readonly #runId: string;
  readonly #submissionId: string;
  readonly #student: string;
  readonly #instructor: string;
  #made = 0;

  constructor({ runId, submissionId, student, instructor }: GradedWork) {
    this.#runId = runId;
    this.#submissionId = submissionId;
    this.#student = student;
    this.#instructor = instructor;
  }

  /** A regrade of the one submission, which has not begun. */
  async newRegrade(): Promise<string> {
    await this.endRegrades();
    const id = await regrade({ runId: this.#runId, submissionId: this.#submissionId });
    if (id === undefined) throw new Error("there is nothing to grade again");
    return id;
  }

  /** A new version of the exercise, which has graded nothing. */
  async newVersion(): Promise<{ id: string; exerciseId: string }> {
    await this.endRegrades();
    const { exerciseId } = await db().submission.findUniqueOrThrow({
      where: { id: this.#submissionId },
    });
    const data = { exerciseId, hash: crypto.randomUUID(), manifest: {}, judge: new Uint8Array() };
    const { id } = await db().exerciseVersion.create({ data });
    return { id, exerciseId };
  }

  /** What the newest version makes of the grades, as far as that has been decided. */
  async newTrial(state: "dry" | "applied"): Promise<string> {
    const { id: versionId, exerciseId } = await this.newVersion();
    const { id } = await db().regrade.create({
      data: { runId: this.#runId, exerciseId, versionId, state },
    });
    return id;
  }

  /** The step in which the student was given a grade. */
  async newGivenGrade(): Promise<string> {
    const { exerciseId } = await db().submission.findUniqueOrThrow({
      where: { id: this.#submissionId },
    });
    const given = { points: ++this.#made, isExcused: false, comment: "" };
    const grade = { exerciseId, userId: this.#student, given };
    const step = { runId: this.#runId, actorId: this.#instructor, kind: "given" } as const;
    return (await giveGrades(db(), step, [grade])) ?? "";
  }

  /** Of what a file of grades would do now. */
  async digestOfGrades(text: string): Promise<string> {
    return (await readGradesFile(db(), this.#runId, text)).digest;
  }

  /** The step in which weights were set. */
  async newSettings(): Promise<string> {
    const step = { runId: this.#runId, actorId: this.#instructor };
    const dropLowest = ++this.#made;
    return (await saveGradeSettings(db(), step, { dropLowest, weights: {} })) ?? "";
  }

  /** Nobody's grades are held. */
  async releaseGrades(): Promise<void> {
    await db().exercise.updateMany({ where: { runId: this.#runId }, data: { isHeld: false } });
  }

  /** What the student has written, and nobody has graded. */
  async newReport(): Promise<{ slug: string; submissionId: string }> {
    const runId = this.#runId;
    const slug = "a-report";
    const exercise = await db().exercise.upsert({
      where: { runId_slug: { runId, slug } },
      create: {
        ...{ runId, slug, kind: "report", number: "E99.1", title: "A report", lectureSlug: "" },
        ...{ points: 1, position: 99 },
        versions: { create: { hash: "r", manifest: REPORT, judge: new Uint8Array() } },
      },
      update: {},
    });
    const key = { exerciseId: exercise.id, userId: this.#student };
    const { id: submissionId } = await db().submission.upsert({
      where: { exerciseId_userId_attempt: { ...key, attempt: 1 } },
      create: { ...key, attempt: 1, clientKey: slug, source: "# Mine", sourceHash: slug },
      update: {},
    });
    return { slug, submissionId };
  }

  /** The step in which the report was graded. */
  async newGradedReport(): Promise<string> {
    const { submissionId } = await this.newReport();
    const step = { runId: this.#runId, actorId: this.#instructor };
    const criteria = { clear: { points: 1, comment: String(++this.#made) } };
    const assessment = { criteria, comment: "" };
    const outcome = await assessReport(db(), step, { submissionId, assessment });
    if (outcome.kind !== "assessed") throw new Error("the report is not graded");
    return outcome.stepId;
  }

  /** Words at the first line of the submission. */
  async newComment(): Promise<string> {
    const data = { submissionId: this.#submissionId, line: 1, text: "Why?" };
    const { id } = await db().lineComment.create({ data });
    return id;
  }

  /** What is being graded again is not asked for twice. */
  async endRegrades(): Promise<void> {
    await db().regradeEntry.updateMany({ data: { endedAt: new Date() } });
  }
}
