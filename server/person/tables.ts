/**
 * What each table holds of a person, what becomes of it when they are erased, and what they get of
 * it in their export. `tests` beside it fail for a table that is not listed.
 */

/** `$1` is the person's id; `$2`, in `set`, the id of the nameless account that takes their work over. */
export type TableRule =
  /** Nothing of any person. */
  | { readonly erased: "nothing" }
  /** Goes with the account. */
  | { readonly erased: "deleted"; readonly whose: string; readonly secret?: readonly string[] }
  /** Work that grades hang on: it goes too, or stays with nobody's name on it, as the operator says. */
  | {
      readonly erased: "work";
      readonly whose: string;
      /** Grades that are not released yet, or were only tried: no part of the person's export. */
      readonly held?: string;
      /** Gives a row to the nameless account; undefined: it goes with another row. */
      readonly set?: string;
    }
  /** Stays for others, without a name. */
  | {
      readonly erased: "unnamed";
      readonly whose: string;
      readonly set: string;
      /** About somebody else: no part of the person's export. */
      readonly isOthers?: true;
    }
  /** Stays: the id alone, so that it can be told what was done, and to whose account. */
  | {
      readonly erased: "kept";
      readonly whose: string;
      /** Takes out what is said of the person, whatever becomes of their work. */
      readonly words?: string;
      /** Where work stays, the nameless account's id for theirs: with both, the one would lead to the other. */
      readonly set?: string;
      readonly held?: string;
      readonly isOthers?: true;
    };

const NOTHING: TableRule = { erased: "nothing" };

const HELD_EXERCISE = `"exerciseId" IN (SELECT "id" FROM "Exercise" WHERE "isHeld")`;
const HELD_SUBMISSION = `"submissionId" IN (SELECT "id" FROM "Submission" WHERE ${HELD_EXERCISE})`;
/** Regrades that no student reads of: they were only tried, or are taken back. */
const UNTOLD_REGRADES = `SELECT "id" FROM "Regrade" WHERE "state" NOT IN ('direct', 'applied')`;
const TRIED_RESULT = `(NOT "counts" AND "id" IN (
  SELECT "resultAfterId" FROM "RegradeEntry" WHERE "regradeId" IN (${UNTOLD_REGRADES})))`;

/** What is said to a student beside a grade. */
const WORDS = `'{comment,message,feedback,reason}'::text[]`;

/** A grade as it stood before or after an event, and its tests or criteria, without words. */
const wordless = (column: string): string => `"${column}" = CASE
  WHEN jsonb_typeof("${column}") <> 'object' THEN "${column}"
  WHEN jsonb_typeof("${column}" -> 'tests') = 'array' THEN
    jsonb_set("${column}" - ${WORDS} || '{"message":null}', '{tests}', (
      SELECT coalesce(jsonb_agg(test - ${WORDS}), '[]')
      FROM jsonb_array_elements("${column}" -> 'tests') AS test))
  WHEN "${column}" ? 'comment' THEN "${column}" - ${WORDS} || '{"comment":""}'
  ELSE "${column}" - ${WORDS} END`;

const renamed = (column: string): string =>
  `"${column}" = replace("${column}"::text, $1, $2)::jsonb`;

const own = (secret?: readonly string[]): TableRule => ({
  erased: "deleted",
  whose: `"userId" = $1`,
  ...(secret === undefined ? {} : { secret }),
});

const unnamed = (column: string, more = ""): TableRule & { erased: "unnamed" } => ({
  erased: "unnamed",
  whose: `"${column}" = $1`,
  set: `"${column}" = NULL${more}`,
});

/** Somebody else's row that names the person, too. */
const unnamedAt = (column: string): TableRule => ({ ...unnamed(column), isOthers: true });

