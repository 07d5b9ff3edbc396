import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { allowsPasswords } from "#server/auth";
import { sendsMail } from "#server/mail";
import plain from "../../plain.module.css";
import { ForgottenForm } from "./forgotten-form.tsx";

export const metadata: Metadata = { title: "Forgotten password" };

export default function ForgottenPage() {
  if (!sendsMail() || !allowsPasswords()) notFound();
  return (
    <main className={plain["plain"]} id="main">
      <h1>Forgotten password</h1>
      <p className={plain["say"]}>
        A link goes to the address of your account. By it you set a new password, once, within two
        days.
      </p>
      <ForgottenForm />
    </main>
  );
}
