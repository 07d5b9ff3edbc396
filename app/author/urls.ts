/** The addresses of the pages on which a course is written. */

export function courseUrl(course: string, show = ""): string {
  const path = `/author/${encodeURIComponent(course)}`;
  return show === "" ? path : `${path}?${new URLSearchParams({ show })}`;
}

/** The list of what is not published, which says that somebody has stored something newer. */
export function newerUrl(course: string): string {
  return `${courseUrl(course, "changed")}&newer`;
}

interface PlaceInDocument {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

export function documentUrl(course: string, document: string, place: PlaceInDocument = {}): string {
  const { file, line } = place;
  const query = new URLSearchParams();
  if (file !== undefined) query.set("file", file);
  if (line !== undefined) query.set("line", String(line));
  const path = `${courseUrl(course)}/${document}`;
  return query.size === 0 ? path : `${path}?${query}`;
}

export function versionsUrl(course: string, document: string): string {
  return `${documentUrl(course, document)}/versions`;
}

export function checkUrl(course: string, check: string): string {
  return `${courseUrl(course)}/checks/${check}`;
}

export function mergeUrl(course: string, document: string): string {
  return `${documentUrl(course, document)}/merge`;
}
