import { queryOptions, type QueryClient } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from './client';

/** Names the person or key that is signed in, for a tenant: what was read for one may not be shown to another. */
export function ownerOf({ tenant_id, type, id }: Schemas['Caller']): string {
  return `${tenant_id} ${type} ${id}`;
}

/** How each resource is read. The first member of a key names the resource, so that a change can invalidate all that shows it. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ client }) => {
    const former = client.getQueryData<Schemas['Caller']>(['me']);
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

export const productsQuery = queryOptions({
  queryKey: ['products', 'all'],
  queryFn: () => bodyOf(api.GET('/v1/products', { params: { query: { limit: 100 } } })),
});

export const templatesQuery = (q = '') =>
  queryOptions({
    queryKey: ['templates', 'all', q],
    queryFn: () =>
      bodyOf(
        api.GET('/v1/license-templates', { params: { query: { limit: 100, active: 'true', ...(q !== '' && { q }) } } }),
      ),
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
