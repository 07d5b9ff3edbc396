/** What keeps one core busy, for each of many. */
import { cpus } from "node:os";

/** As many at a time as there are cores; answers in the order of the items. */
export async function sideBySide<Item, Answer>(
  items: readonly Item[],
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers = new Array<Answer>(items.length);
  const left = items.entries();
  async function worker(): Promise<void> {
    for (const [at, item] of left) answers[at] = await work(item);
  }
  await Promise.all(Array.from({ length: Math.min(cpus().length, items.length) }, worker));
  return answers;
}
