import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import {
  connectIdentity,
  currentViewer,
  enterByOidc,
  finishOidc,
  oidcSettings,
  openTicket,
  ticketCookie,
} from "#server/auth";
import { invitationBehind } from "#server/class";
import { db } from "#server/db";

/** Where the provider sends people back to. */
export async function GET(request: Request): Promise<Response> {
  const settings = oidcSettings();
  if (settings === undefined) return new Response("Not here.\n", { status: 404 });
  const kept = await cookies();
  const { name } = ticketCookie();
  const ticket = openTicket(kept.get(name)?.value ?? "", new Date());
  // It serves once, whatever comes of it.
  kept.delete({ name, path: "/", secure: ticketCookie().isSecure });
  if (ticket === undefined) redirect("/signin?problem=again");
  const { from, connects } = ticket;
  const found = await finishOidc(settings, new URL(request.url).search, ticket);
  if (connects !== undefined) {
    const viewer = await currentViewer();
    if (viewer?.userId !== connects) redirect("/account?connect=again");
    if (found.kind !== "known") redirect(`/account?connect=${found.kind}`);
    const { kind } = await connectIdentity(connects, found.identity);
    redirect(`/account?connect=${kind}`);
  }
  if (found.kind !== "known") redirect(problemPath(found.kind, from));
  const mayMakeAccount = settings.allowsSignUp || (await isInvited(from));
  const answer = await enterByOidc(found.identity, { mayMakeAccount }, await headers());
  redirect(answer.kind === "signed-in" ? from : problemPath(answer.kind, from));
}

function problemPath(kind: string, from: string): string {
  return `/signin?problem=${kind}&from=${encodeURIComponent(from)}`;
}

/** Who was on the way to a run by a link that lets them in may have an account. */
async function isInvited(from: string): Promise<boolean> {
  const token = /^\/join\/([\w-]{1,100})$/.exec(from)?.[1];
  if (token === undefined) return false;
  const found = await invitationBehind(db(), token, { now: new Date(), locks: false });
  return typeof found !== "string";
}
