import { Column, Entity, PrimaryColumn } from 'typeorm';
import { newId } from '../../shared/random.js';
import type { Change } from '../../shared/persistence/change.js';
import { mergeFreeForm } from '../../shared/free-form.js';
import { VersionedRow } from '../../shared/persistence/versioned-row.js';
import type { JsonObject } from '../../shared/json.js';
import { type LineTerms, termsOf, toLineTerms, totalOf } from '../line.entity.js';
import { Order } from '../order.entity.js';
import { QuoteLine } from './quote-line.entity.js';
import { QUOTE_TRANSITIONS, type QuoteAction, type QuoteStatus } from './quote-status.js';
import { QuoteExpiredError, QuoteStateError } from './quote.errors.js';
import type { CreateQuoteRequest, UpdateQuoteRequest } from './quote.requests.js';

/** Offer to one customer, which becomes an order when it is accepted. Amounts are in minor units of the currency. */
@Entity('quotes')
export class Quote extends VersionedRow {
  @PrimaryColumn('uuid', { name: 'quote_id' })
  quoteId!: string;

  @Column('text', { name: 'customer_id' })
  customerId!: string;

  @Column('text')
  status!: QuoteStatus;

  @Column('text')
  currency!: string;

  @Column('bigint', { name: 'total_amount' })
  totalAmount!: number;

  @Column('timestamptz', { name: 'valid_until' })
  validUntil!: Date;

  /** Order that the acceptance made. */
  @Column('uuid', { name: 'order_id', nullable: true })
  orderId!: string | null;

  @Column('jsonb')
  metadata!: JsonObject;

  @Column('timestamptz', { name: 'sent_at', nullable: true })
  sentAt!: Date | null;

  /** Time at which the quote was accepted or declined. */
  @Column('timestamptz', { name: 'decided_at', nullable: true })
  decidedAt!: Date | null;

  /** Rows of `quote_lines`, in the order of their numbers. */
  lines!: readonly QuoteLine[];

  static create(tenantId: string, request: CreateQuoteRequest, now: Date, quoteId = newId()): Quote {
    const quote = Object.assign(new Quote(), Quote.newRow(tenantId, now));
    quote.quoteId = quoteId;
    quote.customerId = request.customer_id;
    quote.status = 'DRAFT';
    quote.currency = request.currency;
    quote.validUntil = new Date(request.valid_until);
    quote.orderId = null;
    quote.metadata = request.metadata;
    quote.sentAt = null;
    quote.decidedAt = null;
    quote.setLines(toLineTerms(request.lines));
    return quote;
  }

  /** Throws QuoteStateError, QuoteExpiredError, InvalidFieldError. Returns whether the lines were replaced. */
  update(patch: UpdateQuoteRequest, now: Date): boolean {
    const { customer_id: customerId, currency, lines, valid_until: validUntil, metadata } = patch;
    this.assertCan('edit', now);
    if (customerId !== undefined || currency !== undefined || lines) this.assertCan('revise', now);
    if (customerId !== undefined) this.customerId = customerId;
    if (currency !== undefined) this.currency = currency;
    if (lines) this.setLines(toLineTerms(lines));
    if (validUntil !== undefined) this.validUntil = new Date(validUntil);
    if (metadata) this.metadata = mergeFreeForm(this.metadata, metadata, '/metadata');
    return lines !== undefined;
  }

  send(now: Date): void {
    this.status = this.assertCan('send', now);
    this.sentAt = now;
  }

  /** Returns the order. Throws QuoteStateError, QuoteExpiredError. */
  accept(externalId: string | undefined, now: Date): Order {
    this.status = this.assertCan('accept', now);
    this.decidedAt = now;
    const { customerId, currency, metadata, quoteId } = this;
    const lines = this.lines.map(termsOf);
    const terms = { externalId: externalId ?? null, quoteId, customerId, currency, lines, metadata };
    const order = Order.create(this.tenantId, terms, now);
    this.orderId = order.orderId;
    return order;
  }

  decline(now: Date): void {
    this.status = this.assertCan('decline', now);
    this.decidedAt = now;
  }

  /** Stores that the date has passed. */
  expire(now: Date): void {
    this.status = this.assertCan('expire', now);
  }

  statusAt(now: Date): QuoteStatus {
    const isOpen = this.status === 'DRAFT' || this.status === 'SENT';
    return isOpen && this.validUntil <= now ? 'EXPIRED' : this.status;
  }

  /** Returns the changeable fields, in wire names. */
  snapshot(): JsonObject {
    return {
      customer_id: this.customerId,
      status: this.status,
      currency: this.currency,
      total_amount: this.totalAmount,
      valid_until: this.validUntil.toISOString(),
      order_id: this.orderId,
      lines: this.lines.map(({ terms }) => terms),
      metadata: this.metadata,
    };
  }

  /** Raises the version and returns the change since an earlier snapshot; undefined if there is none. */
  changeSince(before: JsonObject, now: Date): Change | undefined {
    return this.changedSince(before, this.snapshot(), now);
  }

  private setLines(lines: readonly LineTerms[]): void {
    this.lines = lines.map((terms) => QuoteLine.create(this.tenantId, this.quoteId, terms));
    this.totalAmount = totalOf(lines);
  }

  /** Returns the status after the action. Throws QuoteExpiredError, QuoteStateError. */
  private assertCan(action: QuoteAction, now: Date): QuoteStatus {
    const status = this.statusAt(now);
    const next = QUOTE_TRANSITIONS[action][status];
    if (next) return next;
    throw status === 'EXPIRED'
      ? new QuoteExpiredError(this.quoteId, this.validUntil)
      : new QuoteStateError(this.quoteId, action, status);
  }
}
