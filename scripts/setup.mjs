/**
 * Makes a checkout ready to run: packages, database client, bundles, pages. Runs before `npm start`
 * and `npm test` on whatever Node the machine has (20 or newer) and needs no package itself. Each
 * step is skipped while its inputs are as they were when it last finished.
 *
 * `--dev` leaves the pages to the development server, `--test` builds them into a folder of their
 * own, so that the tests run beside a site, and `--tools` stops before the pages.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { takeSetupLock } from "./setup/lock.mjs";
import { installPackages, packagesAreInstalled } from "./setup/packages.mjs";
import { Problem, problemOfSystem } from "./setup/problem.mjs";
import { run } from "./setup/run.mjs";
import { refuseTakenPort, refuseWhileSiteRuns } from "./setup/running-site.mjs";
import { codeOf, Stamp, stateOf } from "./setup/stamp.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const mode = ["test", "dev", "tools"].find((name) => process.argv.includes(`--${name}`)) ?? "start";
const distDir = mode === "test" ? ".next-test" : ".next";

const PACKAGES = ["package.json", "package-lock.json"];
const BUNDLED = ["scripts/bundle.ts", "scripts/bundles.ts", "kernel-sim", "notebook", "server"];
const PAGES = [
  ...[
    "app",
    "kernel-sim",
    "notebook",
    "server",
    "content",
    "prisma/schema.prisma",
    "tsconfig.json",
  ],
  ...["proxy.ts", "next.config.js", "scripts/bundles.ts"],
];

/** @typedef {{ name: string, inputs: string[], output: string, says: string, work: () => Promise<void> }} Step */

/** @type {Step[]} */
const STEPS = [
  {
    name: "packages",
    inputs: PACKAGES,
    output: "node_modules/next/package.json",
    says: "Installing packages (about a minute)",
    work: async () => {
      if (packagesAreInstalled(root)) return;
      refuseWhileSiteRuns(root, "The list of packages", { isDevHarmed: true });
      await installPackages(root);
    },
  },
  {
    name: "database-client",
    inputs: [...PACKAGES, "prisma/schema.prisma"],
    output: "server/db/generated/client.ts",
    says: "Generating the database client",
    work: async () => {
      refuseWhileSiteRuns(root, "The source", { isDevHarmed: false });
      await node24(["node_modules/prisma/build/index.js", "generate"], {
        // Any file will do: generating needs no engine, but Prisma would download one.
        PRISMA_SCHEMA_ENGINE_BINARY: join(root, "package.json"),
      });
    },
  },
  {
    name: "bundles",
    inputs: [...PACKAGES, ...BUNDLED],
    output: "public",
    says: "Bundling the editor and the sandboxes",
    work: async () => {
      refuseWhileSiteRuns(root, "The source", { isDevHarmed: false });
      await node24(["scripts/bundle.ts"]);
    },
  },
  ...(mode === "dev" || mode === "tools"
    ? []
    : [
        {
          name: `pages-${mode}`,
          inputs: [...PACKAGES, ...PAGES],
          output: `${distDir}/BUILD_ID`,
          says: "Building the pages",
          work: async () => {
            if (mode === "start") refuseWhileSiteRuns(root, "The source", { isDevHarmed: false });
            await node24(["node_modules/next/dist/bin/next", "build"], {
              KERNELBOOK_DIST: distDir,
              NEXT_TELEMETRY_DISABLED: "1",
            });
          },
        },
      ]),
];

try {
  await setUp();
} catch (error) {
  const problem =
    error instanceof Problem ? error : problemOfSystem(`${codeOf(error)} ${error}`, root);
  if (!problem) throw error;
  console.error(`\n${problem.message}\n${problem.remedy}`);
  process.exitCode = 1;
}

async function setUp() {
  refuseUnfitMachine();
  if (mode === "start" || mode === "dev") await refuseTakenPort();
  // With nothing to do nothing is written: the checkout may be read-only by now.
  if (STEPS.every(isDone)) return;
  await takeSetupLock(root, () => say("Another set-up of this checkout runs: waiting.\n"));
  for (const step of STEPS) {
    if (isDone(step)) continue;
    const { says, work } = step;
    const stamp = stampOf(step);
    stamp.clear();
    const began = Date.now();
    say(`${says} ... `);
    try {
      await work();
    } catch (error) {
      say("failed\n");
      throw error;
    }
    stamp.write();
    say(`done in ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
  }
}

/** @param {Step} step */
function isDone(step) {
  return existsSync(join(root, step.output)) && stampOf(step).isCurrent;
}

/** @param {Step} step */
function stampOf({ name, inputs }) {
  return new Stamp(root, name, stateOf(root, inputs));
}

/** Not on stdout: that belongs to the command which the set-up runs before. @param {string} text */
function say(text) {
  process.stderr.write(text);
}

function refuseUnfitMachine() {
  const major = Number(process.versions.node.split(".")[0]);
  const hasOwnNode = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
  const needed = hasOwnNode ? 20 : 24;
  if (major >= needed) return;
  throw new Problem(
    `Node ${process.versions.node} is too old: Kernelbook is set up by Node ${needed} or newer.`,
    "Install it from https://nodejs.org or with your distribution's package manager, then run the same command again.",
  );
}

/**
 * Runs a script on the Node 24 that came with the packages.
 *
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
async function node24(args, env = {}) {
  const { ok, output } = await run(join(root, "scripts/node24"), args, { cwd: root, env });
  if (ok) return;
  throw (
    problemOfSystem(output, root) ??
    new Problem(
      `${args.join(" ")} failed:\n${output.trim().split("\n").slice(-40).join("\n")}`,
      "If you changed the source, mend what is named above. Else remove node_modules and .next and run the same command again.",
    )
  );
}
