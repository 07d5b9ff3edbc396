/** Runs git so that it does what is asked, and nothing that a repository asks for. */
import { spawn } from "node:child_process";

/** What git cannot do, in words for the operator. */
export class GitProblem extends Error {}

const MS_MAX = 5 * 60_000;
const OUTPUT_BYTES_MAX = 512 * 1024 * 1024;

/** Whatever the operator's own settings say. */
const PLAIN = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.symlinks", "false"],
  ["submodule.recurse", "false"],
  ["fetch.recurseSubmodules", "false"],
  ["transfer.fsckObjects", "true"],
  ["transfer.bundleURI", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
].flatMap(([name, value]) => ["-c", `${name}=${value}`]);

interface GitOptions {
  /** The only one that may be spoken; none without. */
  readonly protocol?: string;
  readonly input?: string;
}

/** What it prints. Throws `GitProblem` with what it says when it fails. */
export function git(
  repository: string,
  args: readonly string[],
  { protocol = "", input = "" }: GitOptions = {},
): Promise<Buffer<ArrayBuffer>> {
  return new Promise((done, failed) => {
    const child = spawn("env", [...environment(protocol), "git", ...PLAIN, ...args], {
      cwd: repository,
      timeout: MS_MAX,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const pieces: Buffer<ArrayBuffer>[] = [];
    let [bytes, said] = [0, ""];
    child.stdout.on("data", (piece: Buffer<ArrayBuffer>) => {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > OUTPUT_BYTES_MAX) child.kill("SIGKILL");
    });
    child.stderr.on("data", (piece: Buffer) => {
      said = (said + piece.toString("utf8")).slice(-4096);
    });
    child.stdin.on("error", () => undefined);
    child.on("error", ({ message }) => failed(new GitProblem(`git cannot be run: ${message}`)));
    child.on("close", (code, signal) => {
      if (code === 0) return done(Buffer.concat(pieces));
      const why = signal === null ? wordsOf(said) : "it took too long, or too much came";
      failed(new GitProblem(`git ${args[0]} failed: ${why}`));
    });
    child.stdin.end(input);
  });
}

/** Besides what the operator has set, such as where keys lie: nobody is asked for a password. */
function environment(protocol: string): string[] {
  const away = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_TEMPLATE_DIR",
    "GIT_EXTERNAL_DIFF",
  ];
  return [
    ...away.flatMap((name) => ["-u", name]),
    "GIT_DIR=.",
    `GIT_ALLOW_PROTOCOL=${protocol}`,
    "GIT_TERMINAL_PROMPT=0",
    "GIT_ASKPASS=true",
    "SSH_ASKPASS=true",
    "GIT_LFS_SKIP_SMUDGE=1",
    "LC_ALL=C",
  ];
}

function wordsOf(said: string): string {
  const text = hideSecrets(said).replace(/[^\P{Cc}\n]/gu, "·");
  return text.trim().split("\n").slice(-5).join("; ") || "it says nothing";
}

/** A text with addresses, without the names and the passwords in them. */
export function hideSecrets(text: string): string {
  return text.replace(/\/\/[^@/\s]+@/g, "//…@");
}
