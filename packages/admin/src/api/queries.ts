import { queryOptions, type QueryClient } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from './client';
import { given } from './lists';
import { ProblemError } from './problem';

/** Names the person or key that is signed in, for a tenant: what was read for one may not be shown to another. */
export function ownerOf({ tenant_id, type, id }: Schemas['Caller']): string {
  return `${tenant_id} ${type} ${id}`;
}

/** How each resource is read. The first member of a key names the resource, so that a change can invalidate all that shows it. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ client }) => {
    const former = client.getQueryData<Schemas['Caller']>(['me']);
    // A request without a session would be refused, and the browser notes each refusal as an error.
    const hasCookie = former ? true : (await client.query({ ...signInOptionsQuery, staleTime: 0 })).has_cookie;
    if (!hasCookie) throw new ProblemError({ code: 'UNAUTHENTICATED', status: 401 }, null);
    const me = await bodyOf(api.GET('/v1/me'));
    if (former && ownerOf(former) !== ownerOf(me)) forgetAll(client);
    return me;
  },
  staleTime: 30_000,
  retry: false,
});

/** Drops what was read, but for who is signed in. */
export function forgetAll(client: QueryClient): void {
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' });
}

export const ownSessionQuery = queryOptions({
  queryKey: ['own-session'],
  queryFn: () => bodyOf(api.GET('/auth/session')),
});

export const signInOptionsQuery = queryOptions({
  queryKey: ['sign-in-options'],
  queryFn: () => bodyOf(api.GET('/auth/options')),
  retry: false,
});

export const licenseQuery = (license_id: string) =>
  queryOptions({
    queryKey: ['licenses', license_id],
    queryFn: () => bodyOf(api.GET('/v1/licenses/{license_id}', { params: { path: { license_id } } })),
  });

export const templateQuery = (template_id: string) =>
  queryOptions({
    queryKey: ['templates', template_id],
    queryFn: () => bodyOf(api.GET('/v1/license-templates/{template_id}', { params: { path: { template_id } } })),
  });

export const customerQuery = (customer_id: string) =>
  queryOptions({
    queryKey: ['customers', customer_id],
    queryFn: () => bodyOf(api.GET('/v1/customers/{customer_id}', { params: { path: { customer_id } } })),
  });

export const productQuery = (product_id: string) =>
  queryOptions({
    queryKey: ['products', product_id],
    queryFn: () => bodyOf(api.GET('/v1/products/{product_id}', { params: { path: { product_id } } })),
  });

/** Page of what is offered; more is found by the beginning of its name. */
const CHOICES = 100;

/** Resources of which one is chosen. */
export type Choosable = 'templates' | 'products' | 'partners';

/** Resources whose name begins with a text, or with none all of them, at most a page. */
export const choicesQuery = (of: Choosable, text = '', product_id?: string) =>
  queryOptions({
    queryKey: [of, 'choices', text, product_id],
    queryFn: async () => {
      const query = { limit: CHOICES, ...given({ q: text }) };
      if (of === 'products') {
        const { data, next_cursor } = await bodyOf(api.GET('/v1/products', { params: { query } }));
        return { options: data.map(({ product_id: id, name }) => ({ id, name })), hasMore: next_cursor !== null };
      }
      if (of === 'partners') {
        const { data, next_cursor } = await bodyOf(api.GET('/v1/partners', { params: { query } }));
        return { options: data.map(({ partner_id: id, name }) => ({ id, name })), hasMore: next_cursor !== null };
      }
      const { data, next_cursor } = await bodyOf(
        api.GET('/v1/license-templates', { params: { query: { ...query, active: 'true', ...given({ product_id }) } } }),
      );
      return {
        options: data.map(({ template_id: id, template_name: name }) => ({ id, name })),
        hasMore: next_cursor !== null,
      };
    },
  });

/** Name of a resource that was chosen. */
export const nameQuery = (of: Choosable, id: string) =>
  queryOptions({
    queryKey: [of, id, 'name'],
    queryFn: async ({ client }) => {
      if (of === 'products') return (await client.query(productQuery(id))).name;
      if (of === 'partners') return (await client.query(partnerQuery(id))).name;
      return (await client.query(templateQuery(id))).template_name;
    },
  });

export const templatesQuery = (q = '') =>
  queryOptions({
    queryKey: ['templates', 'all', q],
    queryFn: () =>
      bodyOf(
        api.GET('/v1/license-templates', {
          params: { query: { limit: CHOICES, active: 'true', ...given({ q }) } },
        }),
      ),
  });

export const overviewQuery = queryOptions({
  queryKey: ['reports', 'overview'],
  queryFn: () => bodyOf(api.GET('/v1/reports/overview')),
});

export const settingsQuery = queryOptions({ queryKey: ['settings'], queryFn: () => bodyOf(api.GET('/v1/settings')) });

export const workflowRunQuery = (run_id: string) =>
  queryOptions({
    queryKey: ['workflow-runs', run_id],
    queryFn: () => bodyOf(api.GET('/v1/workflow-runs/{run_id}', { params: { path: { run_id } } })),
  });

export const orderQuery = (order_id: string) =>
  queryOptions({
    queryKey: ['orders', order_id],
    queryFn: () => bodyOf(api.GET('/v1/orders/{order_id}', { params: { path: { order_id } } })),
  });

export const quoteQuery = (quote_id: string) =>
  queryOptions({
    queryKey: ['quotes', quote_id],
    queryFn: () => bodyOf(api.GET('/v1/quotes/{quote_id}', { params: { path: { quote_id } } })),
  });

export const subscriptionQuery = (subscription_id: string) =>
  queryOptions({
    queryKey: ['subscriptions', subscription_id],
    queryFn: () => bodyOf(api.GET('/v1/subscriptions/{subscription_id}', { params: { path: { subscription_id } } })),
  });

export const partnerQuery = (partner_id: string) =>
  queryOptions({
    queryKey: ['partners', partner_id],
    queryFn: () => bodyOf(api.GET('/v1/partners/{partner_id}', { params: { path: { partner_id } } })),
  });

export const licensePoolQuery = (pool_id: string) =>
  queryOptions({
    queryKey: ['license-pools', pool_id],
    queryFn: () => bodyOf(api.GET('/v1/license-pools/{pool_id}', { params: { path: { pool_id } } })),
  });

export const emailQuery = (email_message_id: string) =>
  queryOptions({
    queryKey: ['emails', email_message_id],
    queryFn: () => bodyOf(api.GET('/v1/email-messages/{email_message_id}', { params: { path: { email_message_id } } })),
  });

export const emailTextQuery = (template: string, language: string) =>
  queryOptions({
    queryKey: ['email-templates', template, language],
    queryFn: () =>
      bodyOf(
        api.GET('/v1/email-templates/{template}/{language}', {
          // A name that is no template is refused by the server.
          params: { path: { template: template as Schemas['EmailTemplateName'], language } },
        }),
      ),
  });
