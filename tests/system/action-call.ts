import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** A server action of the built site: `app/signin/actions.ts signInAsDemo`. */
export type ActionName = `${string} ${string}`;

/** Every server action that the build has made callable, by name, with its id. */
export function builtActions(): ReadonlyMap<string, string> {
  const file = join(root, ".next-test/server/server-reference-manifest.json");
  const manifest: { node: Record<string, { filename: string; exportedName: string }> } = JSON.parse(
    readFileSync(file, "utf8"),
  );
  return new Map(
    Object.entries(manifest.node).map(([id, { filename, exportedName }]) => [
      `${filename} ${exportedName}`,
      id,
    ]),
  );
}

export interface ActionAnswer {
  readonly status: number;
  /** What the action answered; undefined when it led elsewhere, or answered nothing. */
  readonly value: { readonly kind?: string } | undefined;
  /** Where it led. */
  readonly redirect: string | undefined;
  readonly cookies: readonly string[];
}

interface ActionCall {
  readonly url: string;
  readonly id: string;
  /** Plain data, or a form. */
  readonly args: readonly unknown[];
  readonly headers: Record<string, string>;
}

/** Calls an action as the page's own script does, or anybody who has read it. */
export async function callAction({ url, id, args, headers }: ActionCall): Promise<ActionAnswer> {
  const response = await fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: { origin: new URL(url).origin, "next-action": id, ...headers },
    body: encodeArguments(args),
  });
  const text = await response.text();
  return {
    status: response.status,
    value: response.status < 400 ? answerIn(text) : undefined,
    redirect: response.headers.get("x-action-redirect")?.split(";")[0],
    cookies: response.headers.getSetCookie(),
  };
}

/** React's form of arguments: one text, or with forms among them a form with numbered parts. */
export function encodeArguments(args: readonly unknown[]): FormData | string {
  const body = new FormData();
  let forms = 0;
  const plain = args.map((arg) => {
    if (!(arg instanceof FormData)) return arg;
    forms += 1;
    for (const [name, value] of arg) body.append(`_${forms}_${name}`, value);
    return `$K${forms.toString(16)}`;
  });
  if (forms === 0) return JSON.stringify(plain);
  body.append("0", JSON.stringify(plain));
  return body;
}

/** Row 0 of React's answer names the row that holds what the action answered. */
export function answerIn(text: string): { kind?: string } | undefined {
  const row = (id: string) => new RegExp(`^${id}:(.*)$`, "m").exec(text)?.[1];
  const first = /"a":"\$@([0-9a-f]+)"/.exec(row("0") ?? "")?.[1];
  const answer = first === undefined ? undefined : row(first);
  if (answer === undefined || !answer.startsWith("{")) return undefined;
  return JSON.parse(answer);
}

/** A form as a browser fills it. */
export function form(fields: Record<string, string>): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.append(name, value);
  return made;
}
