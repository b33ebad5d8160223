import type { Steps } from '../definitions/contract.js';
import type { SubscriptionFacts } from './find-subscription-license.js';
import { StepRefusal } from './refusal.js';

type Match = Steps['matchSubscription'];

/** Members of a quote or an order in answers. */
export interface SaleFacts {
  readonly customer_id: string;
  readonly lines: readonly {
    readonly kind: string;
    readonly license_template_id: string | null;
    readonly quantity: number;
    readonly starts?: string | null;
    /** Licenses that the line of an order issued. */
    readonly license_ids?: readonly string[];
  }[];
}

/** Reads of the step, over the bus or over REST. */
export interface SaleReads {
  subscription(subscriptionId: string): Promise<SubscriptionFacts>;
  quote(quoteId: string): Promise<SaleFacts & { readonly order_id: string | null }>;
  order(orderId: string): Promise<SaleFacts>;
}

/** Matches a subscription with what a quote sells; see `Steps.matchSubscription`. The lines of an order may differ from those of its quote. */
export async function matchSubscription(
  reads: SaleReads,
  { subscription_id, quote_id }: Parameters<Match>[0],
): ReturnType<Match> {
  const { status, customer_id, template_id, license } = await reads.subscription(subscription_id);
  const quote = await reads.quote(quote_id);
  const sale = quote.order_id === null ? quote : await reads.order(quote.order_id);
  const refusal = (code: string, text: string) => new StepRefusal(code, text);

  const issuing = sale.lines.filter(({ kind }) => kind === 'ISSUE');
  const [line] = issuing;
  const oneLicense = `What is sold must issue exactly one license, of the template ${template_id} of the subscription ${subscription_id}.`;
  if (line?.quantity !== 1 || issuing.length > 1) throw refusal('SUBSCRIPTION_LINE_MISMATCH', oneLicense);
  const license_id = line.license_ids?.[0] ?? null;
  // The license was linked by an earlier run or by hand, and follows the subscription already.
  if (license?.license_id === license_id) return { license_id, customer_id };

  // A license that has not started cannot be linked, and what was sold would be withdrawn then.
  if (license_id === null && (line.starts ?? 'AT_ISSUE') !== 'AT_ISSUE') {
    const text = `What is sold must start at its issue, without starts: it is linked with the subscription ${subscription_id} then.`;
    throw refusal('SUBSCRIPTION_LINE_MISMATCH', text);
  }
  if (line.license_template_id !== template_id) throw refusal('SUBSCRIPTION_LINE_MISMATCH', oneLicense);
  if (sale.customer_id !== customer_id) {
    const text = `The quote ${quote_id} and the subscription ${subscription_id} belong to different customers.`;
    throw refusal('SUBSCRIPTION_CUSTOMER_MISMATCH', text);
  }
  if (status === 'ENDED') throw refusal('SUBSCRIPTION_ENDED', `The subscription ${subscription_id} has ended.`);
  if (license === null) return { license_id, customer_id };
  const text = `The subscription ${subscription_id} is linked with the license ${license.license_id}. Unlink it first.`;
  throw refusal('SUBSCRIPTION_LINKED', text);
}
