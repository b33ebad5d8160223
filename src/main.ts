import { loadConfig, type Config } from './config.js';
import { describeFailure } from './failure.js';
import { startServer, type Server } from './server.js';
import { adminKeyFile } from './tenants/index.js';

const EXIT_FAILURE = 1;
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/;
/** Ctrl-C reaches this process twice if npm started it: from the terminal and from npm. */
const FORCE_EXIT_AFTER_MS = 1_000;

/** Completes "Imprimatur …" in the description of a failure. */
let failed = 'did not start';

async function main(): Promise<void> {
  const config = loadConfig();
  const stopping = nextSignal();
  const server = await startServer(config, { signInLink: isReadByItsUser(config) });
  failed = 'ended';
  announce(server, config);
  const lost = await Promise.race([stopping, server.databaseLost]);
  await server.stop().catch((error: unknown) => {
    // Without its database the server cannot stop in order either, which would hide the cause.
    throw lost ?? error;
  });
  if (lost) throw lost;
}

/**
 * Resolves at the first SIGINT or SIGTERM, for an orderly stop, and when nobody reads the log any more; a later signal ends the process
 * immediately.
 */
function nextSignal(): Promise<void> {
  return new Promise((arrived) => {
    let askedAt: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        askedAt ??= performance.now();
        if (performance.now() - askedAt > FORCE_EXIT_AFTER_MS) process.exit(EXIT_FAILURE);
        arrived();
      });
    }
    // Unhandled, the failed write would end the process and leave the embedded PostgreSQL running.
    for (const output of [process.stdout, process.stderr]) output.on('error', () => arrived());
  });
}

/** The link is a secret: it is printed only on a terminal, of a server that listens on this machine alone. */
function isReadByItsUser({ host }: Config): boolean {
  return process.stdout.isTTY && LOOPBACK.test(host);
}

function announce({ url, bootstrapped, signInUrl }: Server, config: Config): void {
  const after = `after ${(performance.now() / 1000).toFixed(1)} s`;
  if (config.databaseUrl !== undefined) {
    say([`Imprimatur listens on ${url}, admin UI on ${url}/admin/, Swagger UI on ${url}/docs, ready ${after}.`]);
    return;
  }
  const keyFile = adminKeyFile(config);
  say([
    '',
    `  Imprimatur is ready ${after}${bootstrapped ? `, with a new database under ${config.dataDir}` : ''}.`,
    '',
    `  Admin UI    ${signInUrl ?? `${url}/admin/`}`,
    ...(signInUrl === undefined
      ? []
      : ['              signs you in, once, within ten minutes; then: npm run admin-link']),
    `  API         ${url}/v1`,
    `  Swagger UI  ${url}/docs`,
    `  API key     ${bootstrapped?.keyPlace ?? `in ${keyFile}`}`,
    ...(config.sampleData ? ['', '  Issue a license:', '', `  ${curlLine(url, config, keyFile)}`] : []),
    '',
  ]);
}

/** Returns a command that reads the API key from its file, so that the key does not enter the shell's history. */
function curlLine(url: string, config: Config, keyFile: string): string {
  const key = config.settings.BOOTSTRAP_API_KEY === undefined ? `$(cat '${keyFile}')` : '$BOOTSTRAP_API_KEY';
  const body = JSON.stringify({ license_template_id: 'professional-isp', customer_id: 'customer-001' });
  return `curl -sS ${url}/v1/licenses -H "Authorization: Bearer ${key}" -H 'Content-Type: application/json' -d '${body}'`;
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${describeFailure(error, failed)}\n`);
  process.exitCode = EXIT_FAILURE;
});
