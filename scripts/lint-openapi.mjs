// Checks the OpenAPI document with @redocly/cli (recommended) and @stoplight/spectral-cli (spectral:oas): no error, no warning. They are no
// development dependencies, because the two are 127 MB that nothing else needs: npx installs them from the npm registry. Redocly's telemetry is off.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'imprimatur-openapi-'));
try {
  const file = fileURLToPath(new URL('../dist/openapi.json', import.meta.url));
  const rules = join(folder, 'spectral.json');
  writeFileSync(rules, JSON.stringify({ extends: ['spectral:oas'] }));
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  for (const call of [
    ['@redocly/cli@2.77.0', 'lint', '--extends=recommended', '--max-problems=100', file],
    ['@stoplight/spectral-cli@6.16.3', 'lint', '--ruleset', rules, '--fail-severity=warn', file],
  ]) {
    const { status } = spawnSync('npx', ['--yes', '--ignore-scripts', ...call], { stdio: 'inherit', env });
    if (status !== 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
