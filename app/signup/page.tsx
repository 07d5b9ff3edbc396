import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { currentViewer, isSignUpOpen, safeReturn } from "#server/auth";
import plain from "../plain.module.css";
import { SignUpForm } from "./sign-up-form.tsx";

export const metadata: Metadata = { title: "Make an account" };

interface SignUpPageProps {
  searchParams: Promise<{ from?: string | string[] }>;
}

export default async function SignUpPage({ searchParams }: SignUpPageProps) {
  if (!isSignUpOpen()) notFound();
  const from = safeReturn((await searchParams).from);
  if ((await currentViewer()) !== undefined) redirect(from);
  return (
    <main className={plain["plain"]} id="main">
      <h1>Make an account</h1>
      <p className={plain["say"]}>As a student of the demo run. No mail is sent to the address.</p>
      <SignUpForm from={from} />
    </main>
  );
}
