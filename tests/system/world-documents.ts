import { db } from "../../server/db/client.ts";

/** What authors work at: the first lecture of the course, its drafts and versions. */
export class Documents {
  readonly #courseSlug: string;
  readonly #authors: readonly string[];

  constructor(courseSlug: string, authors: readonly string[]) {
    this.#courseSlug = courseSlug;
    this.#authors = authors;
  }

  /** The first lecture of the course, as a document. */
  async id(): Promise<string> {
    const where = { kind: "lecture" } as const;
    return (await db().contentDocument.findFirstOrThrow({ where, orderBy: { path: "asc" } })).id;
  }

  /** The document as it is shown to whoever may publish it. */
  async newestVersion(): Promise<string> {
    const documentId = await this.id();
    const where = { documentId };
    const head = await db().contentVersion.aggregate({ where, _max: { number: true } });
    return `${documentId}:${head._max.number}`;
  }

  async draftRevision(userId: string): Promise<number> {
    const documentId = await this.id();
    const draft = await db().contentDraft.findFirst({ where: { documentId, userId } });
    return draft?.revision ?? 0;
  }

  /** Something typed over the newest version; answers the draft's revision. */
  async newDraft(userId: string): Promise<number> {
    const documentId = await this.id();
    const { number: base } = await db().contentVersion.findFirstOrThrow({
      where: { documentId },
      orderBy: { number: "desc" },
    });
    await db().contentDraft.deleteMany({ where: { documentId, userId } });
    const files = { create: { path: "lecture.mdx", text: `# ${crypto.randomUUID()}` } };
    await db().contentDraft.create({ data: { documentId, userId, base, files } });
    return 1;
  }

  async path(): Promise<string> {
    const id = await this.id();
    return (await db().contentDocument.findUniqueOrThrow({ where: { id } })).path;
  }

  /** A draft that somebody else's version has left behind. */
  async mergeableDraft(userId: string): Promise<{ revision: number; head: number }> {
    const documentId = await this.id();
    const revision = await this.newDraft(userId);
    const last = await db().contentVersion.findFirstOrThrow({
      where: { documentId },
      orderBy: { number: "desc" },
    });
    const head = last.number + 1;
    const made = { documentId, number: head, files: last.files ?? {}, message: "Again" };
    await db().contentVersion.create({ data: { ...made, origin: "site" } });
    return { revision, head };
  }

  /** The same for each who may author. */
  async mergeableDrafts(): Promise<void> {
    for (const userId of this.#authors) await this.mergeableDraft(userId);
  }

  /** A check that nobody has begun. */
  async newCheck(): Promise<string> {
    const { id: courseId } = await db().course.findFirstOrThrow({
      where: { slug: this.#courseSlug },
    });
    const check = await db().contentCheck.create({ data: { courseId, publishes: false } });
    return check.id;
  }

  /** Published, of an exercise: its small mistakes were never tried. */
  async unsearchedVersion(): Promise<string> {
    const where = { kind: "exercise" } as const;
    const { id: documentId } = await db().contentDocument.findFirstOrThrow({ where });
    const last = await db().contentVersion.findFirstOrThrow({
      where: { documentId },
      orderBy: { number: "desc" },
    });
    const made = { documentId, number: last.number + 1, files: last.files ?? {}, message: "Again" };
    const { id: versionId } = await db().contentVersion.create({
      data: { ...made, origin: "site" },
    });
    await db().contentPublication.create({ data: { documentId, versionId } });
    return versionId;
  }
}
