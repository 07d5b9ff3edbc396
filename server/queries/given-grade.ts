import type { Tx } from "../db/index.ts";
import { type Grade, gradeAt } from "./scores.ts";

/** A student's grade at an exercise with what somebody of the staff has said of it. */
export interface GradeInDetail extends Grade {
  /** undefined: nobody has said anything. */
  readonly given:
    | {
        readonly points: number | undefined;
        readonly isExcused: boolean;
        readonly comment: string;
        readonly by: string | undefined;
        readonly at: Date;
      }
    | undefined;
}

export async function gradeInDetail(
  tx: Tx,
  key: { readonly exerciseId: string; readonly userId: string },
): Promise<GradeInDetail> {
  const row = await tx.gradeOverride.findUnique({
    where: { exerciseId_userId: key },
    select: {
      points: true,
      isExcused: true,
      comment: true,
      setAt: true,
      setBy: { select: { name: true } },
    },
  });
  const given = row && {
    points: row.points ?? undefined,
    isExcused: row.isExcused,
    comment: row.comment,
    by: row.setBy?.name,
    at: row.setAt,
  };
  return { ...(await gradeAt(tx, key)), given: given ?? undefined };
}
