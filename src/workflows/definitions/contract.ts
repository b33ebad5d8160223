/**
 * Contract between the bodies of workflows and whoever runs them. Bodies are plain functions over `Engine`, import nothing but types, and
 * run unchanged on every engine.
 *
 * To add a workflow: write its body in `NAME.ts`, add it to `bodies.ts`; write what the server must know of it (schemas, permissions,
 * signals) in `NAME.definition.ts`, add that to `definitions.ts`. A changed body asks `await w.patched('what-changed')` before each step
 * that open runs do not have.
 *
 * To add a step: declare it in `Steps`, and perform it in `steps/bus-steps.ts` over the bus and in `steps/rest-steps.ts` over HTTP; the
 * compiler asks for all. Its argument and result are JSON of ids: never a license key, a name or an e-mail address, but for the argument
 * of the step that creates the person.
 */

/** Customer of a run: found by its id, or created from the other fields. */
export interface CustomerInput {
  readonly customer_id?: string | undefined;
  readonly first_name?: string | undefined;
  readonly last_name?: string | undefined;
  readonly email?: string | undefined;
  readonly company_name?: string | undefined;
}

/** Partner of a run: found by its id, or created from the other fields. */
export interface PartnerInput {
  readonly partner_id?: string | undefined;
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

/** Start and overrides of a license, as in an issue request; overrides without metadata. */
export interface IssueTerms {
  readonly starts?: string | undefined;
  readonly expires_if_started_by?: string | undefined;
  readonly overrides?: object | undefined;
}

/**
 * Steps by name. A step takes effect once per run and call, however often it is attempted. `created` says whether the run made what the
 * result names, because only that may be undone.
 */
export interface Steps {
  /** Finds the customer by its id, else creates it. Refused with CUSTOMER_HAS_NO_EMAIL where an e-mail address is needed and none is stored. */
  createCustomer(argument: {
    readonly customer: CustomerInput;
    readonly email_required: boolean;
  }): Promise<{ readonly customer_id: string; readonly created: boolean }>;
  /** Archives a customer that this run created. */
  deactivateCustomer(argument: { readonly customer_id: string }): Promise<{ readonly customer_id: string }>;
  issueLicense(
    argument: {
      readonly license_template_id: string;
      readonly customer_id: string;
      readonly trial?: boolean | undefined;
      /** Time of the request in milliseconds since 1970: a `starts` that has passed then is the time of the issue. */
      readonly requested_at?: number | undefined;
    } & IssueTerms,
  ): Promise<{ readonly license_id: string; readonly created: true }>;
  /** Revokes a license that this run issued. */
  revokeLicense(argument: { readonly license_id: string }): Promise<{ readonly license_id: string }>;
  /** Queues the e-mail with the license key to the license's own customer. The key is put in when it is sent. */
  sendLicenseEmail(argument: {
    readonly license_id: string;
    readonly customer_id: string;
  }): Promise<{ readonly email_message_id: string }>;
  /** Queues an e-mail without a license key. */
  sendEmail(argument: {
    readonly template:
      | 'renewal_reminder'
      | 'license_expired'
      | 'trial_ending'
      | 'partner_welcome'
      | 'order_confirmation';
    readonly license_id?: string | undefined;
    readonly customer_id?: string | undefined;
    readonly partner_id?: string | undefined;
    readonly order_id?: string | undefined;
    readonly variables?: Readonly<Record<string, string>> | undefined;
  }): Promise<{ readonly email_message_id: string }>;
  /**
   * Finds the license for a subscription: the linked one, the one that is named, or one of the customer that another subscription has left or
   * that was issued from the same template and has none; null if there is none. Refused with LICENSE_SUSPENDED_BY_HAND if the only one is suspended by hand.
   */
  findSubscriptionLicense(argument: {
    readonly subscription_id: string;
    readonly license_id?: string | undefined;
  }): Promise<{
    readonly license_id: string | null;
    /** Whether it was linked with the subscription before this run. */
    readonly linked: boolean;
    readonly customer_id: string;
    readonly license_template_id: string;
  }>;
  /** Links the license. `linked_now` is false if it was linked with this subscription before; histories of earlier releases lack it. */
  linkSubscription(argument: {
    readonly subscription_id: string;
    readonly license_id: string;
  }): Promise<{ readonly license_id: string; readonly linked_now?: boolean }>;
  /** Unlinks the license that this run linked, if it still is. */
  unlinkSubscription(argument: {
    readonly subscription_id: string;
    readonly license_id: string;
  }): Promise<{ readonly license_id: string }>;
  /**
   * Checks that the subscription can take the license that the quote, or its order, sells, and returns that license; null before it is issued.
   * Refused with SUBSCRIPTION_LINE_MISMATCH unless exactly one license is issued, of the template of the subscription, and starts then; with
   * SUBSCRIPTION_ENDED, SUBSCRIPTION_CUSTOMER_MISMATCH; and with SUBSCRIPTION_LINKED if it has another license.
   */
  matchSubscription(argument: {
    readonly subscription_id: string;
    readonly quote_id: string;
  }): Promise<{ readonly license_id: string | null; readonly customer_id: string }>;
  /** Begins the subscription at a time, in milliseconds since 1970: its license is in force until the end of the period. */
  activateSubscription(argument: {
    readonly subscription_id: string;
    readonly activated_at: number;
    readonly quantity?: number | undefined;
    readonly period_start?: string | undefined;
    readonly period_end?: string | undefined;
  }): Promise<{ readonly subscription_id: string }>;
  /** Marks a draft as sent; another quote stays as it is. Refused with CUSTOMER_HAS_NO_EMAIL where an e-mail address is needed and none is stored. */
  openQuote(argument: { readonly quote_id: string; readonly email_required: boolean }): Promise<QuoteState>;
  getQuote(argument: { readonly quote_id: string }): Promise<Pick<QuoteState, 'status'>>;
  /** Accepts the quote, or finds the order of one that was accepted before. */
  acceptQuote(argument: {
    readonly quote_id: string;
    readonly external_id?: string | undefined;
  }): Promise<{ readonly order_id: string; readonly created: boolean }>;
  getOrder(argument: { readonly order_id: string }): Promise<OrderState>;
  /** Fulfils the order, whose size does not matter. `fulfilled_now` is false if it was before. */
  fulfilOrder(argument: { readonly order_id: string }): Promise<{
    readonly order_id: string;
    readonly fulfilled_now: boolean;
  }>;
  /**
   * Cancels an order. Where the run takes back the order that it made, one that somebody else fulfilled stays; where it takes back its own
   * fulfilment, the licenses are revoked.
   */
  cancelOrder(argument: {
    readonly order_id: string;
    readonly undone: 'ORDER' | 'FULFILMENT';
  }): Promise<{ readonly order_id: string; readonly cancelled: boolean }>;
  /** Queues the e-mail `order_confirmation` to the customer of the order. */
  confirmOrder(argument: { readonly order_id: string }): Promise<{ readonly email_message_id: string }>;
  /** Finds the partner by its id, else creates it. */
  createPartner(argument: {
    readonly partner: PartnerInput;
  }): Promise<{ readonly partner_id: string; readonly created: boolean }>;
  /** Approves the partner. `approved` is false if it was approved before. */
  approvePartner(argument: {
    readonly partner_id: string;
  }): Promise<{ readonly partner_id: string; readonly approved: boolean }>;
  /** Suspends a partner that this run created and approved. Its licenses stay. */
  suspendPartner(argument: { readonly partner_id: string }): Promise<{ readonly partner_id: string }>;
  createLicensePool(argument: {
    readonly partner_id: string;
    readonly license_template_id: string;
    readonly quantity: number;
    readonly returns_revoked: boolean;
    readonly returns_expired: boolean;
    readonly expires_at: string | null;
  }): Promise<{ readonly pool_id: string; readonly created: true }>;
  /** Takes the licenses that are left out of a pool that this run created. */
  emptyLicensePool(argument: { readonly pool_id: string }): Promise<{ readonly pool_id: string }>;
  /** Issues a license to the partner itself. */
  issuePartnerLicense(argument: {
    readonly partner_id: string;
    readonly license_template_id: string;
  }): Promise<{ readonly license_id: string; readonly created: true }>;
  /** Invites the partner and queues the e-mail, for which the code is made when it is sent. Without an address there is no invitation. */
  invitePartner(argument: {
    readonly partner_id: string;
  }): Promise<{ readonly invitation_id: string; readonly email_message_id: string }>;
}

/** Quote as the run sees it. */
export interface QuoteState {
  readonly quote_id: string;
  readonly customer_id: string;
  readonly status: 'DRAFT' | 'SENT' | 'ACCEPTED' | 'DECLINED' | 'EXPIRED';
  /** Milliseconds since 1970. */
  readonly valid_until: number;
}

/** Order as the run sees it. */
export interface OrderState {
  readonly status: 'PENDING' | 'APPROVED' | 'FULFILLED' | 'CANCELLED';
  /** Whether the settings of the tenant allow the fulfilment now, and the signal that says that they may. */
  readonly due: boolean;
  readonly awaits: 'approved' | 'paid';
}

export type StepName = keyof Steps;

/** Data of a signal as JSON; empty if the sender gave none. */
export type SignalData = Readonly<Record<string, unknown>>;

/** All that a body may use besides its input. Nothing else is the same when a run is replayed: no clock, no random numbers, no modules. */
export interface Engine {
  readonly runId: string;
  /** Each call is one step. Throws a refusal (see `refused`), or the cancellation of the run, before the step takes effect. */
  readonly steps: Steps;
  /**
   * Registers what takes back an effect of this run. After a refusal or a cancellation all of it runs, last first; after a failure of the
   * machinery nothing does, since that is retried.
   */
  undo(action: () => Promise<unknown>): void;
  /** Waits for a signal of the run; null after `timeoutMs`. A signal that came before is not lost. */
  waitFor(signal: string, timeoutMs: number): Promise<SignalData | null>;
  sleep(durationMs: number): Promise<void>;
  /** Milliseconds since 1970, and a random UUID: the same ones whenever the run is replayed. */
  now(): Promise<number>;
  uuid(): Promise<string>;
  /** True for runs that began with the change of the body that `change` names; false for runs that had passed it before. */
  patched(change: string): Promise<boolean>;
  /** Returns the error with which a body refuses: the run is undone and ends as FAILED with this code. */
  refused(code: string, message: string): Error;
}

/** Body of a workflow. Its result is JSON of ids. */
export type Body<Input, Result extends object = object> = (w: Engine, input: Input) => Promise<Result>;
