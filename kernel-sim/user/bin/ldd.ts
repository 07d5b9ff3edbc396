import { PT_INTERP } from "../../arch/x86/asm/elf-dynamic.ts";
import type { Program } from "../program.ts";
import { fail, readPath } from "./io.ts";

const WAIT_STATUS = 8;

/**
 * ldd file...: which shared libraries a program would get. The dynamic linker itself says it.
 *
 * @spec ldd(1)
 */
export const ldd: Program = function* ldd(sys, argv, env) {
  const files = argv.slice(1);
  if (files.length === 0) {
    yield* sys.write(2, "ldd: missing file arguments\nTry `ldd --help' for more information.\n");
    return 1;
  }
  let status = 0;
  for (const file of files) {
    if (files.length > 1) yield* sys.write(1, `${file}:\n`);
    const bytes = yield* readPath(sys, file);
    if (typeof bytes === "number") {
      status = yield* fail(sys, `ldd: ${file}`, bytes);
      continue;
    }
    if (!hasInterpreter(bytes)) {
      yield* sys.write(2, "\tnot a dynamic executable\n");
      status = 1;
      continue;
    }
    const path = file.includes("/") ? file : `./${file}`;
    const pid = yield* sys.spawn(path, [path], { ...env, LD_TRACE_LOADED_OBJECTS: "1" });
    const child = pid < 0 ? pid : yield* sys.wait4(pid);
    if (typeof child === "number") status = yield* fail(sys, `ldd: ${file}`, child);
    else if (child.status >> WAIT_STATUS !== 0) status = 1;
  }
  return status;
};

function hasInterpreter(bytes: Uint8Array): boolean {
  if (bytes.length < 52 || bytes[0] !== 0x7f || bytes[4] !== 1) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const phoff = view.getUint32(28, true);
  for (let i = 0; i < view.getUint16(44, true); i++) {
    const at = phoff + i * 32;
    if (at + 32 <= bytes.length && view.getUint32(at, true) === PT_INTERP) return true;
  }
  return false;
}
