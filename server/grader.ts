/**
 * A grader without pages: `npm run grader`. More of them, on more machines with the same
 * `DATABASE_URL` and `KERNELBOOK_SECRET`, grade more at the same time. It carries out the checks of
 * the publish gate, too: web processes without graders leave them to it.
 */
import { availableParallelism } from "node:os";
import { ConfigError, config, remember } from "./config.ts";
import { startChecker } from "./content/checker.ts";
import { removeOldCopies } from "./content/old-copies.ts";
import { disconnect } from "./db/client.ts";
import { ClusterError } from "./db/embedded/place.ts";
import { MigrationError } from "./db/migrate.ts";
import { prepareDatabase } from "./db/prepare.ts";
import { startGrader } from "./grading/grader.ts";
import { log } from "./operation/log.ts";
import { requireSecret } from "./secret.ts";

process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));

try {
  remember({ secret: requireSecret() });
  await prepareDatabase();
  const concurrency = config().graders > 1 ? config().graders : availableParallelism();
  const stopCleaning = await removeOldCopies();
  const stopGrader = await startGrader({ concurrency });
  const stopChecker = await startChecker({ isOn: true });
  const end = () => {
    // The checker first: with its queue the grader closes the checker's, which gives its job back.
    stopChecker()
      .then(stopGrader)
      .then(stopCleaning)
      .then(disconnect)
      .catch((error: unknown) => log.error({ err: error }, "while stopping"))
      .finally(() => process.exit(0));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  process.stdout.write(`Kernelbook grades ${concurrency} submissions at the same time\n`);
} catch (error) {
  const isTold = [ConfigError, ClusterError, MigrationError].some((kind) => error instanceof kind);
  const text = error instanceof Error && !isTold ? error.stack : String((error as Error).message);
  process.stderr.write(`\n${text}\n`);
  process.exit(1);
}
