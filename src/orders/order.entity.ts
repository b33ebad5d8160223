import { Column, Entity, PrimaryColumn } from 'typeorm';
import { newId } from '../shared/random.js';
import type { Change } from '../shared/persistence/change.js';
import { mergeFreeForm } from '../shared/free-form.js';
import { InvalidFieldError } from '../shared/errors.js';
import { VersionedRow } from '../shared/persistence/versioned-row.js';
import type { JsonObject } from '../shared/json.js';
import { FULFILMENT_TRIGGERS, type FulfilmentTrigger } from '../tenants/index.js';
import { type LineTerms, toLineTerms, totalOf } from './line.entity.js';
import { OrderLine, type Withdrawal } from './order-line.entity.js';
import {
  ORDER_PAYMENTS,
  ORDER_TRANSITIONS,
  type AutomaticFulfilmentStatus,
  type OrderAction,
  type OrderStatus,
  type PaymentStatus,
} from './order-status.js';
import {
  OrderBegunError,
  OrderLineRefusedError,
  OrderNotDueError,
  OrderStateError,
  PaymentTooHighError,
  RefundTooHighError,
} from './order.errors.js';
import type { CreateOrderRequest, UpdateOrderRequest } from './order.requests.js';
import type { LineRequest } from './lines.requests.js';

/** Line that could not be fulfilled, null if no line is the cause, and the code of the refusal. */
export interface FulfilmentRefusal {
  readonly line: number | null;
  readonly code: string;
}

/** Terms of an order, from a request or from the quote that was accepted. */
export interface NewOrder {
  readonly externalId: string | null;
  readonly quoteId: string | null;
  readonly customerId: string;
  readonly currency: string;
  readonly lines: readonly LineTerms[];
  readonly metadata: JsonObject;
}

/** A sales order of one customer. Amounts are in minor units of the currency. */
@Entity('orders')
export class Order extends VersionedRow {
  @PrimaryColumn('uuid', { name: 'order_id' })
  orderId!: string;

  /** The caller's own id. */
  @Column({ type: 'text', name: 'external_id', nullable: true, update: false })
  externalId!: string | null;

  @Column({ type: 'uuid', name: 'quote_id', nullable: true, update: false })
  quoteId!: string | null;

  @Column('text', { name: 'customer_id' })
  customerId!: string;

  @Column('text')
  status!: OrderStatus;

  @Column('text', { name: 'payment_status' })
  paymentStatus!: PaymentStatus;

  @Column('text')
  currency!: string;

  @Column('bigint', { name: 'total_amount' })
  totalAmount!: number;

  /** Sum of the payments that were received. */
  @Column('bigint', { name: 'paid_amount' })
  paidAmount!: number;

  @Column('bigint', { name: 'refunded_amount' })
  refundedAmount!: number;

  @Column('jsonb')
  metadata!: JsonObject;

  /** DUE: the server fulfils the order; REFUSED: it has tried that in vain, see `fulfilmentRefusal`. */
  @Column('text', { name: 'automatic_fulfilment', nullable: true })
  automaticFulfilment!: AutomaticFulfilmentStatus | null;

  @Column('jsonb', { name: 'fulfilment_refusal', nullable: true })
  fulfilmentRefusal!: FulfilmentRefusal | null;

  @Column('timestamptz', { name: 'approved_at', nullable: true })
  approvedAt!: Date | null;

  @Column('timestamptz', { name: 'fulfilled_at', nullable: true })
  fulfilledAt!: Date | null;

  @Column('timestamptz', { name: 'cancelled_at', nullable: true })
  cancelledAt!: Date | null;

  /** Rows of `order_lines`, in the order of their numbers. */
  lines!: readonly OrderLine[];

  static create(tenantId: string, terms: NewOrder, now: Date, orderId = newId()): Order {
    const order = Object.assign(new Order(), Order.newRow(tenantId, now));
    order.orderId = orderId;
    order.externalId = terms.externalId;
    order.quoteId = terms.quoteId;
    order.customerId = terms.customerId;
    order.currency = terms.currency;
    order.metadata = terms.metadata;
    order.status = 'PENDING';
    order.paymentStatus = 'PENDING';
    order.paidAmount = 0;
    order.refundedAmount = 0;
    order.automaticFulfilment = null;
    order.fulfilmentRefusal = null;
    order.approvedAt = null;
    order.fulfilledAt = null;
    order.cancelledAt = null;
    order.setLines(terms.lines);
    return order;
  }

  static fromRequest(tenantId: string, request: CreateOrderRequest, now: Date, orderId?: string): Order {
    const { external_id: externalId = null, customer_id: customerId, currency, lines, metadata } = request;
    return Order.create(
      tenantId,
      { externalId, quoteId: null, customerId, currency, lines: toLineTerms(lines), metadata },
      now,
      orderId,
    );
  }

