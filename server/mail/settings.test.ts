import { afterEach, expect, test, vi } from "vitest";
import { mailSettings } from "./settings.ts";

afterEach(() => vi.unstubAllEnvs());

function set(url: string, from = "OS <os@example.edu>"): void {
  vi.stubEnv("KERNELBOOK_SMTP_URL", url);
  vi.stubEnv("KERNELBOOK_MAIL_FROM", from);
}

test("without a server there is no mail", () => {
  set("");
  expect(mailSettings()).toBeUndefined();
});

test.each([
  { url: "smtps://mail.example.edu", port: 465, isTls: true, needsTls: false },
  { url: "smtp://mail.example.edu", port: 587, isTls: false, needsTls: true },
  { url: "smtp://mail.example.edu:25?tls=none", port: 25, isTls: false, needsTls: false },
  { url: "smtp://localhost:2525", port: 2525, isTls: false, needsTls: false },
  { url: "smtp://[::1]:2525", port: 2525, isTls: false, needsTls: false },
])("$url is spoken to at $port, with TLS at once: $isTls, in any case: $needsTls", (row) => {
  const { url, ...wanted } = row;
  set(url);
  expect(mailSettings()).toMatchObject(wanted);
});

test("name and password may hold any sign", () => {
  set("smtps://os%40example.edu:p%2Fw%3A%25@mail.example.edu");
  expect(mailSettings()?.login).toEqual({ user: "os@example.edu", pass: "p/w:%" });
});

test.each([
  { from: "os@example.edu", name: "", address: "os@example.edu" },
  {
    from: "Operating Systems <os@example.edu>",
    name: "Operating Systems",
    address: "os@example.edu",
  },
  { from: '"Lab, OS" <os@example.edu>', name: "Lab, OS", address: "os@example.edu" },
])("$from is understood", ({ from, name, address }) => {
  set("smtps://mail.example.edu", from);
  expect(mailSettings()?.from).toEqual({ name, address });
});

test.each([
  { url: "mail.example.edu", from: undefined, says: "KERNELBOOK_SMTP_URL is not the address" },
  { url: "https://mail.example.edu", from: undefined, says: "KERNELBOOK_SMTP_URL is not" },
  { url: "smtp://x?tls=maybe", from: undefined, says: "?tls=" },
  { url: "smtps://a:100%@x", from: undefined, says: "%25" },
  { url: "smtps://x", from: "", says: "KERNELBOOK_MAIL_FROM is not set" },
  { url: "smtps://x", from: "nobody", says: "KERNELBOOK_MAIL_FROM is nobody" },
  { url: "smtps://x", from: "a@b.example, c@d.example", says: "KERNELBOOK_MAIL_FROM is" },
])("$url from $from is refused with what to write instead", ({ url, from, says }) => {
  set(url, from);
  expect(() => mailSettings()).toThrow(says);
});

test("a wrong address of the server does not tell the password", () => {
  set("smtps:name:hunter22");
  expect(() => mailSettings()).not.toThrow(/hunter22/);
  expect(() => mailSettings()).toThrow("KERNELBOOK_SMTP_URL");
});
