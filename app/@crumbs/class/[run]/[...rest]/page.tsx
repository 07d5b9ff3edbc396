import { RunCrumbs } from "../../../../class/run-crumbs.tsx";

export default async function Crumbs({ params }: { params: Promise<{ run: string }> }) {
  return <RunCrumbs run={(await params).run} isBook={false} />;
}
