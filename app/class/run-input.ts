import * as z from "zod";

/** What a run is called. */
export const RunTitle = z
  .string()
  .trim()
  .min(1, "The title is missing.")
  .max(80, "A title has at most 80 characters.");

/** The run's name in addresses. */
export const RunSlug = z
  .string()
  .trim()
  .toLowerCase()
  .regex(
    /^[a-z0-9](-?[a-z0-9]){1,39}$/,
    "A run’s name in addresses has 2 to 40 small letters and digits, with hyphens between them, as autumn-2027.",
  );

export const TimeZone = z
  .string()
  .trim()
  .refine(isTimeZone, "This time zone is not known: write it as Europe/Berlin.");

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat("en", { timeZone: name }).format() !== "";
  } catch {
    return false;
  }
}
