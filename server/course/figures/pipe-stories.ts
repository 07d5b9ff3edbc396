import { boot, type SystemCall, type SystemCalls, type UserProgram } from "#kernel-sim";
import type { PipeEnd, PipeMoment, PipeStory } from "#notebook/document";

/** Times are large, so that looking costs little of them. */
const US = 10_000;
const KIB = 1024;
const FIONREAD = 0x541b;
const PR_SET_TIMERSLACK = 29;
const F_GETPIPE_SZ = 1032;
const O_WRONLY_NONBLOCK = 0o4001;
const O_RDONLY_NONBLOCK = 0o4000;

interface Plot {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly writer: { readonly comm: string; readonly program: UserProgram };
  readonly reader: { readonly comm: string; readonly program: UserProgram };
}

/** Writes `pieces` pieces of `size` bytes to standard output, and computes before each. */
function produce(pieces: number, size: number, ns: number): UserProgram {
  return function* producer(sys) {
    const piece = new Uint8Array(size);
    for (let n = 0; n < pieces; n++) {
      yield* sys.compute(ns);
      yield* sys.write(1, piece);
    }
    return 0;
  };
}

/** Reads pieces of `size` bytes from standard input, at most `pieces`, and computes after each. */
function consume(pieces: number, size: number, ns: number): UserProgram {
  return function* consumer(sys) {
    for (let n = 0; n < pieces; n++) {
      const got = yield* sys.read(0, size);
      if (typeof got === "number" || got.length === 0) break;
      yield* sys.compute(ns);
    }
    return 0;
  };
}

const PLOTS: readonly Plot[] = [
  {
    id: "back-pressure",
    title: "a slow reader",
    hint: "The writer makes a piece of 16 KiB in 0.2 ms, the reader needs 1 ms for each.",
    writer: { comm: "dump", program: produce(12, 16 * KIB, 20 * US) },
    reader: { comm: "gzip", program: consume(1000, 16 * KIB, 100 * US) },
  },
  {
    id: "hungry",
    title: "a slow writer",
    hint: "Now the writer needs 1 ms for a piece of 4 KiB, and the reader hardly anything.",
    writer: { comm: "find", program: produce(8, 4 * KIB, 100 * US) },
    reader: { comm: "wc", program: consume(1000, 64 * KIB, 5 * US) },
  },
  {
    id: "broken",
    title: "a reader that leaves",
    hint: "The reader takes one piece and ends, as head does. What becomes of the writer?",
    writer: { comm: "yes", program: produce(1000, 8 * KIB, 10 * US) },
    reader: { comm: "head", program: consume(1, 8 * KIB, 60 * US) },
  },
];

/** Three pipes with processes at their ends, looked at each few microseconds. */
export function pipeStories(): readonly PipeStory[] {
  return PLOTS.map(tell);
}

interface Sample {
  readonly timeNs: number;
  readonly level: number;
  readonly writer: string;
  readonly reader: string;
}

interface Watched {
  readonly capacity: number;
  readonly samples: readonly Sample[];
  readonly statuses: readonly number[];
}

function tell({ id, title, hint, writer, reader }: Plot): PipeStory {
  // The third CPU is the watcher's, who must not be in the way.
  const machine = boot({ seed: 5, cpus: 3 });
  machine.install(`/bin/${writer.comm}`, writer.program);
  machine.install(`/bin/${reader.comm}`, reader.program);
  const watched = machine.run(function* watcher(sys) {
    return yield* watch(sys, writer.comm, reader.comm);
  }) as Watched;
  machine.close();
  const [first] = watched.samples;
  const moments = thin(watched.samples).map((sample) => ({
    timeNs: sample.timeNs - (first?.timeNs ?? 0),
    level: sample.level,
    writer: end(writer.comm, sample.writer, "write"),
    reader: end(reader.comm, sample.reader, "read"),
    says: "",
  }));
  const told = moments.map((moment) => ({ ...moment, says: say(moment, watched, id) }));
  return { id, title, hint, capacity: watched.capacity, moments: told };
}

