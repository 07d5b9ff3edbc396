import { AuthorCrumbs } from "../../../author/author-crumbs.tsx";

export default async function Crumbs({ params }: { params: Promise<{ course: string }> }) {
  return <AuthorCrumbs course={(await params).course} isList />;
}
