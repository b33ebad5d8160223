// Receives webhooks of Stripe and Paddle and reports them to the license server.
import { fromPaddle } from './paddle.mjs';
import { isSignedByPaddle, isSignedByStripe } from './signatures.mjs';
import { fromStripe } from './stripe.mjs';

const MAX_BODY_BYTES = 1024 * 1024;
/** The event was stored before, as it was translated then. */
const KNOWN_EVENT = 'BILLING_EVENT_CONFLICT';

/**
 * Returns a listener for node:http. `server` is {url, key} of the license server, whose API key needs the role `billing` alone; `secrets` are
 * {stripe, paddle}, the signing secrets of the webhooks; `templates` maps ids of prices to ids of license templates.
 *
 * A status of 2xx ends the delivery. Everything else makes the billing system deliver the event again later, which changes nothing twice.
 */
export function createTranslator({
  server,
  secrets,
  templates = {},
  subscriptionOf,
  now = Date.now,
  log = console.error,
}) {
  const systems = {
    '/stripe': (body, headers) =>
      isSignedByStripe(body, headers['stripe-signature'], secrets.stripe ?? '', now()) &&
      ((event) => fromStripe(event, { templates, subscriptionOf })),
    '/paddle': (body, headers) =>
      isSignedByPaddle(body, headers['paddle-signature'], secrets.paddle ?? '', now()) &&
      ((event) => fromPaddle(event, { templates })),
  };

  async function statusFor(request) {
    const system = systems[request.url];
    if (!system) return 404;
    if (request.method !== 'POST') return 405;
    const body = await bytesOf(request);
    if (!body) return 413;
    const translate = system(body, request.headers);
    if (!translate) return 401;
    const { subscriptionId, events } = await translate(JSON.parse(body.toString('utf8')));
    for (const event of events) await report(subscriptionId, event);
    return 204;
  }

  async function report(subscriptionId, event) {
    const response = await fetch(`${server.url}/v1/subscriptions/${encodeURIComponent(subscriptionId)}/events`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${server.key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(event),
    });
    const answer = await response.json();
    if (response.ok) return;
    log(`${event.event_id}: ${response.status} ${answer.code}`);
    // The subscription may be created a moment after its first event, so 404 makes the billing system deliver that again.
    if (answer.code !== KNOWN_EVENT) throw new Error(answer.code);
  }

  return async (request, response) => {
    const status = await statusFor(request).catch((error) => {
      log(error.message);
      return 503;
    });
    response.writeHead(status).end();
  };
}

/** The bytes as they arrived; undefined if there are too many. */
async function bytesOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
