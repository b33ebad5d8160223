import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';

/** Answer as it came over the bare connection. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A client that reads nothing before it is asked for the answer, so that everything is sent first. */
export class RawClient {
  private received = Buffer.alloc(0);
  private error: Error | undefined;

  private constructor(private readonly socket: Socket) {
    socket.on('error', (error) => (this.error = error));
  }

  static async open(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new RawClient(socket.pause());
  }

  /** Resolves when the kernel has taken all of it, or false when the connection is gone. */
  async send(...parts: readonly (string | Buffer)[]): Promise<boolean> {
    const sent = parts.map((part) => new Promise<boolean>((done) => this.socket.write(part, (error) => done(!error))));
    return (await Promise.all(sent)).every(Boolean);
  }

  /** Status of the next answer, whose body is left. */
  async head(): Promise<number> {
    return this.parseHead(await this.readUntil(() => this.headEnd() > 0)).status;
  }

  /** The next answer in full. Fails when the connection ends before. */
  async answer(): Promise<RawAnswer> {
    await this.readUntil(() => this.headEnd() > 0);
    const head = this.parseHead(this.received);
    this.received = this.received.subarray(this.headEnd() + HEAD_END.length);
    const length = head.headers.get('content-length');
    const body = length === undefined ? await this.chunks() : await this.take(Number(length));
    return { ...head, body: body.toString('utf8') };
  }

  /** Resolves when the server has closed the connection, with what came before. */
  async closed(): Promise<string> {
    await this.readUntil(() => this.socket.closed || this.error !== undefined).catch(() => undefined);
    return this.received.toString('utf8');
  }

  leave(how: 'end' | 'reset' = 'end'): void {
    if (how === 'reset') this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  private headEnd(): number {
    return this.received.indexOf(HEAD_END);
  }

  private parseHead(bytes: Buffer): Omit<RawAnswer, 'body'> {
    const [first = '', ...lines] = bytes.subarray(0, bytes.indexOf(HEAD_END)).toString('latin1').split('\r\n');
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    return { status: Number(first.split(' ')[1]), headers };
  }

  private async chunks(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (;;) {
      await this.readUntil(() => this.received.includes('\r\n'));
      const end = this.received.indexOf('\r\n');
      const length = Number.parseInt(this.received.subarray(0, end).toString(), 16);
      this.received = this.received.subarray(end + 2);
      const part = await this.take(length + 2);
      if (length === 0) return Buffer.concat(parts);
      parts.push(part.subarray(0, length));
    }
  }

  private async take(bytes: number): Promise<Buffer> {
    await this.readUntil(() => this.received.length >= bytes);
    const taken = this.received.subarray(0, bytes);
    this.received = this.received.subarray(bytes);
    return taken;
  }

  private async readUntil(isEnough: () => boolean): Promise<Buffer> {
    while (!isEnough()) {
      const part = this.socket.read() as Buffer | null;
      if (part) this.received = Buffer.concat([this.received, part]);
      else if (this.error ?? this.socket.closed)
        throw this.error ?? new Error(`Closed after: ${this.received.toString()}`);
      else await this.change();
    }
    return this.received;
  }

  private change(): Promise<void> {
    const events = ['readable', 'end', 'error', 'close'];
    return new Promise((resolve) => {
      const done = () => {
        for (const event of events) this.socket.off(event, done);
        resolve();
      };
      for (const event of events) this.socket.on(event, done);
    });
  }
}
