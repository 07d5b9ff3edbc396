import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sandboxCommand } from "../../../server/grading/sandbox/command.ts";
import { attack, earned, HONEST, hostilePlayer } from "./attack.ts";

const folder = mkdtempSync(join(tmpdir(), "kernelbook-reach-"));
let server: Server;
let requests = 0;
let port = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests++;
    response.setHeader("content-type", "text/javascript");
    response.end(request.url === "/x.js" ? "export default 7;" : "reached");
  });
  server.on("connection", () => requests++);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  port = (server.address() as AddressInfo).port;
  writeFileSync(join(folder, "module.js"), "export default 7;");
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Each answers true when it got out. PORT and FOLDER are filled in. */
const WAYS = [
  { name: "reading a file", way: "Deno.readTextFileSync('/etc/passwd').length > 0" },
  {
    name: "reading a file the way Node does",
    way: "(await import('node:fs')).readFileSync('/etc/passwd').length > 0",
  },
  {
    name: "reading its own process's files",
    way: "Deno.readTextFileSync('/proc/self/environ').length >= 0",
  },
  { name: "writing a file", way: "Deno.writeTextFileSync('FOLDER/written', 'x') === undefined" },
  { name: "the environment", way: "typeof Deno.env.toObject() === 'object'" },
  { name: "a fetch", way: "(await (await fetch('http://127.0.0.1:PORT/')).text()) === 'reached'" },
  {
    name: "a connection",
    way: "typeof (await Deno.connect({ port: PORT, hostname: '127.0.0.1' })).rid !== 'string'",
  },
  { name: "a listener", way: "Deno.listen({ port: 0 }).addr.port > 0" },
  { name: "a child process", way: "new Deno.Command('/bin/true').outputSync().success" },
  {
    name: "a child process the way Node does",
    way: "(await import('node:child_process')).spawnSync('/bin/true').status === 0",
  },
  { name: "a signal to its parent", way: "Deno.kill(Deno.ppid, 'SIGURG') === undefined" },
  {
    name: "a library of machine code",
    way: "typeof Deno.dlopen('libc.so.6', { getpid: { parameters: [], result: 'i32' } }) === 'object'",
  },
  { name: "the name of the machine", way: "Deno.hostname().length > 0" },
  {
    name: "an import of a file",
    way: "(await import('file://FOLDER/' + 'module.js')).default === 7",
  },
  {
    name: "an import over the network",
    way: "(await import('http://127.0.0.1:PORT/' + 'x.js')).default === 7",
  },
];

function filledIn(way: string): string {
  return `(async () => ${way.replaceAll("PORT", String(port)).replaceAll("FOLDER", folder)})()`;
}

describe.each(WAYS)("$name", ({ way }) => {
  test("is out of reach, even without the Compartment", async () => {
    const before = requests;
    const onFrame = `const onFrame = async (kind, text) => {
      if (kind === "L") return send("A", LOADED);
      if (!text.includes("breach")) return send("A", honest(JSON.parse(text)));
      send("A", calls(await ${filledIn(way)}.catch(() => false)));
    };`;
    const result = await attack("", { playerScript: hostilePlayer(onFrame) });
    expect(result.status).toBe("graded");
    expect(earned(result)).toEqual(["adds", "reverses"]);
    expect(requests).toBe(before);
  });

  test("control: with every permission it is reached", async () => {
    const file = join(folder, "control.js");
    writeFileSync(file, `console.log(await ${filledIn(way)}); Deno.exit(0);`);
    expect(await denoWithAll(file, {})).toBe("true");
  });
});

const REMEMBERS =
  "(() => { const kept = localStorage.getItem('left'); localStorage.setItem('left', 'x'); return kept === 'x'; })()";

test("what one submission stores in the browser's way the next one does not find", async () => {
  const onFrame = `const onFrame = async (kind, text) => {
    if (kind === "L") return send("A", LOADED);
    if (!text.includes("breach")) return send("A", honest(JSON.parse(text)));
    let found = false;
    try { found = ${REMEMBERS}; } catch {}
    send("A", calls(found));
  };`;
  const playerScript = hostilePlayer(onFrame);
  await attack("", { playerScript });
  expect(earned(await attack("", { playerScript }))).toEqual(["adds", "reverses"]);
});

test("control: in a folder that can be written, it is found", async () => {
  const file = join(folder, "remembers.js");
  writeFileSync(file, `console.log(${REMEMBERS}); Deno.exit(0);`);
  const env = { DENO_DIR: join(folder, "deno") };
  expect(await denoWithAll(file, env)).toBe("false");
  expect(await denoWithAll(file, env)).toBe("true");
});

test("a hostile submission changes nothing for the next one", async () => {
  const poison = `
    export const sum = (a, b) => {
      for (const shared of [Object, Array, Map, Promise, Uint8Array]) {
        try { shared.prototype.poisoned = true; } catch {}
      }
      try { globalThis.poisoned = true; } catch {}
      return a + b;
    };
    export const reverse = (bytes) => { bytes.fill(0); return bytes; };
    export const breach = () => true;`;
  await attack(poison);
  const source = `${HONEST}export const breach = () => [].poisoned === true || globalThis.poisoned === true;`;
  expect(earned(await attack(source))).toEqual(["adds", "reverses"]);
});

/** The last line that a script prints when Deno lets it do everything. */
async function denoWithAll(file: string, env: Record<string, string>): Promise<string> {
  const { program, args } = sandboxCommand(file, 512);
  const deno = [program, ...args].find((part) => part.endsWith("/deno")) ?? "deno";
  const child = spawnAsync(deno, ["run", "--quiet", "-A", "--no-config", "--no-lock", file], env);
  return (await child).trim().split("\n").at(-1) ?? "";
}

/** Not `spawnSync`: the server of this process must be able to answer. */
function spawnAsync(program: string, args: string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve) => {
    const all = { ...process.env, DENO_DIR: join(folder, "control"), ...env };
    execFile(program, args, { env: all }, (_error, stdout, stderr) => resolve(stdout || stderr));
  });
}
