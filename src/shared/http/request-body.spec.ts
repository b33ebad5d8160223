import { describe, it, beforeEach, afterEach, expect } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { ArrivingBodies } from './arriving-bodies.js';
import { InFlight } from './in-flight.js';
import { RequestBody } from './request-body.js';

const HEADERS = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n';

class CountingBodies extends ArrivingBodies {
  added = 0;

  override add(...body: Parameters<ArrivingBodies['add']>): void {
    this.added++;
    super.add(...body);
  }
}

describe('a body', () => {
  let arriving: CountingBodies;
  let client: Socket;
  const server = createServer();

  beforeEach(async () => {
    arriving = new CountingBodies();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  });

  afterEach(async () => {
    client.destroy();
    server.close();
    await once(server, 'close');
  });

  async function bodyOf(first: string): Promise<RequestBody> {
    client.write(first);
    const [request] = (await once(server, 'request')) as [IncomingMessage];
    const body = new RequestBody(request, 100, arriving, new InFlight(1));
    body.receive(() => 'an address');
    return body;
  }

  it('takes nothing of the memory of arriving bodies when it comes together with its headers', async () => {
    const body = await bodyOf(`${HEADERS}body`);
    expect((await body.read()).toString()).toBe('body');
    await new Promise(setImmediate);
    expect(arriving.added).toBe(0);
  });

  it('takes its share while the rest of it is on its way', async () => {
    const body = await bodyOf(`${HEADERS}bo`);
    await new Promise(setImmediate);
    expect(arriving.added).toBe(1);
    client.write('dy');
    expect((await body.read()).toString()).toBe('body');
  });
});

describe('requests in flight', () => {
  it('are counted once each, and not again when they end twice', () => {
    const inFlight = new InFlight(1);
    const [one, other] = [{} as IncomingMessage, {} as IncomingMessage];
    expect([inFlight.begin(one), inFlight.begin(one), inFlight.begin(other)]).toEqual([true, true, false]);
    inFlight.end(other);
    expect(inFlight.begin(other)).toBe(false);
    inFlight.end(one);
    inFlight.end(one);
    expect([inFlight.begin(other), inFlight.begin(one)]).toEqual([true, false]);
  });
});
