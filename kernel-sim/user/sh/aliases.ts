import type { SysCall } from "../sys-port.ts";
import { quote } from "./quote.ts";
import type { Shell } from "./shell.ts";

/** alias [name[=text]]...: without a text what the name stands for, without a name all of them. */
export function* aliasBuiltin(shell: Shell, argv: readonly string[]): SysCall {
  const { aliases, sys } = shell;
  const line = (name: string, text: string) => `${name}=${quote(text)}\n`;
  if (argv.length < 2) {
    const text = [...aliases].map(([name, value]) => line(name, value)).join("");
    if (text !== "") yield* sys.write(1, text);
    return 0;
  }
  let status = 0;
  for (const each of argv.slice(1)) {
    // The name is never empty: `=x` names itself.
    const at = each.indexOf("=", 1);
    if (at > 0) {
      aliases.set(each.slice(0, at), each.slice(at + 1));
      continue;
    }
    const value = aliases.get(each);
    if (value !== undefined) yield* sys.write(1, line(each, value));
    else {
      yield* sys.write(2, `alias: ${each} not found\n`);
      status = 1;
    }
  }
  return status;
}

/** unalias -a, unalias name... */
export function* unaliasBuiltin(shell: Shell, argv: readonly string[]): SysCall {
  let status = 0;
  for (const name of argv.slice(1)) {
    if (name === "-a") shell.aliases.clear();
    else if (!shell.aliases.delete(name)) {
      yield* shell.sys.write(2, `unalias: ${name} not found\n`);
      status = 1;
    }
  }
  return status;
}
