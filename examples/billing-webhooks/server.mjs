// Runs the translator:
//
//   LICENSE_SERVER=http://127.0.0.1:3000 LICENSE_API_KEY=imp_… STRIPE_WEBHOOK_SECRET=whsec_… \
//     TEMPLATES='{"price_1Abc":"team-yearly"}' node examples/billing-webhooks/server.mjs
//
// PADDLE_WEBHOOK_SECRET is that of Paddle. STRIPE_API_KEY, a restricted key that may read invoices, is for refunds and disputes, which name
// a payment only. Put a proxy with TLS before it.
import { createServer } from 'node:http';
import { stripeLookup } from './stripe.mjs';
import { createTranslator } from './translator.mjs';

const { env } = process;
const translator = createTranslator({
  server: { url: env.LICENSE_SERVER ?? 'http://127.0.0.1:3000', key: env.LICENSE_API_KEY ?? '' },
  secrets: { stripe: env.STRIPE_WEBHOOK_SECRET, paddle: env.PADDLE_WEBHOOK_SECRET },
  templates: JSON.parse(env.TEMPLATES ?? '{}'),
  subscriptionOf: env.STRIPE_API_KEY ? stripeLookup(env.STRIPE_API_KEY) : undefined,
});
createServer(translator).listen(Number(env.PORT ?? 8080), env.HOST ?? '127.0.0.1');
