import { config } from "../config.ts";
import { transaction } from "../db/client.ts";
import { seedCourse } from "./course.ts";
import { closeDemoAccounts, reopenDemoAccounts, seedDemoAccounts } from "./demo-accounts.ts";
import { buildExercises, storeExercises } from "./exercises.ts";

/** Advisory lock: of several web processes that start at once, one seeds and the others wait. */
const SEED_LOCK = 72_707_370;

/** Fills a fresh database, and brings an old one up to the course's present content. */
export async function seed(): Promise<void> {
  const { isDemo } = config();
  const exercises = await buildExercises();
  await transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${SEED_LOCK})`;
    const runs = await seedCourse(tx, isDemo);
    for (const run of runs) await storeExercises(tx, run, exercises);
    const [first] = runs;
    if (isDemo && first !== undefined) {
      await reopenDemoAccounts(tx);
      await seedDemoAccounts(tx, first.id);
    } else {
      await closeDemoAccounts(tx);
    }
  });
}
