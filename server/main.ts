/**
 * The web process: `npm start`, or with `--dev` and hot reload `npm run dev`. It listens first, so
 * that a taken port is told at once, then brings up the database, the services and the pages. Until
 * they are there a visitor is told that it starts; a proxy in front finds nobody, and asks another process.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import next from "next";
import { hasAdministrator } from "./auth/administrator.ts";
import { keptReader } from "./auth/kept-reader.ts";
import { oidcSettings } from "./auth/oidc/settings.ts";
import { ConfigError, checkout, config, disableTelemetry, remember } from "./config.ts";
import { GitProblem } from "./content/git/run-git.ts";
import { publishedRevision, serveFolder } from "./content/served.ts";
import { readLectures } from "./course/lecture.ts";
import { db, disconnect } from "./db/client.ts";
import { stopCluster } from "./db/embedded/cluster.ts";
import { ClusterError } from "./db/embedded/place.ts";
import { watchCluster } from "./db/embedded/watch.ts";
import { MigrationError } from "./db/migrate.ts";
import { prepareDatabase } from "./db/prepare.ts";
import { mailSettings } from "./mail/settings.ts";
import { isClientGone } from "./operation/client-gone.ts";
import { KeptPages } from "./operation/kept-pages.ts";
import { latest } from "./operation/latest.ts";
import { log } from "./operation/log.ts";
import { metrics } from "./operation/metrics.ts";
import { answerNotReady, needsNoDatabase } from "./operation/not-ready.ts";
import { PageTurns } from "./operation/page-turns.ts";
import { settlePeer } from "./operation/peer.ts";
import { mayChangeThings, settleHost } from "./operation/same-site.ts";
import { runsRevision } from "./queries/runs-revision.ts";
import { requireSecret } from "./secret.ts";
import { seed } from "./seed/seed.ts";
import { startServices } from "./services.ts";

disableTelemetry();
const isDev = process.argv.includes("--dev");

/** No such host or port, wrong password, no such user or database. */
const REFUSED_BY_DATABASE = new Set([
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ENOENT"],
  ...["28P01", "28000", "3D000"],
]);

const NO_ADMINISTRATOR = `
Nobody looks after this site yet. Make its administrator, while it runs:
  npm run admin -- --email YOU@EXAMPLE.EDU

`;

const CLOSE_MS_MAX = 3000;
const WARM_MS_MAX = 20_000;
/** Where the process asks itself for pages. */
const LOOPBACK = "127.0.0.1";
/** A date that comes is seen at most so much later. */
const RUNS_MS = 1000;

/** What to undo when the process ends, the last one first. */
const undo: (() => Promise<unknown>)[] = [];
let isEnding = false;

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => end(0));
process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));
process.on("uncaughtException", (error) => {
  if (isClientGone(error)) return;
  log.fatal({ err: error }, "uncaught exception");
  end(1);
});

try {
  await start();
} catch (error) {
  process.stderr.write(`\n${explain(error)}\n`);
  end(1);
}

async function start(): Promise<void> {
  const { port, host, origin, hasOwnOrigin, isBehindProxy } = config();
  remember({ secret: requireSecret() });
  // Wrong ones are told before anything starts.
  mailSettings();
  oidcSettings();

  const server = createServer(notReadyYet);
  await listen(server, port, host);
  // To be told that takes until the modules are loaded, and a proxy waits no less than a person.
  if (isBehindProxy) await stopListening(server);
  const ownServer = createServer();
  await listen(ownServer, 0, LOOPBACK);
  undo.push(() => stopListening(ownServer));

  const database = await prepareDatabase();
  const cluster = database.isEmbedded ? watchCluster("site") : undefined;
  if (cluster !== undefined) undo.push(() => stopCluster("site"), cluster.end);
  undo.push(disconnect);
  if (database.applied.length > 0) log.info({ migrations: database.applied }, "database migrated");

  serveFolder(isDev);
  await seed();
  if (!config().isDemo && !(await hasAdministrator())) process.stderr.write(NO_ADMINISTRATOR);
  undo.push(await startServices());

  const hostname = host ?? "localhost";
  const site = next({ dev: isDev, dir: checkout(), hostname, port, httpServer: server });
  await site.prepare();
  undo.push(() => site.close());
  const handle = site.getRequestHandler();
  const upgrade = site.getUpgradeHandler();
  const name = { origin: hasOwnOrigin ? origin : undefined, isBehindProxy };
  const at = { host: LOOPBACK, port: portOf(ownServer) };
  const runs = latest(RUNS_MS, () => runsRevision(db(), Date.now()));
  const revision = async () => `${publishedRevision()} ${await runs()}`;
  const kept = new KeptPages({ at, revision, readerOf: keptReader, isOn: !isDev });
  const turns = new PageTurns();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (await kept.answer(request, response)) return;
    if (cluster?.isUp() === false && !needsNoDatabase(request)) {
      return answerNotReady(request, response, "Kernelbook’s database is starting again.");
    }
    await turns.take(request, response);
    if (!response.closed) await handle(request, response);
  };
  let isWarm = isDev;
  const take = (request: IncomingMessage, response: ServerResponse) => {
    if (!isWarm && !kept.isOwn(request)) return notReadyYet(request, response);
    settlePeer(request, isBehindProxy);
    settleHost(request, name);
    measure(request, response);
    if (!mayChangeThings(request, name)) return refuse(request, response);
    answer(request, response).catch((error: unknown) => {
      log.error({ err: error, url: request.url }, "request failed");
      response.destroy();
    });
  };
  server.off("request", notReadyYet);
  server.on("request", take);
  // Whoever else is on this machine asks at the site's own address.
  ownServer.on("request", (request, response) => {
    if (kept.isOwn(request)) take(request, response);
    else response.destroy();
  });
  if (isDev) {
    server.on("upgrade", (request, socket: Duplex, head: Buffer) => {
      upgrade(request, socket, head).catch(() => socket.destroy());
    });
  }
  undo.push(() => close(server));
  // Where several processes serve, the others do so meanwhile.
  if (!isDev) await Promise.race([warm(kept, new URL(origin).host), delay(WARM_MS_MAX)]);
  isWarm = true;
  if (!server.listening) await listen(server, port, host);
  process.stdout.write(`Kernelbook is ready at http://localhost:${port}\n`);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new Error("the server listens nowhere");
  return address.port;
}

