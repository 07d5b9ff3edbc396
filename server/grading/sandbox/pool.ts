/** Sandboxes that are booted before they are needed: players for one use, judges that are kept. */
import { log } from "../../operation/log.ts";
import { scriptOf } from "./command.ts";
import { Sandbox } from "./process.ts";

export const PLAYER_MEMORY_MIB = 512;
const JUDGE_MEMORY_MIB = 1024;
/** A judge is replaced after so many runs, or when it has grown so large. */
const JUDGE_RUNS_MAX = 200;
const JUDGE_RSS_MIB_MAX = 512;

/** The hidden tests of one exercise version. */
export interface JudgeText {
  readonly hash: string;
  readonly source: string;
}

/** A judge with its tests loaded. */
export interface ReadyJudge {
  readonly sandbox: Sandbox;
  readonly hash: string;
  /** Ids of the tests that it holds. */
  readonly tests: readonly string[];
  runs: number;
}

export interface PoolOptions {
  /** How many gradings run at the same time. */
  readonly concurrency: number;
  /** Another script for players; the attack tests start hostile ones. */
  readonly playerScript?: string;
}

/** The hidden tests cannot be loaded: the exercise is broken, not the submission. */
export class BrokenTests extends Error {}

export class SandboxPool {
  readonly #size: number;
  readonly #playerScript: string;
  #players: Promise<Sandbox>[] = [];
  #blankJudges: Promise<Sandbox>[] = [];
  /** Idle ones, the longest unused first. */
  #judges: ReadyJudge[] = [];
  #isClosed = false;

  constructor({ concurrency, playerScript = scriptOf("player") }: PoolOptions) {
    this.#size = concurrency;
    this.#playerScript = playerScript;
  }

  /** Boots what is missing. Called between gradings, when the cores are free. */
  refill(): void {
    if (this.#isClosed) return;
    while (this.#players.length < this.#size + 1) {
      this.#players.push(this.#boot(this.#playerScript, PLAYER_MEMORY_MIB));
    }
    if (this.#blankJudges.length === 0) {
      this.#blankJudges.push(this.#boot(scriptOf("judge"), JUDGE_MEMORY_MIB));
    }
  }

  /** A player that nobody has used. */
  async takePlayer(memoryMiB: number): Promise<Sandbox> {
    while (memoryMiB === PLAYER_MEMORY_MIB) {
      const player = await this.#players.shift()?.catch(() => undefined);
      if (player === undefined) break;
      if (!player.hasEnded) return player;
    }
    return this.#boot(this.#playerScript, memoryMiB);
  }

  async takeJudge({ hash, source }: JudgeText): Promise<ReadyJudge> {
    const at = this.#judges.findIndex((judge) => judge.hash === hash && !judge.sandbox.hasEnded);
    const [idle] = at < 0 ? [] : this.#judges.splice(at, 1);
    if (idle !== undefined) return idle;
    const blank = await this.#blankJudges.shift()?.catch(() => undefined);
    const sandbox =
      blank === undefined || blank.hasEnded
        ? await this.#boot(scriptOf("judge"), JUDGE_MEMORY_MIB)
        : blank;
    sandbox.send("P", source);
    const { kind, text } = await sandbox.next();
    if (kind !== "R") {
      sandbox.kill();
      throw new BrokenTests(`the hidden tests cannot be loaded: ${text}`);
    }
    const { tests } = JSON.parse(text) as { tests: string[] };
    return { sandbox, hash, tests, runs: 0 };
  }

  /** Only a judge whose run came to its own end is given back; others are killed. */
  giveBack(judge: ReadyJudge): void {
    judge.runs++;
    const { sandbox, runs } = judge;
    const isWorn = runs >= JUDGE_RUNS_MAX || sandbox.usage().rssMiB > JUDGE_RSS_MIB_MAX;
    if (this.#isClosed || isWorn || sandbox.hasEnded) sandbox.kill();
    else this.#judges.push(judge);
    while (this.#judges.length > this.#size + 2) this.#judges.shift()?.sandbox.kill();
  }

  close(): void {
    this.#isClosed = true;
    for (const booting of [...this.#players.splice(0), ...this.#blankJudges.splice(0)]) {
      booting.then((sandbox) => sandbox.kill()).catch(() => undefined);
    }
    for (const { sandbox } of this.#judges.splice(0)) sandbox.kill();
  }

  async #boot(script: string, memoryMiB: number): Promise<Sandbox> {
    const sandbox = new Sandbox(script, memoryMiB);
    const booted = sandbox.next().then(
      () => sandbox,
      (error: unknown) => {
        log.error({ err: error }, "a sandbox does not start");
        throw error;
      },
    );
    // Looked at only when it is taken.
    booted.catch(() => undefined);
    return booted;
  }
}
