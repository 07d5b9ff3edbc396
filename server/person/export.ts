/** Everything that the site holds of one person, as they get it. */
import { strToU8, zipSync } from "fflate";
import * as z from "zod";
import type { Tx } from "../db/index.ts";
import { untitledSubmissions } from "../queries/index.ts";
import { tableRules } from "./tables.ts";

type Row = Readonly<Record<string, unknown>>;

/** The rows of the person by table; what opens an account, and what nobody shows them yet, is left out. */
export async function dataOf(
  tx: Tx,
  userId: string,
): Promise<Readonly<Record<string, readonly Row[]>>> {
  const data: Record<string, readonly Row[]> = {};
  for (const { table, rule } of tableRules()) {
    if (rule.erased === "nothing" || ("isOthers" in rule && rule.isOthers)) continue;
    const secret = rule.erased === "deleted" ? (rule.secret ?? []) : [];
    const shown = "held" in rule ? `(${rule.held}) IS NOT TRUE` : "true";
    const rows = await tx.$queryRawUnsafe<{ row: Row }[]>(
      `SELECT to_jsonb(t) - $2::text[] AS "row" FROM "${table}" AS t
      WHERE (${rule.whose}) AND ${shown}`,
      userId,
      secret,
    );
    await takeTitles(tx, userId, table, rows);
    if (rows.length > 0) data[table] = [...(data[table] ?? []), ...rows.map(({ row }) => row)];
  }
  return data;
}

const Result = z.looseObject({
  status: z.string(),
  message: z.string().nullish(),
  tests: z.array(z.looseObject({ id: z.string() })),
});
const OfSubmission = z.object({ submissionId: z.string() });
const Replacing = z.looseObject({ replaced: Result.nullable() });

/** How the rows of a table that hold results are without what hidden tests are called. */
const UNTITLED: Readonly<Record<string, (row: Row) => Row>> = {
  SubmissionResult: (row) => untitled(Result.parse(row)),
  RegradeEntry(row) {
    const { replaced } = Replacing.parse(row);
    return { ...row, replaced: replaced && untitled(replaced) };
  },
};

/** Takes out of results what hidden tests are called, where the class keeps that until the close. */
async function takeTitles(
  tx: Tx,
  userId: string,
  table: string,
  rows: { row: Row }[],
): Promise<void> {
  const without = UNTITLED[table];
  if (without === undefined) return;
  const submissions = await untitledSubmissions(tx, userId, Date.now());
  for (const result of rows) {
    const { submissionId } = OfSubmission.parse(result.row);
    if (submissions.has(submissionId)) result.row = without(result.row);
  }
}

function untitled(result: z.infer<typeof Result>): Row {
  const tests = result.tests.map(({ id: _, ...outcome }) => outcome);
  // What is our own fault may name the test that it happened in.
  return { ...result, ...(result.status === "internal-error" && { message: null }), tests };
}

interface HandedIn {
  readonly run: string;
  readonly exercise: string;
  readonly number: string;
  readonly attempt: number;
  readonly source: string;
}

const README = `Everything that this site holds of you.

data.json       the rows of each table that are yours, as they are stored; passwords and keys, and
                grades that the staff has not released yet, are left out, and so is what hidden
                tests are called as long as the class keeps that
submissions/    what you have handed in, a file for each attempt
`;

/** `data.json`, and each submission as a file of its own, in a ZIP file. */
export async function personZip(tx: Tx, userId: string): Promise<Uint8Array<ArrayBuffer>> {
  const data = await dataOf(tx, userId);
  const handedIn = await tx.$queryRaw<HandedIn[]>`
    SELECT r."slug" AS "run", e."slug" AS "exercise", e."number", s."attempt", s."source"
    FROM "Submission" AS s
    JOIN "Exercise" AS e ON e."id" = s."exerciseId" JOIN "CourseRun" AS r ON r."id" = e."runId"
    WHERE s."userId" = ${userId}
    ORDER BY r."slug", e."position", s."attempt"`;
  const files = handedIn.map(({ run, exercise, number, attempt, source }) => [
    `submissions/${inPath(run)}/${inPath(number)}-${inPath(exercise)}/attempt-${attempt}.ts`,
    strToU8(source),
  ]);
  const zip = zipSync({
    "README.txt": strToU8(README),
    "data.json": strToU8(`${JSON.stringify(data, null, 2)}\n`),
    ...Object.fromEntries(files),
  });
  return new Uint8Array(zip);
}

/** As a part of a path; nothing in it leads elsewhere. */
function inPath(name: string): string {
  return name.replaceAll(/[^\w.-]/g, "_").replace(/^\.+/, "_");
}
