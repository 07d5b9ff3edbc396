/** The code of a cell on its way to the question about it: it may not have reached the server yet. */
const KEY = "kernelbook-carried-code";

export function carryCode(lecture: string, cell: string, source: string): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify([lecture, cell, source]));
  } catch {
    // Then what the server has is quoted.
  }
}

/** undefined: none was carried from this cell. */
export function carriedCode(lecture: string, cell: string): string | undefined {
  try {
    const [fromLecture, fromCell, source] = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return fromLecture === lecture && fromCell === cell ? String(source) : undefined;
  } catch {
    return undefined;
  }
}