  /** Throws OrderStateError, OrderBegunError, InvalidFieldError. Returns whether the lines were replaced or corrected. */
  update(patch: UpdateOrderRequest, now: Date): boolean {
    const { customer_id: customerId, currency, lines, metadata } = patch;
    const isCorrection = lines && customerId === undefined && currency === undefined && this.correct(lines, now);
    if (!isCorrection && (customerId !== undefined || currency !== undefined || lines)) {
      this.assertCan('revise');
      if (this.hasBegun) throw new OrderBegunError(this.orderId);
      if (customerId !== undefined) this.customerId = customerId;
      if (currency !== undefined) this.currency = currency;
      if (lines) this.setLines(toLineTerms(lines));
    }
    if (metadata) this.metadata = mergeFreeForm(this.metadata, metadata, '/metadata');
    return lines !== undefined;
  }

  /** Throws OrderStateError, and OrderLineRefusedError if an end in the terms of a line has passed, so that nothing could be issued. */
  approve(now: Date): void {
    const status = this.assertCan('approve');
    for (const line of this.lines) {
      const end = line.passedEnd(now);
      if (end === undefined) continue;
      const cause = new InvalidFieldError(end, 'must be in the future');
      throw new OrderLineRefusedError(line.line, cause, 'approve');
    }
    this.status = status;
    this.approvedAt = now;
  }

  /** Adds a payment; without an amount all that is due. Returns the amount. Throws OrderStateError, PaymentTooHighError. */
  recordPayment(amount: number | undefined): number {
    this.assertCan('record-payment');
    const due = this.dueAmount;
    if ((amount ?? due) > due) throw new PaymentTooHighError(this.orderId, due, this.currency);
    this.paidAmount += amount ?? due;
    this.settle();
    return amount ?? due;
  }

  /** Throws OrderStateError. What was paid before still counts. */
  failPayment(): void {
    this.assertCan('record-payment');
    if (this.paymentStatus === 'PENDING') this.paymentStatus = 'FAILED';
  }

  /** Throws OrderStateError, or OrderNotDueError if the trigger has not happened yet. */
  assertFulfillable(trigger: FulfilmentTrigger): void {
    this.assertCan('fulfil');
    if (!this.isPast(trigger)) throw new OrderNotDueError(this.orderId, trigger);
  }

  /** Returns the triggers that have happened to an order which can be fulfilled and is not. */
  get dueTriggers(): readonly FulfilmentTrigger[] {
    return this.isOpen ? FULFILMENT_TRIGGERS.filter((trigger) => this.isPast(trigger)) : [];
  }

  /** Lets the server fulfil the order. */
  fulfilAutomatically(): void {
    this.automaticFulfilment = 'DUE';
    this.fulfilmentRefusal = null;
  }

  /** Leaves the fulfilment, which was refused, to the caller. */
  refuseAutomaticFulfilment(refusal: FulfilmentRefusal): void {
    this.automaticFulfilment = 'REFUSED';
    this.fulfilmentRefusal = refusal;
  }

  /** Ends the automatic fulfilment of an order that is fulfilled, or can no more be. */
  endAutomaticFulfilment(): void {
    if (this.isOpen) return;
    this.automaticFulfilment = null;
    this.fulfilmentRefusal = null;
  }

  /** Sets the status once no line is open. */
  completeFulfilment(now: Date): void {
    if (this.lines.some(({ openQuantity }) => openQuantity > 0)) return;
    this.status = this.assertCan('fulfil');
    this.fulfilledAt = now;
  }

  /** Cancels the order and chooses what is done to its licenses. A second call can choose a stricter withdrawal. */
  cancel(withdrawal: Withdrawal, now: Date): void {
    this.status = this.assertCan('cancel');
    this.cancelledAt ??= now;
    for (const line of this.lines) line.withdraw(withdrawal);
  }

  /**
   * Refunds lines, by number, or what is paid of the whole order. A line is refunded once. Returns the amount. Throws OrderStateError,
   * RefundTooHighError, InvalidFieldError for a line that there is not.
   */
  refund(numbers: readonly number[] | undefined, withdrawal: Withdrawal): number {
    this.assertCan('refund');
    const lines = numbers?.map((number, at) => this.line(number, `/lines/${at}`)) ?? this.lines;
    const refunded = lines.filter((line) => !line.refunded);
    const amount = numbers ? totalOf(refunded) : this.netAmount;
    if (amount > this.netAmount) throw new RefundTooHighError(this.orderId, this.netAmount, this.currency);
    for (const line of lines) {
      line.refunded = true;
      line.withdraw(withdrawal);
    }
    this.refundedAmount += amount;
    this.settle();
    return amount;
  }

