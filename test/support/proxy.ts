import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import pg from 'pg';

/** Stands between the application and PostgreSQL, counts how often one waits for the other, and can cut the line. */
export class PostgresProxy {
  /** How often the client sent something after an answer of the server. */
  roundTrips = 0;
  private readonly sockets = new Set<Socket>();
  private cutAfter: string | undefined;
  private clientSpoke = false;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(databaseUrl: string): Promise<PostgresProxy> {
    const { host, port } = new pg.Client({ connectionString: databaseUrl });
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    url.search = '';
    const proxy = new PostgresProxy(server, url.href);
    const target = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
    server.on('connection', (client) => proxy.link(client, connect(target)));
    return proxy;
  }

  /** Forwards the next message that contains this text, then closes the connection without waiting for the answer. */
  cutWhenSent(text: string): void {
    this.cutAfter = text;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((closed) => this.server.close(closed));
  }

  private link(client: Socket, server: Socket): void {
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
    }
    client.on('data', (chunk) => {
      if (!this.clientSpoke) this.roundTrips++;
      this.clientSpoke = true;
      if (this.cutAfter !== undefined && chunk.includes(this.cutAfter)) {
        this.cutAfter = undefined;
        server.write(chunk, () => {
          client.destroy();
          server.end();
        });
      } else server.write(chunk);
    });
    server.on('data', (chunk) => {
      this.clientSpoke = false;
      client.write(chunk);
    });
    client.on('close', () => server.end());
    server.on('close', () => client.end());
  }
}
