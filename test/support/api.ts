import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import supertest, { type Response } from 'supertest';
import { assertDocumented } from './openapi.js';

export const NDJSON = 'application/x-ndjson';

type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';
type Body = Record<string, unknown>;

/** The body of an answer, of which a test names what it expects. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Wire = any;

/** The REST API as one caller sees it. Every answer is checked against the OpenAPI document. */
export class Api {
  constructor(
    private readonly nest: NestFastifyApplication,
    private readonly document: OpenAPIObject,
    readonly tenantId: string,
    readonly key: string | undefined,
  ) {}

  get(path: string): Promise<Response> {
    return this.send('get', path);
  }

  /** The answer in this form. */
  getAs(accept: string, path: string): Promise<Response> {
    return this.send('get', path, undefined, { Accept: accept });
  }

  post(path: string, body?: Body, headers?: Record<string, string>): Promise<Response> {
    return this.send('post', path, body, headers);
  }

  patch(path: string, body: Body, headers?: Record<string, string>): Promise<Response> {
    return this.send('patch', path, body, headers);
  }

  async send(
    method: Method,
    path: string,
    body?: string | Body,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    let request = supertest(this.nest.getHttpServer())[method](path).set(headers);
    if (this.key !== undefined) request = request.set('Authorization', `Bearer ${this.key}`);
    const ndjson = headers['Content-Type'] === NDJSON;
    // A selection is NDJSON, although its request is JSON.
    if (ndjson || headers.Accept === NDJSON || path.endsWith(':select'))
      request = request.buffer(true).parse(parseNdjson);
    const sent = ndjson && typeof body === 'object' ? JSON.stringify(body) : body;
    const response = await (sent === undefined ? request : request.send(sent));
    assertDocumented(this.document, method, path, response);
    return response;
  }

  /** Posts these bytes as JSON. */
  async sendBytes(path: string, bytes: Buffer): Promise<Response> {
    let request = supertest(this.nest.getHttpServer()).post(path).set('Content-Type', 'application/json');
    if (this.key !== undefined) request = request.set('Authorization', `Bearer ${this.key}`);
    const response = await request.serialize((sent: unknown) => sent as string).send(bytes);
    assertDocumented(this.document, 'post', path, response);
    return response;
  }

  /** Posts and returns the body, which must be a 201. */
  async create(path: string, body: Body): Promise<Wire> {
    const response = await this.post(path, body);
    if (response.status !== 201) throw new Error(`POST ${path} answered ${response.status}: ${response.text}`);
    return response.body;
  }

  /** A product and a template to issue from. Returns the template's id. */
  async template(terms: Body = {}): Promise<string> {
    const product = await this.create('/v1/products', { product_id: `P-${unique()}`, name: 'Product' });
    const template = await this.create('/v1/license-templates', {
      template_name: `Template ${unique()}`,
      product_id: product.product_id,
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
      ...terms,
    });
    return template.template_id as string;
  }

  async issue(templateId: string, order: Body = {}): Promise<Wire> {
    return this.create('/v1/licenses', { license_template_id: templateId, customer_id: 'customer-1', ...order });
  }
}

let count = 0;

export function unique(): string {
  return `${process.pid}-${++count}`;
}

/** The lines of the answer as an array; a problem as it is. */
function parseNdjson(response: Wire, done: (error: Error | null, body: unknown) => void): void {
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (part: string) => (text += part));
  response.on('end', () => {
    const lines = text.split('\n').filter((line) => line !== '');
    const isLines = String(response.headers['content-type']).startsWith(NDJSON);
    done(null, isLines ? lines.map((line) => JSON.parse(line) as unknown) : JSON.parse(text || 'null'));
  });
}
