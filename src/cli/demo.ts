import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '../config.js';
import { startServer } from '../server.js';
import { adminKeyFile } from '../tenants/index.js';
import { run, say } from './run.js';

const AUDIT_TIMEOUT_MS = 10_000;

interface Page {
  data: unknown[];
}

/** Starts on a temporary directory, issues one license over HTTP, prints it and its event, and removes everything. */
run('demo failed', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'imprimatur-demo-'));
  try {
    const config = loadConfig({ DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'error' });
    const server = await startServer(config);
    try {
      const key = (await readFile(adminKeyFile(config), 'utf8')).trim();
      await issueAndShow(`${server.url}/v1`, { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' });
    } finally {
      await server.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});

async function issueAndShow(api: string, headers: Record<string, string>): Promise<void> {
  const issueRequest = { license_template_id: 'professional-isp', customer_id: 'customer-001' };
  const response = await fetch(`${api}/licenses`, { method: 'POST', headers, body: JSON.stringify(issueRequest) });
  const license = (await response.json()) as { license_id: string };
  if (response.status !== 201)
    throw new Error(`POST /v1/licenses answered ${response.status}: ${JSON.stringify(license)}`);
  say(`POST /v1/licenses ${JSON.stringify(issueRequest)}\n${JSON.stringify(license, null, 2)}\n`);
  const path = `/license-events?license_id=${license.license_id}`;
  say(`GET /v1${path}\n${JSON.stringify(await readEvent(`${api}${path}`, headers), null, 2)}`);
}

/** Polls for the event, which reaches the log shortly after the response. */
async function readEvent(url: string, headers: Record<string, string>): Promise<unknown> {
  for (const deadline = Date.now() + AUDIT_TIMEOUT_MS; Date.now() < deadline; await pause(20)) {
    const { data } = (await (await fetch(url, { headers })).json()) as Page;
    if (data.length > 0) return data[0];
  }
  throw new Error(`The event was not in the log within ${AUDIT_TIMEOUT_MS / 1000} s.`);
}
