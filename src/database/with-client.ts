import pg from 'pg';

/** Runs the work on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'imprimatur',
    connectionTimeoutMillis: 10_000,
  });
  // The statement in flight fails with the connection. Without a listener, the event would end the process as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
