import { parseArgs } from 'node:util';
import { loadConfig } from '../config.js';
import { databaseTime } from '../database/database-time.js';
import { createSignInLink, SignInLinkError, signInUrl } from '../sessions/index.js';
import { withOwner } from './owner.js';
import { run, say } from './run.js';

const USAGE = `Usage: npm run admin-link [-- --tenant TENANT | --platform-key NAME]

Prints a link that signs a browser in to the admin UI, once, within ten minutes: with the admin API key of the tenant in
BOOTSTRAP_TENANT or of TENANT, or with the platform key NAME. The address is that of PUBLIC_URL, or else of HOST and PORT.
The command works on the database in DATABASE_OWNER_URL, or else on the embedded PostgreSQL, also while the server runs on it.`;

run('could not make a link', async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      tenant: { type: 'string' },
      'platform-key': { type: 'string' },
    },
  });
  if (values.help) {
    say(USAGE);
    return;
  }
  const { tenant, 'platform-key': platformKey } = values;
  if (positionals.length > 0 || (tenant !== undefined && platformKey !== undefined)) throw new SignInLinkError(USAGE);
  const config = loadConfig();
  const of = platformKey === undefined ? { tenantId: tenant ?? config.settings.BOOTSTRAP_TENANT } : { platformKey };
  const code = await withOwner(config, 'npm run admin-link', async ({ owner }) =>
    createSignInLink(owner, of, await databaseTime(owner)),
  );
  say(signInUrl(config.publicUrl ?? config.localUrl(config.port), code));
});
