import type { ReactNode } from "react";
import { staffOfRun } from "../access.ts";
import { RunNav } from "./run-nav.tsx";

interface RunLayoutProps {
  params: Promise<{ run: string }>;
  children: ReactNode;
}

/** The pages about one class, with the way from one to the other above them. */
export default async function RunLayout({ params, children }: RunLayoutProps) {
  const { run } = await params;
  const staff = await staffOfRun(run);
  return (
    <>
      {staff !== undefined && <RunNav run={run} mayManage={staff.mayManage} />}
      {children}
    </>
  );
}
