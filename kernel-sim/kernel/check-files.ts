import type { File } from "../fs/fs.ts";
import type { Kernel } from "./kernel.ts";

/**
 * Open files have as many holders as there are descriptors, mappings, running programs and shared memory
 * segments that name them; while files are on their way through sockets, at least as many.
 */
export function checkFiles(kernel: Kernel, wrong: string[]): void {
  const holders = new Map<File, number>();
  const hold = (file: File | undefined) => {
    if (file !== undefined) holders.set(file, (holders.get(file) ?? 0) + 1);
  };
  const tables = new Set<object>();
  const spaces = new Set<object>();
  const ipcs = new Set<object>();
  const PF_EXITING = 0x4;
  for (const task of kernel.tasks) {
    const { files, mm, nextImage, nsproxy } = task;
    if ((task.flags & PF_EXITING) === 0 && !tables.has(files)) {
      tables.add(files);
      for (const [, file] of files.entries()) hold(file);
    }
    if (mm !== undefined && !spaces.has(mm)) {
      spaces.add(mm);
      hold(mm.exeFile);
      for (const vma of mm.vmas) hold(vma.file);
    }
    if (nextImage !== undefined) {
      hold(nextImage.file);
      for (const vma of nextImage.mm.vmas) hold(vma.file);
    }
    if (!ipcs.has(nsproxy.ipc)) {
      ipcs.add(nsproxy.ipc);
      for (const shm of nsproxy.ipc.shmIds.all()) hold(shm.file);
    }
  }
  // An attached segment is held by the file that its mappings have.
  for (const { privateData } of [...holders.keys()]) {
    if (isAttached(privateData)) hold(privateData.shm.file);
  }
  let inflight = 0;
  for (const user of kernel.users.values()) inflight += user.unixInflight;
  if (kernel.nrFiles < holders.size || (inflight === 0 && kernel.nrFiles > holders.size)) {
    wrong.push(`${kernel.nrFiles} files are counted as open, ${holders.size} are known`);
  }
  for (const [file, known] of holders) {
    if (file.count < known || (inflight === 0 && file.count > known)) {
      wrong.push(`${file.path.dentry.name} has ${file.count} holders, ${known} are known`);
    }
    if (file.path.dentry.count < 1) wrong.push(`${file.path.dentry.name} is open and not held`);
  }
}

function isAttached(data: unknown): data is { readonly shm: { readonly file: File } } {
  return typeof data === "object" && data !== null && "shm" in data;
}
