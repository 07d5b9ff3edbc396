import { warmOidc } from "./auth/oidc/provider.ts";
import { startChecker } from "./content/checker.ts";
import { removeOldCopies } from "./content/old-copies.ts";
import { followPublications } from "./content/served.ts";
import { removeUnusedBlobs } from "./content/unused-blobs.ts";
import { warmCourse } from "./course/lecture.ts";
import { startGrader } from "./grading/grader.ts";
import { closeProgress } from "./grading/progress.ts";
import { startPostman } from "./mail/postman.ts";

/** Something that works beside the pages as long as the web process lives. */
export interface Service {
  readonly name: string;
  /** Starts it and answers what ends it; called once the database is ready. */
  readonly start: () => Promise<() => Promise<void>>;
}

/** What runs in the web process beside the pages, in the order it starts. */
const SERVICES: readonly Service[] = [
  { name: "publications", start: () => followPublications() },
  { name: "old copies", start: () => removeOldCopies() },
  { name: "unused pictures", start: () => removeUnusedBlobs() },
  { name: "course", start: () => warmCourse() },
  { name: "grader", start: () => startGrader() },
  { name: "checker", start: () => startChecker() },
  { name: "provider", start: () => warmOidc() },
  { name: "postman", start: () => startPostman() },
  // Begins to listen when the first page follows a submission.
  { name: "progress", start: async () => closeProgress },
];

/** Starts all services and answers what stops them, the last one first. */
export async function startServices(
  services: readonly Service[] = SERVICES,
): Promise<() => Promise<void>> {
  const stops: (() => Promise<void>)[] = [];
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    for (const service of services) stops.push(await service.start());
  } catch (error) {
    await stopAll();
    throw error;
  }
  return stopAll;
}
