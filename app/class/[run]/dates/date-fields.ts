/** The columns of the table of dates. */
export const FIELD_NAMES = {
  opensAt: "Opens",
  dueAt: "Due",
  closesAt: "Closes",
  latePercent: "Late, % a day",
  lateDays: "Late, days at most",
  attempts: "Attempts",
  cooldownMinutes: "Pause, min",
  showsSolution: "Solution after close",
  keepsTitles: "Test titles after close",
} as const;
