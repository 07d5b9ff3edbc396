import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import {
  beginOidc,
  connectsWhom,
  currentViewer,
  isDemoAccount,
  oidcSettings,
  safeReturn,
  TICKET_S,
  ticketCookie,
} from "#server/auth";
import { mayChangeAccount } from "#server/policies";

/** Leads to the provider; with `connect`, to connect the account of who is signed in. */
export async function GET(request: Request): Promise<Response> {
  const settings = oidcSettings();
  if (settings === undefined) return new Response("Not here.\n", { status: 404 });
  const asked = new URL(request.url).searchParams;
  const word = asked.get("connect");
  const connects = word === null ? undefined : await ownAccount(word);
  // A link to connect that is too old, or that another site has made, connects nothing.
  if (word !== null && connects === undefined) redirect("/account?connect=again");
  const from = connects === undefined ? safeReturn(asked.get("from")) : "/account";
  const begun = await beginOidc(settings, { from, connects }, await headers());
  if (begun.kind !== "go") {
    redirect(connects === undefined ? `/signin?problem=${begun.kind}` : "/account?connect=failed");
  }
  const { name, isSecure } = ticketCookie();
  (await cookies()).set(name, begun.ticket, {
    httpOnly: true,
    sameSite: "lax",
    secure: isSecure,
    path: "/",
    maxAge: TICKET_S,
  });
  redirect(begun.url);
}

async function ownAccount(word: string): Promise<string | undefined> {
  const viewer = await currentViewer();
  if (viewer === undefined) return undefined;
  if (mayChangeAccount(viewer, isDemoAccount(viewer)).kind === "denied") return undefined;
  const userId = await connectsWhom(word, await headers());
  return userId === viewer.userId ? userId : undefined;
}
