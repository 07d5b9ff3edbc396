/** @type {import("next").NextConfig} */
export default {
  // The tests build beside a running site.
  distDir: process.env.KERNELBOOK_DIST ?? ".next",
  // `npm test` checks the types of everything; a start need not do it again.
  typescript: { ignoreBuildErrors: true },
  poweredByHeader: false,
  reactStrictMode: true,
  // A page that is not for the viewer answers 403.
  // A course comes as a ZIP file of up to 8 MiB; what else is sent is checked by its own schema.
  experimental: { authInterrupts: true, serverActions: { bodySizeLimit: "9mb" } },
  // Programs and drivers that the server loads as they are.
  serverExternalPackages: [
    "@observablehq/plot",
    "@prisma/adapter-pg",
    "@prisma/client",
    "better-auth",
    "deno",
    "esbuild",
    "linkedom",
    "nodemailer",
    "openid-client",
    "pg",
    "pg-boss",
    "pino",
    "prom-client",
    "ses",
  ],
};
