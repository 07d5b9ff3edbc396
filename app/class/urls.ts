/** The addresses of the pages about a class. */
export interface GradebookAddress {
  /** Words: `lecture:7,11 is:untried`. */
  readonly filter?: string;
  /** `name`, `-points`, `11.2`. */
  readonly sort?: string;
  /** 1 is the first. */
  readonly page?: number;
  /** The number of the exercise that is looked at closely. */
  readonly exercise?: string | undefined;
}

export function gradebookUrl(run: string, address: GradebookAddress = {}): string {
  const { filter = "", sort = "name", page = 1, exercise } = address;
  return withQuery(`/class/${run}`, {
    filter,
    sort: sort === "name" ? "" : sort,
    page: page === 1 ? "" : String(page),
    exercise: exercise ?? "",
  });
}

export function csvUrl(run: string, { filter = "", sort = "name" }: GradebookAddress): string {
  const query = { filter, sort: sort === "name" ? "" : sort };
  return withQuery(`/class/${run}/gradebook.csv`, query);
}

/** All rows of the gradebook, for its script. */
export function rowsUrl(run: string, { filter = "", sort = "name" }: GradebookAddress): string {
  const query = { filter, sort: sort === "name" ? "" : sort };
  return withQuery(`/class/${run}/gradebook.json`, query);
}

export function attemptsUrl(run: string, exercise: string, student: string, attempt?: number) {
  const path = `/class/${run}/exercises/${exercise}/${encodeURIComponent(student)}`;
  return withQuery(path, { attempt: attempt === undefined ? "" : String(attempt) });
}

/** The part of the gradebook that offers new versions of exercises. */
export const NEW_VERSIONS = "new-versions";

export function newVersionsUrl(run: string): string {
  return `/class/${run}#${NEW_VERSIONS}`;
}

export function regradeUrl(run: string, regrade: string): string {
  return `/class/${run}/regrades/${regrade}`;
}

export interface LogAddress {
  readonly kind?: string | undefined;
  readonly student?: string;
  readonly exercise?: string;
  /** 1 is the newest. */
  readonly page?: number;
}

export function gradeLogUrl(run: string, address: LogAddress = {}): string {
  const { kind = "", student = "", exercise = "", page = 1 } = address;
  const pageText = page === 1 ? "" : String(page);
  return withQuery(`/class/${run}/log`, { kind, student, exercise, page: pageText });
}

export function gradeSettingsUrl(run: string): string {
  return `/class/${run}/grades`;
}

/** Which people of a run are shown, and in which order. */
export interface RosterAddress {
  readonly q?: string;
  readonly role?: string;
  /** The section's name; "-" for people in none. */
  readonly section?: string;
  /** `name`, `-seen`. */
  readonly sort?: string;
  readonly page?: number;
}

export function peopleUrl(run: string, address: RosterAddress = {}): string {
  return withQuery(`/class/${run}/people`, rosterQuery(address));
}

export function rosterCsvUrl(run: string, address: RosterAddress): string {
  return withQuery(`/class/${run}/people/roster.csv`, rosterQuery({ ...address, page: 1 }));
}

function rosterQuery({ q = "", role = "", section = "", sort = "name", page = 1 }: RosterAddress) {
  return {
    q,
    role,
    section,
    sort: sort === "name" ? "" : sort,
    page: page === 1 ? "" : String(page),
  };
}

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== "");
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/** The one value of a parameter that somebody may have given twice. */
export function single(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? "";
}
