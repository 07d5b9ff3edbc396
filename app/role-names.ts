/** What people are called by their role in a run. */
export const ROLE_NAMES = {
  none: "not in it",
  reader: "reader",
  student: "student",
  ta: "TA",
  instructor: "instructor",
} as const;
