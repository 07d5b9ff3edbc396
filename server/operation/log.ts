import pino, { type Logger } from "pino";
import { config } from "../config.ts";

/** Structured log lines on stderr, one JSON object each. */
export const log: Logger = pino(
  {
    level: config().logLevel,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ["password", "token", "cookie", "*.password", "*.token", "*.cookie"],
  },
  pino.destination({ dest: 2, sync: true }),
);
