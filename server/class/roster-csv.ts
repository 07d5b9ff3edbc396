/** A roster as a table in a file: who is to be in a run, one person a line. */
import { CsvError, parse } from "csv-parse/sync";
import * as z from "zod";
import { Email, PersonName, Username } from "../auth/names.ts";
import type { RunRole } from "../policies/index.ts";
import { printCsv } from "../queries/gradebook-csv.ts";
import type { RosterPerson } from "./roster.ts";

/** A person as a line of the file says them; what it leaves open is undefined. */
export interface RosterLine {
  /** 1 is the first of the file. */
  readonly line: number;
  readonly name: string;
  readonly email: string;
  readonly username: string | undefined;
  readonly section: string | undefined;
  readonly role: RunRole | undefined;
}

export interface LineProblem {
  readonly line: number;
  readonly says: string;
}

export interface RosterFile {
  readonly lines: readonly RosterLine[];
  readonly problems: readonly LineProblem[];
  /** Columns that mean nothing here. */
  readonly unknownColumns: readonly string[];
}

export const ROSTER_LINES_MAX = 5000;
export const ROSTER_BYTES_MAX = 800 * 1024;

const COLUMNS: Readonly<Record<string, keyof Omit<RosterLine, "line">>> = {
  name: "name",
  "full name": "name",
  email: "email",
  "e-mail": "email",
  mail: "email",
  "email address": "email",
  "e-mail address": "email",
  username: "username",
  "user name": "username",
  section: "section",
  group: "section",
  role: "role",
};

export const SectionName = z
  .string()
  .trim()
  .min(1, "The section’s name is missing.")
  .max(40, "A section’s name has at most 40 characters.");

const Role = z
  .string()
  .toLowerCase()
  .pipe(
    z.enum(["reader", "student", "ta", "instructor"], {
      error: "A role is one of reader, student, ta, instructor.",
    }),
  );

interface CsvRecord {
  readonly record: readonly string[];
  /** At its end: the number of its last line. */
  readonly info: { readonly lines: number };
}

/** What is left open becomes undefined, so that it changes nothing. */
function optional<T extends z.ZodType<unknown, string>>(schema: T) {
  return z.union([z.literal("").transform(() => undefined), schema]);
}

const Line = z.object({
  name: PersonName,
  email: Email,
  username: optional(Username),
  section: optional(SectionName),
  role: optional(Role),
});

/** Reads the file; a line that cannot be is a problem, and the others are still read. */
export function readRoster(text: string): RosterFile {
  let records: readonly CsvRecord[];
  try {
    // Its types do not know that `info` wraps each record.
    const parsed: unknown = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      info: true,
      relax_column_count: true,
      skip_records_with_empty_values: true,
      trim: true,
    });
    records = parsed as readonly CsvRecord[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return nothing(Number(error["lines"]) || 1, `This is no table: ${error.message}`);
  }
  const [head, ...rest] = records;
  if (head === undefined) return nothing(1, "The file is empty: its first line names the columns.");
  const columns = head.record.map((title) => COLUMNS[title.toLowerCase()]);
  for (const wanted of ["name", "email"] as const) {
    if (!columns.includes(wanted)) {
      const says = `No column is called “${wanted}”: the first line names the columns, as “name,email,section,role”.`;
      return nothing(head.info.lines, says);
    }
  }
  if (rest.length > ROSTER_LINES_MAX) {
    return nothing(1, `More than ${ROSTER_LINES_MAX} people: split the file.`);
  }
  const unknownColumns = head.record.filter((_, place) => columns[place] === undefined);
  return { ...readLines(rest, columns), unknownColumns };
}

function readLines(
  records: readonly CsvRecord[],
  columns: readonly (keyof Omit<RosterLine, "line"> | undefined)[],
): Pick<RosterFile, "lines" | "problems"> {
  const lines: RosterLine[] = [];
  const problems: LineProblem[] = [];
  const seen = new Map<string, number>();
  for (const { record, info } of records) {
    const line = info.lines;
    const cells: Record<string, string> = {};
    for (const name of new Set(Object.values(COLUMNS))) cells[name] = "";
    for (const [place, cell] of record.entries()) {
      const column = columns[place];
      if (column !== undefined) cells[column] = withoutApostrophe(cell);
    }
    const parsed = Line.safeParse(cells);
    if (!parsed.success) {
      problems.push({ line, says: problemOf(parsed.error, cells) });
      continue;
    }
    const { name, email, username, section, role } = parsed.data;
    for (const key of [email, username].filter((text) => text !== undefined)) {
      const first = seen.get(key);
      if (first === undefined) seen.set(key, line);
      else problems.push({ line, says: `${key} stands in line ${first} already: leave one out.` });
    }
    lines.push({ line, name, email, username, section, role });
  }
  return { lines, problems };
}

function problemOf(error: z.ZodError, cells: Readonly<Record<string, string>>): string {
  // Within a column that may be empty, the problem is that of the other case.
  const [issue] = error.issues;
  const deep = issue?.code === "invalid_union" ? issue.errors.flat().at(-1) : issue;
  const cell = cells[String(issue?.path[0])] ?? "";
  return cell === "" ? (deep?.message ?? "") : `“${cell.slice(0, 80)}”: ${deep?.message}`;
}

/** What stands most often in the first line; spreadsheets of some countries write semicolons. */
function delimiterOf(text: string): string {
  const first = text.split(/\r?\n/, 1)[0] ?? "";
  const count = (sign: string) => first.split(sign).length;
  return [",", ";", "\t"].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}

/** The apostrophe by which a file of ours keeps a spreadsheet from calculating. */
function withoutApostrophe(cell: string): string {
  return /^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell;
}

function nothing(line: number, says: string): RosterFile {
  return { lines: [], problems: [{ line, says }], unknownColumns: [] };
}

/** The people as a file that can be read again; formulas in it are text. */
export function printRoster(people: readonly RosterPerson[]): string {
  return printCsv([
    ["name", "email", "username", "section", "role"],
    ...people.map(({ name, email, username, section, role }) => [
      name,
      email,
      username,
      section ?? "",
      role,
    ]),
  ]);
}