function* watch(sys: SystemCalls, writer: string, reader: string): SystemCall<Watched> {
  const pipe = yield* sys.pipe2();
  if (typeof pipe === "number") return { capacity: 0, samples: [], statuses: [] };
  const [readEnd, writeEnd] = pipe;
  const capacity = yield* sys.fcntl(readEnd, F_GETPIPE_SZ);
  const close = [readEnd, writeEnd];
  const from = yield* sys.spawn(`/bin/${writer}`, [writer], {}, { fds: { 1: writeEnd }, close });
  const to = yield* sys.spawn(`/bin/${reader}`, [reader], {}, { fds: { 0: readEnd }, close });
  yield* sys.close(readEnd);
  yield* sys.close(writeEnd);
  // A sleep ends when it is over, not up to 50 µs later.
  yield* sys.call("prctl", PR_SET_TIMERSLACK, 1);
  const samples: Sample[] = [];
  for (let n = 0; n < 2000; n++) {
    const states = [yield* stateOf(sys, from), yield* stateOf(sys, to)] as const;
    const timeNs = yield* sys.clock_gettime(1);
    const level = yield* levelOf(sys, from, to, states);
    samples.push({ timeNs, level, writer: states[0], reader: states[1] });
    if (states[0] === "Z" && states[1] === "Z") break;
    yield* sys.nanosleep(2 * US);
  }
  const statuses: number[] = [];
  for (const pid of [from, to]) {
    const ended = yield* sys.wait4(pid);
    statuses.push(typeof ended === "number" ? ended : (ended.signaled ?? 0));
  }
  return { capacity, samples, statuses };
}

function* stateOf(sys: SystemCalls, pid: number): SystemCall<string> {
  const fd = yield* sys.open(`/proc/${pid}/stat`, 0);
  const text = yield* sys.read(fd, 512);
  yield* sys.close(fd);
  return typeof text === "number"
    ? "X"
    : (/\) (\w)/.exec(new TextDecoder().decode(text))?.[1] ?? "X");
}

/** Bytes in the pipe, asked through an end that somebody has open. */
function* levelOf(
  sys: SystemCalls,
  from: number,
  to: number,
  [writer, reader]: readonly [string, string],
): SystemCall {
  if (writer === "Z" && reader === "Z") return 0;
  const fd =
    reader === "Z"
      ? yield* sys.open(`/proc/${from}/fd/1`, O_WRONLY_NONBLOCK)
      : yield* sys.open(`/proc/${to}/fd/0`, O_RDONLY_NONBLOCK);
  if (fd < 0) return 0;
  const count = new Uint8Array(4);
  yield* sys.call("ioctl", fd, FIONREAD, count);
  yield* sys.close(fd);
  return new DataView(count.buffer).getInt32(0, true);
}

/** Only the moments at which something is different. */
function thin(samples: readonly Sample[]): Sample[] {
  return samples.filter((sample, at) => {
    const before = samples[at - 1];
    return (
      before === undefined ||
      before.level !== sample.level ||
      before.writer !== sample.writer ||
      before.reader !== sample.reader
    );
  });
}

function end(comm: string, state: string, call: string): PipeEnd {
  const does = { R: "runs", S: `sleeps in ${call}()`, D: `sleeps in ${call}()`, Z: "has ended" }[
    state
  ];
  return { comm, state, does: does ?? state };
}

function say(
  moment: Omit<PipeMoment, "says">,
  { capacity, statuses }: Watched,
  id: string,
): string {
  const { level, writer, reader } = moment;
  const holds = `${String(level / KIB)} KiB of ${capacity / KIB} in the pipe.`;
  if (writer.state === "Z" && reader.state === "Z") {
    return statuses[0] === 13
      ? `${writer.comm} was killed by SIGPIPE: it wrote into a pipe that nobody can read any more.`
      : `${writer.comm} ended, read() in ${reader.comm} answered 0 once the pipe was empty, and ${reader.comm} ended as well.`;
  }
  if (writer.state === "S" && level > capacity / 2) {
    return `${holds} There is no room for a whole piece: ${writer.comm} sleeps in write() until ${reader.comm} has taken something. That is back pressure.`;
  }
  if (reader.state === "S" && writer.state !== "Z") {
    return `${holds} ${reader.comm} has nothing to do: it sleeps in read() until ${writer.comm} brings something.`;
  }
  if (writer.state === "Z") {
    return `${holds} ${writer.comm} has ended and closed its end; what it wrote is still there to be read.`;
  }
  if (reader.state === "Z")
    return `${holds} ${reader.comm} is gone; the next write() will find no reader.`;
  return id === "broken" ? `${holds} Both are at work.` : `${holds} Both run.`;
}
