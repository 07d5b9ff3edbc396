/** Sandboxes that are booted before they are needed: players for one use, judges that are kept. */
import { log } from "../../operation/log.ts";
import { scriptOf } from "./command.ts";
import type { PlayerKind } from "./player-kind.ts";
import { Sandbox } from "./process.ts";

export const PLAYER_MEMORY_MIB = 512;
const JUDGE_MEMORY_MIB = 1024;
/** A judge is replaced after so many runs, or when it has grown so large. */
const JUDGE_RUNS_MAX = 200;
const JUDGE_RSS_MIB_MAX = 512;
/** Idle ones that are kept beyond what runs at once: a class works at the exercises of one lecture. */
const JUDGES_SPARE = 4;

/** The hidden tests of one exercise version. */
export interface JudgeText {
  readonly hash: string;
  readonly source: string;
}

/** A judge with its tests loaded. */
export interface ReadyJudge {
  readonly sandbox: Sandbox;
  readonly text: JudgeText;
  /** Ids of the tests that it holds. */
  readonly tests: readonly string[];
  runs: number;
}

export interface PoolOptions {
  /** How many gradings run at the same time. */
  readonly concurrency: number;
  /** Another script for players of both kinds; the attack tests start hostile ones. */
  readonly playerScript?: string;
  /** What loading hidden tests may take, of CPU time. */
  readonly loadCpuSecondsMax?: number;
}

/** The hidden tests cannot be loaded: the exercise is broken, not the submission. */
export class BrokenTests extends Error {}

/** What loading them may take: the longest of the course need a tenth of a second. */
const LOAD_CPU_SECONDS_MAX = 5;
const LOAD_MS_MAX = 30_000;
const LOAD_WATCH_MS = 100;

/** The hash says of two texts that they grade alike; that nobody has made two of one hash is seen here. */
function isSame(a: JudgeText, b: JudgeText): boolean {
  return a.hash === b.hash && a.source === b.source;
}

export class SandboxPool {
  readonly #size: number;
  readonly #playerScripts: Readonly<Record<PlayerKind, string>>;
  readonly #loadCpuSecondsMax: number;
  readonly #players: Readonly<Record<PlayerKind, Promise<Sandbox>[]>> = {
    player: [],
    "bpf-player": [],
  };
  /** What was asked for last: a class works at the exercises of one lecture. */
  #askedFor: PlayerKind = "player";
  #blankJudges: Promise<Sandbox>[] = [];
  /** Idle ones, the longest unused first. */
  #judges: ReadyJudge[] = [];
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#size = options.concurrency;
    const { playerScript } = options;
    this.#playerScripts = {
      player: playerScript ?? scriptOf("player"),
      "bpf-player": playerScript ?? scriptOf("bpf-player"),
    };
    this.#loadCpuSecondsMax = options.loadCpuSecondsMax ?? LOAD_CPU_SECONDS_MAX;
  }

  /** Boots what is missing. Called between gradings, when the cores are free. */
  refill(): void {
    if (this.#isClosed) return;
    for (const kind of ["player", "bpf-player"] as const) {
      const players = this.#players[kind];
      const wanted = kind === this.#askedFor ? this.#size + 1 : 1;
      while (players.length < wanted) {
        players.push(this.#boot(this.#playerScripts[kind], PLAYER_MEMORY_MIB));
      }
    }
    if (this.#blankJudges.length === 0) {
      this.#blankJudges.push(this.#boot(scriptOf("judge"), JUDGE_MEMORY_MIB));
    }
  }

  /** A player that nobody has used. */
  async takePlayer(kind: PlayerKind, memoryMiB: number): Promise<Sandbox> {
    this.#askedFor = kind;
    while (memoryMiB === PLAYER_MEMORY_MIB) {
      const player = await this.#players[kind].shift()?.catch(() => undefined);
      if (player === undefined) break;
      if (!player.hasEnded) return player;
    }
    return this.#boot(this.#playerScripts[kind], memoryMiB);
  }

  async takeJudge(text: JudgeText): Promise<ReadyJudge> {
    const at = this.#judges.findIndex(
      (judge) => isSame(judge.text, text) && !judge.sandbox.hasEnded,
    );
    const [idle] = at < 0 ? [] : this.#judges.splice(at, 1);
    if (idle !== undefined) return idle;
    const blank = await this.#blankJudges.shift()?.catch(() => undefined);
    const sandbox =
      blank === undefined || blank.hasEnded
        ? await this.#boot(scriptOf("judge"), JUDGE_MEMORY_MIB)
        : blank;
    return { sandbox, text, tests: await this.#load(sandbox, text.source), runs: 0 };
  }

  /** Only a judge whose run came to its own end is given back; others are killed. */
  giveBack(judge: ReadyJudge): void {
    judge.runs++;
    const { sandbox, runs } = judge;
    const isWorn = runs >= JUDGE_RUNS_MAX || sandbox.usage().rssMiB > JUDGE_RSS_MIB_MAX;
    if (this.#isClosed || isWorn || sandbox.hasEnded) sandbox.kill();
    else this.#judges.push(judge);
    while (this.#judges.length > this.#size + JUDGES_SPARE) this.#judges.shift()?.sandbox.kill();
  }

  close(): void {
    this.#isClosed = true;
    const { player, "bpf-player": bpfPlayer } = this.#players;
    for (const booting of [player, bpfPlayer, this.#blankJudges].flatMap((all) => all.splice(0))) {
      booting.then((sandbox) => sandbox.kill()).catch(() => undefined);
    }
    for (const { sandbox } of this.#judges.splice(0)) sandbox.kill();
  }

  /** Hands a judge its tests; answers their ids. Whoever wrote them may have written a loop. */
  async #load(sandbox: Sandbox, source: string): Promise<readonly string[]> {
    let watch: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      const before = sandbox.usage().cpuSeconds;
      const began = performance.now();
      watch = setInterval(() => {
        const cpuSeconds = sandbox.usage().cpuSeconds - before;
        const ms = performance.now() - began;
        if (cpuSeconds <= this.#loadCpuSecondsMax && ms <= LOAD_MS_MAX) return;
        reject(new BrokenTests("the hidden tests do not come to an end as they are loaded"));
      }, LOAD_WATCH_MS);
    });
    sandbox.send("P", source);
    try {
      const { kind, text } = await Promise.race([sandbox.next(), tooLong]);
      if (kind === "R") return (JSON.parse(text) as { tests: string[] }).tests;
      throw new BrokenTests(`the hidden tests cannot be loaded: ${text}`);
    } catch (error) {
      sandbox.kill();
      // By itself it only ends when a promise that it waits for is never kept.
      const [why] = /out-of-memory|code \d+/.exec(String(error)) ?? [];
      if (error instanceof BrokenTests || why === undefined) throw error;
      const how = why === "out-of-memory" ? "take too much memory" : "do not come to an end";
      throw new BrokenTests(`the hidden tests ${how} as they are loaded`);
    } finally {
      clearInterval(watch);
    }
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