function notReadyYet(request: IncomingMessage, response: ServerResponse): void {
  answerNotReady(request, response, "Kernelbook is starting.");
}

/** The first page that a process draws takes ten times as long as the next: no reader waits for it. */
async function warm(kept: KeptPages, host: string): Promise<void> {
  const lectures = await readLectures().catch(() => []);
  const paths = lectures.map(({ frontMatter }) => `/lectures/${frontMatter.slug}`);
  await kept.warm(paths, host);
}

/** A form or script of another site wants to change something in the name of who is signed in here. */
function refuse(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(403, { "content-type": "text/plain; charset=utf-8" });
  response.end("This was not sent by a page of this site.\n");
}

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((listening, failed) => {
    server.once("error", failed);
    server.listen({ port, host }, () => {
      server.off("error", failed);
      listening();
    });
  });
}

function stopListening(server: Server): Promise<void> {
  return new Promise((closed) => {
    server.close(() => closed());
    server.closeAllConnections();
  });
}

/** Lets requests that run come to their end, for as long as a person would wait. */
function close(server: Server): Promise<void> {
  return new Promise((closed) => {
    // A connection that answers now is idle in a moment, and browsers keep theirs open.
    const idle = setInterval(() => server.closeIdleConnections(), 20);
    const busy = setTimeout(() => server.closeAllConnections(), isDev ? 0 : CLOSE_MS_MAX);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(busy);
      closed();
    });
  });
}

function measure({ method = "" }: IncomingMessage, response: ServerResponse): void {
  const began = performance.now();
  response.once("finish", () => {
    const status = `${Math.floor(response.statusCode / 100)}xx`;
    metrics().requestSeconds.observe({ method, status }, (performance.now() - began) / 1000);
  });
}

/** Ends the process cleanly, once, however often it is asked to. */
function end(code: number): void {
  if (isEnding) return;
  isEnding = true;
  const steps = undo.reverse().map((step) => () => step().catch(reportAndGoOn));
  steps
    .reduce((before, step) => before.then(step), Promise.resolve<unknown>(undefined))
    .finally(() => process.exit(code));
}

function reportAndGoOn(error: unknown): void {
  log.error({ err: error }, "while stopping");
}

/** What a person can do about it; the whole error where nobody can. */
function explain(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const { port, databaseUrl } = config();
  if (code === "EADDRINUSE") {
    return `Port ${port} is taken by another program. Choose another one: PORT=${port + 1} npm start`;
  }
  if (code === "EACCES" && port < 1024) {
    return `Only root may listen on port ${port}. Choose one above 1023: PORT=3000 npm start`;
  }
  if (databaseUrl !== undefined && REFUSED_BY_DATABASE.has(code) && error instanceof Error) {
    return `The database cannot be used (${error.message || code}). Check DATABASE_URL, and that PostgreSQL runs there.`;
  }
  const isTold = [ConfigError, ClusterError, MigrationError, GitProblem].some(
    (kind) => error instanceof kind,
  );
  if (error instanceof Error) return isTold ? error.message : (error.stack ?? error.message);
  return String(error);
}
