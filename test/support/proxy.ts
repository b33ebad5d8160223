import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import pg from 'pg';

/** Stands between the application and PostgreSQL, counts how often one waits for the other, and can cut the line. */
export class PostgresProxy {
  /** How often the client sent something after an answer of the server. */
  roundTrips = 0;
  /** How many connections clients have made. */
  connections = 0;
  /** How many of them are open. */
  openConnections = 0;
  private readonly sockets = new Set<Socket>();
  private cutAfter: string | undefined;
  private statementsLeft = Infinity;
  private endsAtOnce = false;
  private onCut: () => void = () => undefined;
  private clientSpoke = false;
  private isFrozen = false;
  private replaced: readonly [from: string, to: string] | undefined;

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
    server.on('connection', (client) => {
      proxy.connections++;
      proxy.openConnections++;
      client.once('close', () => proxy.openConnections--);
      // A connection that nobody forwards: it is accepted, and that is all.
      if (proxy.isFrozen) proxy.sockets.add(client.on('error', () => client.destroy()).pause());
      else proxy.link(client, connect(target));
    });
    return proxy;
  }

  /** Forwards the next message that contains this text, then closes the connection without waiting for the answer. */
  cutWhenSent(text: string): void {
    this.cutAfter = text;
  }

  /** Forwards this many more statements of all connections, then nothing any more, and tells so at once. */
  cutAfterStatements(count: number, onCut: () => void): void {
    this.statementsLeft = count;
    this.onCut = onCut;
  }

  /** Ends every further session in the same breath that says it is ready. */
  endAtOnce(): void {
    this.endsAtOnce = true;
  }

  /** Forwards nothing more of the connections that there are, in either direction, and closes none; nor of new ones with `alsoNew`. */
  freeze({ alsoNew = false } = {}): void {
    this.isFrozen = alsoNew;
    for (const socket of this.sockets) socket.pause();
  }

  /** Writes another text into the simple queries that contain this one. */
  replace(from: string, to: string): void {
    this.replaced = [from, to];
  }

  /** Lets everything through again, also what has come meanwhile. */
  mend(): void {
    this.isFrozen = false;
    this.replaced = undefined;
    for (const socket of this.sockets) socket.resume();
    this.statementsLeft = Infinity;
    this.endsAtOnce = false;
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
    const messages = new Messages();
    client.on('data', (chunk) => {
      const whole = messages.read(chunk).map((message) => this.rewritten(message));
      if (whole.length === 0) return;
      if (!this.clientSpoke) this.roundTrips++;
      this.clientSpoke = true;
      if (this.statementsLeft !== Infinity) {
        this.forwardStatements(whole, client, server);
        return;
      }
      const sent = Buffer.concat(whole);
      if (this.cutAfter !== undefined && sent.includes(this.cutAfter)) {
        this.cutAfter = undefined;
        server.write(sent, () => {
          client.destroy();
          server.end();
        });
      } else server.write(sent);
    });
    server.on('data', (chunk) => {
      this.clientSpoke = false;
      if (this.endsAtOnce && chunk.includes(READY)) client.end(Buffer.concat([chunk, SHUTDOWN]));
      else client.write(chunk);
    });
    client.on('close', () => server.end());
    server.on('close', () => client.end());
  }

  private rewritten(message: Buffer): Buffer {
    if (!this.replaced || message[0] !== 0x51) return message;
    const text = message
      .subarray(5)
      .toString()
      .replace(...this.replaced);
    const header = Buffer.from('Q\0\0\0\0');
    header.writeInt32BE(Buffer.byteLength(text) + 4, 1);
    return Buffer.concat([header, Buffer.from(text)]);
  }

  private forwardStatements(messages: readonly Buffer[], client: Socket, server: Socket): void {
    for (const message of messages) {
      const ends = endsStatement(message);
      if (ends && this.statementsLeft === 0) {
        this.onCut();
        client.destroy();
        server.destroy();
        return;
      }
      if (ends) this.statementsLeft--;
      server.write(message);
    }
  }
}

/** Server messages: ready for a query, and that the session was ended. */
const READY = Buffer.from('Z\0\0\0\x05I');
const FIELDS = 'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0';
const SHUTDOWN = Buffer.from(`E\0\0\0${String.fromCharCode(FIELDS.length + 4)}${FIELDS}`);

/** A simple query, or the Sync after an extended one. */
function endsStatement(message: Buffer): boolean {
  return message[0] === 0x51 || message[0] === 0x53;
}

/** Takes PostgreSQL's frontend messages apart: a type of one byte, which only the first lacks, then a length of four. */
class Messages {
  private rest = Buffer.alloc(0);
  private headerBytes = 0;

  read(chunk: Buffer): Buffer[] {
    this.rest = Buffer.concat([this.rest, chunk]);
    const messages: Buffer[] = [];
    while (this.rest.length >= this.headerBytes + 4) {
      const length = this.headerBytes + this.rest.readInt32BE(this.headerBytes);
      if (this.rest.length < length) break;
      messages.push(this.rest.subarray(0, length));
      this.rest = this.rest.subarray(length);
      this.headerBytes = 1;
    }
    return messages;
  }
}