  /** Amount that is still to be paid. */
  get dueAmount(): number {
    return Math.max(0, totalOf(this.lines.filter(({ refunded }) => !refunded)) - this.netAmount);
  }

  get issuedQuantity(): number {
    return this.lines.reduce((sum, { licenseIds }) => sum + licenseIds.length, 0);
  }

  /** Returns the changeable fields, in wire names. */
  snapshot(): JsonObject {
    const { customerId, status, paymentStatus, currency, totalAmount, paidAmount, refundedAmount, metadata } = this;
    const sum = (of: (line: OrderLine) => number) => this.lines.reduce((total, line) => total + of(line), 0);
    return {
      customer_id: customerId,
      status,
      payment_status: paymentStatus,
      currency,
      total_amount: totalAmount,
      paid_amount: paidAmount,
      refunded_amount: refundedAmount,
      lines: this.lines.map(({ terms }) => terms),
      refunded_lines: this.lines.flatMap(({ line, refunded }) => (refunded ? [line] : [])),
      fulfilled_quantity: sum(({ fulfilledQuantity }) => fulfilledQuantity),
      withdrawals: this.lines.map(({ withdrawal }) => withdrawal),
      withdrawn_quantity: sum(({ withdrawnQuantity }) => withdrawnQuantity),
      automatic_fulfilment: this.automaticFulfilment,
      fulfilment_refusal: this.fulfilmentRefusal && { ...this.fulfilmentRefusal },
      metadata,
    };
  }

  /** Raises the version and returns the change since an earlier snapshot; undefined if there is none. */
  changeSince(before: JsonObject, now: Date): Change | undefined {
    return this.changedSince(before, this.snapshot(), now);
  }

  private get netAmount(): number {
    return this.paidAmount - this.refundedAmount;
  }

  /**
   * Takes over times of lines in place of such as have passed, with which nothing can be issued, also once the order is approved or paid.
   * Returns false, and changes nothing, if the order is open to any change, or anything else differs.
   */
  private correct(requests: readonly LineRequest[], now: Date): boolean {
    if (!this.isOpen || (this.can('revise') && !this.hasBegun)) return false;
    const wanted = toLineTerms(requests);
    const pairs = this.lines.flatMap((line, at) => (wanted[at] ? [{ line, terms: wanted[at] }] : []));
    if (pairs.length !== this.lines.length || pairs.length !== wanted.length) return false;
    if (!pairs.every(({ line, terms }) => line.allowsCorrection(terms, now))) return false;
    for (const { line, terms } of pairs) line.issueTerms = terms.issueTerms;
    return true;
  }

  /** Whether the order can be fulfilled, now or once it is due, and is not. */
  private get isOpen(): boolean {
    return this.status !== 'FULFILLED' && this.can('fulfil') !== undefined;
  }

  private get hasBegun(): boolean {
    return (
      this.paidAmount > 0 || this.lines.some(({ fulfilledQuantity, refunded }) => fulfilledQuantity > 0 || refunded)
    );
  }

  private line(number: number, pointer: string): OrderLine {
    const line = this.lines.find((each) => each.line === number);
    if (!line) throw new InvalidFieldError(pointer, `must be a line of the order, from 1 to ${this.lines.length}`);
    return line;
  }

  private setLines(lines: readonly LineTerms[]): void {
    this.lines = lines.map((terms) => OrderLine.create(this.tenantId, this.orderId, terms));
    this.totalAmount = totalOf(lines);
    this.settle();
  }

  /** Derives the payment status from the amounts. An order of which nothing is due is PAID, also if it costs nothing. */
  private settle(): void {
    if (this.lines.every(({ refunded }) => refunded)) this.paymentStatus = 'REFUNDED';
    else if (this.dueAmount === 0) this.paymentStatus = 'PAID';
    else if (this.netAmount > 0) this.paymentStatus = 'PARTIAL';
    else if (this.paymentStatus !== 'FAILED') this.paymentStatus = 'PENDING';
  }

  /** Returns the status after the action. Throws OrderStateError. */
  private assertCan(action: OrderAction): OrderStatus {
    const status = this.can(action);
    if (!status) throw new OrderStateError(this.orderId, action, this.status, this.paymentStatus);
    return status;
  }

  /** Returns the status after the action; undefined if it is not allowed. */
  private can(action: OrderAction): OrderStatus | undefined {
    return ORDER_PAYMENTS[action].includes(this.paymentStatus) ? ORDER_TRANSITIONS[action][this.status] : undefined;
  }

  private isPast(trigger: FulfilmentTrigger): boolean {
    return trigger === 'APPROVAL' ? this.status !== 'PENDING' : this.paymentStatus === 'PAID';
  }
}
