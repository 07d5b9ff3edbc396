/** A course that lies in a git repository elsewhere: what `COURSE_DIR` says of it, and what is read from it. */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { checkout, config } from "../../config.ts";
import type { FolderCourse } from "../folder.ts";
import { readCommit } from "./read-commit.ts";
import { GitProblem, git, hideSecrets } from "./run-git.ts";

export interface GitCourse {
  readonly url: string;
  /** `https`, `ssh` or `file`: no other protocol is spoken, whatever the repository asks for. */
  readonly protocol: string;
  /** A branch or a tag; `HEAD` is the repository's own choice. */
  readonly ref: string;
  /** The folder of the repository that the course lies in; "" is all of it. */
  readonly below: string;
}

const ADDRESS = /^(https|ssh|file):\/\/[^\s#]+$/;
const SHORT_SSH = /^[\w.-]+@[\w.-]+:[^\s#:]+$/;
const REF = /^[A-Za-z0-9][\w./-]{0,199}$/;
const BELOW = /^(?:[A-Za-z0-9_][\w.-]*)(?:\/[A-Za-z0-9_][\w.-]*)*$/;

/** `URL#branch:folder`, the part behind `#` may be left out; undefined: the name of a folder. Throws `GitProblem`. */
export function gitCourse(named: string): GitCourse | undefined {
  const [url = "", place = ""] = named.split("#", 2);
  const protocol = SHORT_SSH.test(url) ? "ssh" : ADDRESS.exec(url)?.[1];
  if (protocol === undefined) {
    if (!/^\w+:/.test(named)) return undefined;
    throw new GitProblem(`${hideSecrets(named)}: write https://…, ssh://…, git@host:… or file://…`);
  }
  const [ref = "", below = ""] = place.split(":", 2);
  if (ref !== "" && (!REF.test(ref) || ref.includes(".."))) {
    throw new GitProblem(`${ref} is no name of a branch: write URL#branch`);
  }
  if (below !== "" && !BELOW.test(below)) {
    throw new GitProblem(`${below} is no folder: write URL#branch:folder`);
  }
  return { url, protocol, ref: ref === "" ? "HEAD" : ref, below };
}

/** The course's own repository, when the operator has named one. */
export function ownGitCourse(): GitCourse | undefined {
  const { courseDir } = config();
  return courseDir === undefined ? undefined : gitCourse(courseDir);
}

export interface FetchedCourse {
  readonly commit: string;
  readonly content: FolderCourse;
}

/**
 * Fetches the newest commit alone and reads the course's files out of it. Nothing is checked out, so
 * neither hooks nor filters nor submodules nor links of the repository have a part in it. Throws `GitProblem`.
 */
export async function fetchCourse(course: GitCourse): Promise<FetchedCourse> {
  const repository = await repositoryOf(course);
  const { url, protocol, ref, below } = course;
  const from = ["--", url, `+${ref}:refs/heads/course`];
  const plain = ["--depth=1", "--no-tags", "--no-recurse-submodules", "--quiet"];
  await git(repository, ["fetch", ...plain, ...from], { protocol });
  const found = await git(repository, ["rev-parse", "--verify", "refs/heads/course^{commit}"]);
  const commit = found.toString("latin1").trim();
  return { commit, content: await readCommit(repository, commit, below) };
}

/** One for each address, below the folder that keeps the site's data. */
async function repositoryOf({ url }: GitCourse): Promise<string> {
  const name = createHash("sha256").update(url).digest("hex").slice(0, 16);
  const repository = join(config().dataDir ?? join(checkout(), ".data"), "repositories", name);
  mkdirSync(repository, { recursive: true });
  await git(repository, ["init", "--bare", "--quiet", "--template="]);
  return repository;
}
