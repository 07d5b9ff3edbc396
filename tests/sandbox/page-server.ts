import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import { NextRequest } from "next/server.js";
import { frameDocument } from "../../app/sandbox/frame/frame-document.ts";
import { proxy } from "../../proxy.ts";
import { BUNDLES } from "../../scripts/bundles.ts";
import { buildBundle } from "../../scripts/shared-modules.ts";

const root = join(import.meta.dirname, "../..");

export interface SandboxPage {
  /** A page whose `window.openSandbox` and `window.runVisibleTests` are the site's own. */
  readonly url: string;
  /** Paths with queries that were asked for, in order. */
  readonly requests: readonly string[];
  readonly workerScript: string;
  readonly close: () => Promise<void>;
}

/** What `tests/sandbox/page.ts` puts on the page. */
const ENTRY = "tests/sandbox/page.ts";

/**
 * Serves one page with the site's real policy, its real frame and its real Workers, without the
 * rest of the site.
 */
export async function serveSandboxPage(): Promise<SandboxPage> {
  const files = await bundleAll();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    answer(files, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://localhost:${address.port}/`,
    requests,
    workerScript: files.get("/sandbox/worker.js") ?? "",
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bundleAll(): Promise<ReadonlyMap<string, string>> {
  const sandbox = BUNDLES.find(({ name }) => name === "sandbox");
  if (sandbox === undefined) throw new Error("there is no bundle for the sandbox");
  const shared = {
    bundle: true,
    write: false,
    minify: true,
    absWorkingDir: root,
  } as const;
  const workers = await buildBundle(sandbox, {
    ...sandbox.options,
    ...shared,
    outdir: "/sandbox",
  });
  const page = await build({
    ...shared,
    entryPoints: { page: ENTRY },
    format: "esm",
    outdir: "/",
  });
  return new Map(
    [...workers.outputFiles, ...page.outputFiles].map(({ path, text }) => [path, text]),
  );
}

async function answer(
  files: ReadonlyMap<string, string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  if (pathname === "/sandbox/frame")
    return send(response, frameDocument(files.get("/sandbox/frame.js") ?? ""));
  const script = files.get(pathname);
  if (script !== undefined) {
    response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    return;
  }
  if (pathname !== "/") {
    response.writeHead(404).end();
    return;
  }
  const headers = new Headers({ host: request.headers.host ?? "" });
  const policy = proxy(new NextRequest(`http://${headers.get("host")}/`, { headers })).headers;
  const nonce = /'nonce-([^']+)'/.exec(policy.get("content-security-policy") ?? "")?.[1] ?? "";
  const html = `<!doctype html><meta charset="utf-8"><title>Sandbox</title><script type="module" nonce="${nonce}" src="/page.js"></script>`;
  return send(response, new Response(html, { headers: withType(policy) }));
}

function withType(policy: Headers): Headers {
  const headers = new Headers({ "content-type": "text/html; charset=utf-8" });
  for (const [name, value] of policy)
    if (!name.startsWith("x-middleware")) headers.set(name, value);
  return headers;
}

async function send(response: ServerResponse, made: Response): Promise<void> {
  response.writeHead(made.status, Object.fromEntries(made.headers)).end(await made.text());
}
