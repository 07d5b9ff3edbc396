import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, config } from "./config.ts";
import { dataFolder } from "./db/embedded/place.ts";

const SECRET_BYTES_MIN = 32;

/**
 * The secret that signs sessions: the operator's own, or in demo mode one that is made once and
 * kept beside the data. Where real people work it must be set, so that a second web process has
 * the same one and a lost disk does not end every session.
 */
export function requireSecret(): string {
  const { secret, isDemo } = config();
  if (secret.length >= SECRET_BYTES_MIN) return secret;
  if (secret !== "") {
    throw new ConfigError(
      `KERNELBOOK_SECRET has ${secret.length} characters, fewer than ${SECRET_BYTES_MIN}: take the output of \`openssl rand -hex 32\``,
    );
  }
  if (isDemo) return keptSecret();
  throw new ConfigError(
    "KERNELBOOK_SECRET is not set: outside demo mode set it to the output of `openssl rand -hex 32`, the same in every web and grader process",
  );
}

function keptSecret(): string {
  const file = join(dataFolder(), "secret");
  try {
    writeFileSync(file, `${randomBytes(32).toString("hex")}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return readFileSync(file, "utf8").trim();
}
