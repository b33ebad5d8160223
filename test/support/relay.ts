import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A message as the relay got it. */
export interface Received {
  readonly from: string;
  readonly to: string;
  readonly messageId: string;
  readonly subject: string;
  /** Headers and bodies, decoded. */
  readonly text: string;
  /** Whether it came over TLS. */
  readonly encrypted: boolean;
}

/** Certificate of a relay. */
export interface RelayTls {
  readonly key: string;
  readonly cert: string;
  readonly secure?: boolean;
}

/** Refusal with a reply code. */
export class Reply extends Error {
  constructor(
    readonly responseCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** A relay on loopback that behaves as a test says. */
export class TestRelay {
  readonly received: Received[] = [];
  /** Connections that were opened. */
  connections = 0;
  /** Called with each recipient; what it throws is the answer. */
  onRecipient: (address: string) => Promise<void> | void = () => undefined;
  /** Called with each message before it is answered; what it throws is the answer. */
  onMessage: (message: Received) => Promise<void> | void = () => undefined;

  private constructor(
    private readonly server: SMTPServer,
    readonly port: number,
  ) {}

  /** With a certificate it offers STARTTLS, or with `secure` TLS from the first byte. */
  static async start(port = 0, tls?: RelayTls): Promise<TestRelay> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: tls ? ['AUTH'] : ['AUTH', 'STARTTLS'],
      ...tls,
      onConnect: (_session, done) => {
        relay.connections++;
        done();
      },
      onRcptTo: ({ address }, _session, done) => {
        void answer(async () => relay.onRecipient(address), done);
      },
      onData: (stream, { envelope, secure: encrypted }, done) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => {
          const from = envelope.mailFrom ? envelope.mailFrom.address : '';
          const text = Buffer.concat(parts).toString('utf8');
          const message = { ...parse(text, from, envelope.rcptTo[0]?.address ?? ''), encrypted };
          void answer(async () => {
            relay.received.push(message);
            await relay.onMessage(message);
          }, done);
        });
      },
    });
    // A connection that the test drops is an error to the server.
    server.on('error', () => undefined);
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
    const relay: TestRelay = new TestRelay(server, (server.server.address() as AddressInfo).port);
    return relay;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  to(address: string): Received[] {
    return this.received.filter((message) => message.to === address);
  }

  /** Closes every open connection without a word. */
  drop(): void {
    for (const connection of this.server.connections)
      (connection as unknown as { _socket: { destroy(): void } })._socket.destroy();
  }

  async stop(): Promise<void> {
    this.drop();
    await new Promise<void>((closed) => {
      this.server.close(() => {
        closed();
      });
    });
  }
}

async function answer(work: () => Promise<void>, done: (error?: Error | null) => void): Promise<void> {
  try {
    await work();
    done();
  } catch (error) {
    done(error as Error);
  }
}

function parse(raw: string, from: string, to: string): Omit<Received, 'encrypted'> {
  const unfolded = raw.replace(/\r\n[ \t]+/g, ' ');
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'mi').exec(unfolded)?.[1]?.trim() ?? '';
  const quoted = raw.replace(/=\r\n/g, '').replace(/(?:=[0-9A-F]{2})+/g, (bytes) => {
    return Buffer.from(bytes.replaceAll('=', ''), 'hex').toString('utf8');
  });
  return { from, to, messageId: header('Message-ID'), subject: header('Subject'), text: quoted };
}