/** In the order in which they are erased: what hangs on another row before that row. */
export const TABLES: Readonly<Record<string, readonly TableRule[]>> = {
  // The account.
  Session: [own(["token"])],
  Account: [own(["password", "accessToken", "refreshToken", "idToken"])],
  Verification: [{ erased: "deleted", whose: `"value" = $1`, secret: ["identifier"] }],
  RateLimit: [
    {
      erased: "deleted",
      whose: `EXISTS (SELECT FROM "User" AS u WHERE u."id" = $1 AND (
      "key" LIKE '%:' || $1 OR right("key", length(u."email") + 1) = ':' || u."email"
      OR right("key", length(u."username") + 1) = ':' || u."username"))`,
    },
  ],

  // What they were told, and how they want to be.
  Mail: [own()],
  MailChoice: [own()],

  // What they have typed.
  CellRevision: [
    {
      erased: "deleted",
      whose: `"draftId" IN (SELECT "id" FROM "NotebookDraft" WHERE "userId" = $1)`,
    },
  ],
  NotebookDraft: [own()],
  ExerciseDraft: [own()],
  LectureReading: [own()],
  ContentDraftFile: [
    {
      erased: "deleted",
      whose: `"draftId" IN (SELECT "id" FROM "ContentDraft" WHERE "userId" = $1)`,
    },
  ],
  ContentDraft: [own()],

  // By which they were asked in.
  Invitation: [
    {
      erased: "deleted",
      whose: `"email" = (SELECT "email" FROM "User" WHERE "id" = $1)`,
      secret: ["tokenHash"],
    },
  ],

  // What they have said: others have answered, so the words stay. Their code does not.
  Question: [unnamed("authorId", `, "quote" = NULL`), unnamedAt("answeredById")],
  Answer: [unnamed("authorId")],
  QuestionChange: [unnamed("byId", `, "before" = NULL`)],
  Announcement: [unnamed("authorId")],
  AnnouncementRead: [own()],

  // Their work in a class.
  SubmissionResult: [
    {
      erased: "work",
      whose: `"submissionId" IN (SELECT "id" FROM "Submission" WHERE "userId" = $1)`,
      held: `${HELD_SUBMISSION} OR ${TRIED_RESULT}`,
    },
    unnamedAt("gradedById"),
  ],
  RegradeEntry: [
    {
      erased: "work",
      whose: `"submissionId" IN (SELECT "id" FROM "Submission" WHERE "userId" = $1)`,
      held: `${HELD_SUBMISSION} OR "regradeId" IN (${UNTOLD_REGRADES})`,
    },
  ],
  LineComment: [
    {
      erased: "work",
      whose: `"submissionId" IN (SELECT "id" FROM "Submission" WHERE "userId" = $1)`,
      held: HELD_SUBMISSION,
    },
    unnamedAt("authorId"),
  ],
  GradeOverride: [
    { erased: "work", whose: `"userId" = $1`, held: HELD_EXERCISE, set: `"userId" = $2` },
    unnamedAt("setById"),
  ],
  // That a grade was changed is told for good; what was said of the person is not. What they have said
  // of another's grade is that one's.
  GradeEvent: [
    {
      erased: "kept",
      whose: `"userId" = $1`,
      held: HELD_EXERCISE,
      words: `${wordless("before")}, ${wordless("after")}, "reason" = ''`,
      set: `"userId" = $2`,
    },
    { erased: "kept", whose: `"actorId" = $1`, isOthers: true, set: `"actorId" = $2` },
    // Dates that were set for them, reports that they have graded.
    {
      erased: "kept",
      whose: `concat("before", "after") LIKE '%"' || $1 || '"%'`,
      isOthers: true,
      set: `${renamed("before")}, ${renamed("after")}`,
    },
  ],
  Submission: [{ erased: "work", whose: `"userId" = $1`, set: `"userId" = $2` }],
  Enrolment: [{ erased: "work", whose: `"userId" = $1`, set: `"userId" = $2` }],
  ScheduleRule: [
    {
      erased: "work",
      whose: `"userId" = $1`,
      set: `"userId" = $2, "key" = replace("key", $1, $2)`,
    },
  ],
  Regrade: [unnamed("askedById"), unnamedAt("settledById")],

  // What they have written in a course is the course's.
  CourseAuthor: [own()],
  ContentVersion: [unnamed("authorId")],
  ContentPublication: [unnamed("publishedById")],
  ContentCheck: [unnamed("askedById")],

  Erasure: [
    { erased: "kept", whose: `"userId" = $1` },
    { erased: "kept", whose: `"byId" = $1`, isOthers: true },
  ],
  User: [{ erased: "deleted", whose: `"id" = $1` }],

  Course: [NOTHING],
  CourseRun: [NOTHING],
  Section: [NOTHING],
  Exercise: [NOTHING],
  ExerciseVersion: [NOTHING],
  ContentDocument: [NOTHING],
  ContentBlob: [NOTHING],
  ContentCheckPart: [NOTHING],
  MutationReport: [NOTHING],
};

/** All rules, each with its table, in the order in which they are carried out. */
export function tableRules(): readonly { readonly table: string; readonly rule: TableRule }[] {
  return Object.entries(TABLES).flatMap(([table, rules]) => rules.map((rule) => ({ table, rule })));
}
