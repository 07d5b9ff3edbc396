/** What BPF_LOG_STATS adds. */
const STATS = /^(verification time|stack depth) /;

/** Where the numbers begin. */
const STATS_START = /(verification time \d+ usec|processed \d+ insns .*)$/;

/** Where functions begin, instructions and states explain nothing. */
const NO_EXPLANATION = /^(func#\d+ @\d+$|mark_precise: |\s*\d+: )/;

const ENDLESS = "infinite loop detected at insn ";
const TOO_LARGE = "BPF program is too large. Processed ";

/** More than a few lines with states can be long. */
const TAIL = 1 << 16;

/**
 * The line of a log with which the verifier explains its refusal: the last one in front of the
 * numbers, or that of an endless loop, behind which two states follow. Empty when it says nothing.
 */
export function explainingLine(log: string): string {
  const lines = log.slice(-TAIL).split("\n");
  const statsAt = lines.findIndex((line) => STATS_START.test(line));
  if (statsAt < 0) return "";
  // One message has no end of line.
  if (!lines[statsAt]!.startsWith("processed") && !STATS.test(lines[statsAt]!)) {
    return lines[statsAt]!.replace(STATS_START, "");
  }
  const explaining = lines.slice(0, statsAt).filter((line) => !STATS.test(line));
  const loop = explaining.slice(-3).find((line) => line.includes(ENDLESS));
  const line = loop ?? explaining.at(-1) ?? "";
  // On level 1, what was taken back may leave the start of a line in front of these.
  const at = Math.max(line.indexOf(ENDLESS), line.indexOf(TOO_LARGE));
  if (at >= 0) return line.slice(at);
  return NO_EXPLANATION.test(line) ? "" : line;
}
