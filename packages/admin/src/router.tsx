import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Loading } from './parts/states';
import { Broken } from './shell/error-boundary';
import { Layout } from './shell/layout';
import { NotFound } from './shell/not-found';

/** Keeps the members of an address's search that a page knows and that are texts. */
function texts<const K extends string>(...names: K[]) {
  return (search: Record<string, unknown>): Partial<Record<K, string>> =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = search[name];
        const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
        return isText && value !== '' ? [[name, String(value)]] : [];
      }),
    ) as Partial<Record<K, string>>;
}

/** Keeps the filters by metadata that are in an address's search. */
function metadataTexts(search: Record<string, unknown>): Partial<Record<`metadata.${string}`, string>> {
  return texts(...Object.keys(search).filter((name) => name.startsWith('metadata.')))(search);
}

const licenseTexts = texts(
  'q',
  'status',
  'license_type',
  'product_id',
  'template_id',
  'customer_id',
  'order_id',
  'last_four',
  'fingerprint',
  'has_free_seats',
  'trial',
  'partner_id',
  'expires_from',
  'expires_before',
);

const rootRoute = createRootRoute({ component: Layout, notFoundComponent: NotFound, errorComponent: Broken });
const getParentRoute = () => rootRoute;

const home = createRoute({
  getParentRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./routes/dashboard/dashboard'), 'Home'),
});
const dashboard = createRoute({
  getParentRoute,
  path: '/dashboard',
  component: lazyRouteComponent(() => import('./routes/dashboard/dashboard'), 'Dashboard'),
});
const licenses = createRoute({
  getParentRoute,
  path: '/licenses',
  validateSearch: (search: Record<string, unknown>) => ({ ...licenseTexts(search), ...metadataTexts(search) }),
  component: lazyRouteComponent(() => import('./routes/licenses/license-list'), 'LicenseList'),
});
const license = createRoute({
  getParentRoute,
  path: '/licenses/$licenseId',
  validateSearch: texts('tab'),
  component: lazyRouteComponent(() => import('./routes/licenses/license-page'), 'LicensePage'),
});
const issue = createRoute({
  getParentRoute,
  path: '/issue',
  validateSearch: texts('template_id', 'customer_id'),
  component: lazyRouteComponent(() => import('./routes/issue/issue-page'), 'IssuePage'),
});
const bulkChanges = createRoute({
  getParentRoute,
  path: '/bulk-changes',
  component: lazyRouteComponent(() => import('./routes/bulk/bulk-page'), 'BulkChangeList'),
});
const bulkChange = createRoute({
  getParentRoute,
  path: '/bulk-changes/$changeId',
  component: lazyRouteComponent(() => import('./routes/bulk/bulk-page'), 'BulkChangePage'),
});
const importLicenses = createRoute({
  getParentRoute,
  path: '/import',
  component: lazyRouteComponent(() => import('./routes/import/import-page'), 'ImportPage'),
});
const templates = createRoute({
  getParentRoute,
  path: '/templates',
  validateSearch: texts('q', 'product_id', 'license_type', 'active'),
  component: lazyRouteComponent(() => import('./routes/templates/template-list'), 'TemplateList'),
});
const newTemplate = createRoute({
  getParentRoute,
  path: '/templates/new',
  validateSearch: texts('product_id'),
  component: lazyRouteComponent(() => import('./routes/templates/template-page'), 'NewTemplatePage'),
});
const template = createRoute({
  getParentRoute,
  path: '/templates/$templateId',
  component: lazyRouteComponent(() => import('./routes/templates/template-page'), 'TemplatePage'),
});
const customers = createRoute({
  getParentRoute,
  path: '/customers',
  validateSearch: texts('q', 'active'),
  component: lazyRouteComponent(() => import('./routes/customers/customer-list'), 'CustomerList'),
});
const newCustomer = createRoute({
  getParentRoute,
  path: '/customers/new',
  component: lazyRouteComponent(() => import('./routes/customers/customer-page'), 'NewCustomerPage'),
});
const customer = createRoute({
  getParentRoute,
  path: '/customers/$customerId',
  component: lazyRouteComponent(() => import('./routes/customers/customer-page'), 'CustomerPage'),
});
const products = createRoute({
  getParentRoute,
  path: '/products',
  validateSearch: texts('q', 'active'),
  component: lazyRouteComponent(() => import('./routes/products/product-list'), 'ProductList'),
});
const newProduct = createRoute({
  getParentRoute,
  path: '/products/new',
  component: lazyRouteComponent(() => import('./routes/products/product-page'), 'NewProductPage'),
});
const product = createRoute({
  getParentRoute,
  path: '/products/$productId',
  component: lazyRouteComponent(() => import('./routes/products/product-page'), 'ProductPage'),
});
const orders = createRoute({
  getParentRoute,
  path: '/orders',
  validateSearch: texts('external_id', 'status', 'payment_status', 'customer_id'),
  component: lazyRouteComponent(() => import('./routes/orders/order-list'), 'OrderList'),
});
const newOrder = createRoute({
  getParentRoute,
  path: '/orders/new',
  validateSearch: texts('customer_id'),
  component: lazyRouteComponent(() => import('./routes/orders/order-page'), 'NewOrderPage'),
});
const order = createRoute({
  getParentRoute,
  path: '/orders/$orderId',
  component: lazyRouteComponent(() => import('./routes/orders/order-page'), 'OrderPage'),
});
const editOrder = createRoute({
  getParentRoute,
  path: '/orders/$orderId/edit',
  component: lazyRouteComponent(() => import('./routes/orders/order-page'), 'EditOrderPage'),
});
const quotes = createRoute({
  getParentRoute,
  path: '/quotes',
  validateSearch: texts('status', 'customer_id'),
  component: lazyRouteComponent(() => import('./routes/quotes/quote-list'), 'QuoteList'),
});
const newQuote = createRoute({
  getParentRoute,
  path: '/quotes/new',
  validateSearch: texts('customer_id'),
  component: lazyRouteComponent(() => import('./routes/quotes/quote-page'), 'NewQuotePage'),
});
const quote = createRoute({
  getParentRoute,
  path: '/quotes/$quoteId',
  component: lazyRouteComponent(() => import('./routes/quotes/quote-page'), 'QuotePage'),
});
const editQuote = createRoute({
  getParentRoute,
  path: '/quotes/$quoteId/edit',
  component: lazyRouteComponent(() => import('./routes/quotes/quote-page'), 'EditQuotePage'),
});
const subscriptions = createRoute({
  getParentRoute,
  path: '/subscriptions',
  validateSearch: texts('status', 'customer_id'),
  component: lazyRouteComponent(() => import('./routes/subscriptions/subscription-list'), 'SubscriptionList'),
});
const newSubscription = createRoute({
  getParentRoute,
  path: '/subscriptions/new',
  validateSearch: texts('customer_id'),
  component: lazyRouteComponent(() => import('./routes/subscriptions/subscription-page'), 'NewSubscriptionPage'),
});
const subscription = createRoute({
  getParentRoute,
  path: '/subscriptions/$subscriptionId',
  component: lazyRouteComponent(() => import('./routes/subscriptions/subscription-page'), 'SubscriptionPage'),
});
const partners = createRoute({
  getParentRoute,
  path: '/partners',
  validateSearch: texts('q', 'status'),
  component: lazyRouteComponent(() => import('./routes/partners/partner-list'), 'PartnerList'),
});
const newPartner = createRoute({
  getParentRoute,
  path: '/partners/new',
  component: lazyRouteComponent(() => import('./routes/partners/partner-page'), 'NewPartnerPage'),
});
const partner = createRoute({
  getParentRoute,
  path: '/partners/$partnerId',
  validateSearch: texts('tab'),
  component: lazyRouteComponent(() => import('./routes/partners/partner-page'), 'PartnerPage'),
});
const licensePool = createRoute({
  getParentRoute,
  path: '/license-pools/$poolId',
  component: lazyRouteComponent(() => import('./routes/partners/pool-page'), 'PoolPage'),
});
const emails = createRoute({
  getParentRoute,
  path: '/emails',
  validateSearch: texts('status', 'template', 'customer_id'),
  component: lazyRouteComponent(() => import('./routes/emails/email-list'), 'EmailList'),
});
const email = createRoute({
  getParentRoute,
  path: '/emails/$emailId',
  component: lazyRouteComponent(() => import('./routes/emails/email-page'), 'EmailPage'),
});
const emailTexts = createRoute({
  getParentRoute,
  path: '/email-templates',
  component: lazyRouteComponent(() => import('./routes/emails/text-list'), 'TextList'),
});
const emailText = createRoute({
  getParentRoute,
  path: '/email-templates/$template/$language',
  component: lazyRouteComponent(() => import('./routes/emails/text-page'), 'TextPage'),
});
const signingKeys = createRoute({
  getParentRoute,
  path: '/signing-keys',
  component: lazyRouteComponent(() => import('./routes/signing-keys/signing-key-list'), 'SigningKeyList'),
});
const newWorkflowRun = createRoute({
  getParentRoute,
  path: '/workflow-runs/new',
  component: lazyRouteComponent(() => import('./routes/workflows/new-run-page'), 'NewRunPage'),
});
const templateVersions = createRoute({
  getParentRoute,
  path: '/templates/$templateId/versions',
  validateSearch: texts('from', 'to'),
  component: lazyRouteComponent(() => import('./routes/templates/template-versions'), 'TemplateVersionsPage'),
});
const help = createRoute({
  getParentRoute,
  path: '/help',
  component: lazyRouteComponent(() => import('./routes/help/help-page'), 'HelpPage'),
});
const events = createRoute({
  getParentRoute,
  path: '/events',
  validateSearch: texts('event_type', 'resource_id', 'created_from', 'created_before'),
  component: lazyRouteComponent(() => import('./routes/events/event-list'), 'EventList'),
});
const workflowRuns = createRoute({
  getParentRoute,
  path: '/workflow-runs',
  validateSearch: texts('workflow', 'state'),
  component: lazyRouteComponent(() => import('./routes/workflows/run-list'), 'RunList'),
});
const workflowRun = createRoute({
  getParentRoute,
  path: '/workflow-runs/$runId',
  component: lazyRouteComponent(() => import('./routes/workflows/run-page'), 'RunPage'),
});
const apiKeys = createRoute({
  getParentRoute,
  path: '/api-keys',
  component: lazyRouteComponent(() => import('./routes/keys/key-list'), 'KeyList'),
});
const sessions = createRoute({
  getParentRoute,
  path: '/sessions',
  component: lazyRouteComponent(() => import('./routes/sessions/session-list'), 'SessionList'),
});
const settings = createRoute({
  getParentRoute,
  path: '/settings',
  component: lazyRouteComponent(() => import('./routes/settings/settings-page'), 'SettingsPage'),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    home,
    dashboard,
    licenses,
    license,
    issue,
    bulkChanges,
    bulkChange,
    importLicenses,
    templates,
    newTemplate,
    template,
    customers,
    newCustomer,
    customer,
    products,
    newProduct,
    product,
    orders,
    newOrder,
    order,
    editOrder,
    quotes,
    newQuote,
    quote,
    editQuote,
    subscriptions,
    newSubscription,
    subscription,
    partners,
    newPartner,
    partner,
    licensePool,
    emails,
    email,
    emailTexts,
    emailText,
    signingKeys,
    newWorkflowRun,
    templateVersions,
    help,
    events,
    workflowRuns,
    workflowRun,
    apiKeys,
    sessions,
    settings,
  ]),
  basepath: '/admin',
  defaultPreload: 'intent',
  defaultPendingComponent: Loading,
  defaultPendingMs: 300,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
