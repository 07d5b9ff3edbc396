import { spawn } from "node:child_process";

/**
 * Runs a program to its end and keeps what it says; nothing is shown unless asked for.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: Record<string, string>, timeoutMs?: number }} options
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function run(program, args, { cwd, env = {}, timeoutMs = 0 }) {
  return new Promise((done) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
    });
    let output = "";
    const keep = (/** @type {Buffer} */ piece) => {
      output = (output + piece.toString()).slice(-200_000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", (error) => done({ ok: false, output: `${output}\n${error.message}` }));
    child.once("close", (code) => done({ ok: code === 0, output }));
  });
}
