/**
 * Who comes: readers, and students of the demo run. A class works at one lecture at a time, here at
 * the last one of the course: they hand in solutions of its exercises.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readExercises } from "#server/course";
import { createAccount } from "../../server/auth/create-account.ts";
import { db } from "../../server/db/client.ts";
import { answerIn, builtActions } from "../system/action-call.ts";
import { cookieOf } from "../system/visitors.ts";
import type { Front } from "./front.ts";

/** Every so many pages one is read to its end. */
const UNPACKED_EACH = 10;

interface Student {
  readonly userId: string;
  readonly cookie: string;
}

interface Task {
  readonly slug: string;
  readonly path: string;
  readonly solution: string;
}

export class Crowd {
  readonly #front: Front;
  readonly #students: readonly Student[];
  readonly #tasks: readonly Task[];
  readonly #lectures: readonly string[];
  readonly #submit: string;
  #sent = 0;

  private constructor(front: Front, students: readonly Student[]) {
    const exercises = readExercises();
    this.#front = front;
    this.#students = students;
    this.#lectures = [...new Set(exercises.map(({ lectureSlug }) => `/lectures/${lectureSlug}`))];
    const current = exercises.at(-1)?.lectureSlug;
    const given = exercises.filter(({ lectureSlug }) => lectureSlug === current);
    this.#tasks = given.map(({ folder, manifest, lectureSlug }) => ({
      slug: manifest.id,
      path: `/lectures/${lectureSlug}`,
      solution: readFileSync(join(folder, "solution.ts"), "utf8"),
    }));
    const submit = builtActions().get("app/exercises/actions.ts submitExercise");
    if (submit === undefined) throw new Error("the build has no action submitExercise");
    this.#submit = submit;
  }

  /** Enrols that many students in the demo run, each signed in. */
  static async gather(front: Front, count: number): Promise<Crowd> {
    const run = await db().courseRun.findFirstOrThrow();
    const students: Student[] = [];
    for (let index = 0; index < count; index++) {
      const name = `load-${index}`;
      const made = await createAccount(db(), {
        name,
        username: name,
        email: `${name}@example.edu`,
      });
      if (made.kind === "taken") throw new Error(`${name} is taken`);
      const { userId } = made;
      await db().enrolment.create({ data: { userId, runId: run.id, role: "student" } });
      students.push({ userId, cookie: await cookieOf(userId) });
    }
    return new Crowd(front, students);
  }

  /** Opens a lecture: every second one without an account. */
  async read(index: number): Promise<void> {
    const path = pick(this.#lectures, index);
    const { cookie } = pick(this.#students, index);
    const accept = "text/html";
    const headers: Record<string, string> = index % 2 === 0 ? { accept } : { accept, cookie };
    const { status, whole } = await this.#front.ask(path, { headers });
    if (status !== 200) throw new Error(`${path}: status ${status}`);
    // To unpack each of them would cost this machine more than it learns.
    if (index % UNPACKED_EACH === 0 && !(await whole()).includes("</html>")) {
      throw new Error(`${path}: the page is not whole`);
    }
  }

  /** Hands a solution in that nobody has handed in, until it is acknowledged. */
  async submit(): Promise<void> {
    const index = this.#sent++;
    const task = pick(this.#tasks, index);
    const { userId, cookie } = pick(this.#students, index);
    const input = {
      exercise: task.slug,
      userId,
      source: `${task.solution}\n// ${index}\n`,
      clientKey: randomUUID(),
    };
    const { status, whole } = await this.#front.ask(task.path, {
      headers: { "next-action": this.#submit, cookie },
      body: JSON.stringify([input]),
    });
    const kind = answerIn(await whole())?.kind;
    if (kind !== "accepted") throw new Error(`${task.slug}: status ${status}, ${kind}`);
  }
}

function pick<T>(from: readonly T[], index: number): T {
  const one = from[index % from.length];
  if (one === undefined) throw new Error("nothing to pick from");
  return one;
}
