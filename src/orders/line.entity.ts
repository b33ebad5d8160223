import { Column, PrimaryColumn } from 'typeorm';
import type { LaterIssueTerms } from '../licensing/index.js';
import type { JsonObject } from '../shared/json.js';
import type { LineRequest } from './lines.requests.js';

export const LINE_KINDS = ['ISSUE', 'RENEW', 'CHANGE_TEMPLATE'] as const;
export type LineKind = (typeof LINE_KINDS)[number];

/** Terms of a line of a quote or an order. Columns that its kind does not have are null. */
export abstract class Line {
  @PrimaryColumn('text', { name: 'tenant_id' })
  tenantId!: string;

  /** Number of the line, from 1. */
  @PrimaryColumn('integer')
  line!: number;

  @Column('text')
  kind!: LineKind;

  @Column('text', { name: 'template_id', nullable: true })
  templateId!: string | null;

  @Column('uuid', { name: 'license_id', nullable: true })
  licenseId!: string | null;

  @Column('integer', { nullable: true })
  months!: number | null;

  @Column('integer', { nullable: true })
  days!: number | null;

  @Column('integer')
  quantity!: number;

  /** Price of one unit in minor units. */
  @Column('bigint', { name: 'unit_price' })
  unitPrice!: number;

  /** `quantity` × `unitPrice`. */
  @Column('bigint')
  amount!: number;

  /** Start and overrides of the licenses that an ISSUE line issues; null: those of the template. */
  @Column('jsonb', { name: 'issue_terms', nullable: true })
  issueTerms!: LaterIssueTerms | null;

  /** Returns the terms in wire names. */
  get terms(): JsonObject {
    const { line, kind, templateId, licenseId, months, days, quantity, unitPrice, amount, issueTerms } = this;
    return {
      line,
      kind,
      license_template_id: templateId,
      license_id: licenseId,
      months,
      days,
      quantity,
      unit_price: unitPrice,
      amount,
      ...(issueTerms as JsonObject | null),
    };
  }
}

/** Columns of a line that follow from a request; the amounts are safe integers, since the schema checks their sum. */
export type LineTerms = Pick<
  Line,
  'line' | 'kind' | 'templateId' | 'licenseId' | 'months' | 'days' | 'quantity' | 'unitPrice' | 'amount' | 'issueTerms'
>;

export function toLineTerms(requests: readonly LineRequest[]): LineTerms[] {
  return requests.map((request, at) => {
    const quantity = request.kind === 'ISSUE' ? request.quantity : 1;
    return {
      line: at + 1,
      kind: request.kind,
      templateId: request.kind === 'RENEW' ? null : request.license_template_id,
      licenseId: request.kind === 'ISSUE' ? null : request.license_id,
      months: (request.kind === 'RENEW' ? request.months : undefined) ?? null,
      days: (request.kind === 'RENEW' ? request.days : undefined) ?? null,
      quantity,
      unitPrice: request.unit_price,
      amount: quantity * request.unit_price,
      issueTerms: request.kind === 'ISSUE' ? issueTermsOf(request) : null,
    };
  });
}

/** Returns the start and the overrides of a line; null if it has none. */
function issueTermsOf({ starts, expires_if_started_by, overrides }: LaterIssueTerms): LaterIssueTerms | null {
  if (starts === undefined && overrides === undefined) return null;
  return { starts, expires_if_started_by, overrides };
}

/** Returns the sum of amounts, each part of a total that is a safe integer. */
export function totalOf(lines: readonly { readonly amount: number }[]): number {
  return lines.reduce((sum, { amount }) => sum + amount, 0);
}

/** Returns the terms of a line without its row. */
export function termsOf(line: LineTerms): LineTerms {
  const { line: number, kind, templateId, licenseId, months, days, quantity, unitPrice, amount, issueTerms } = line;
  return { line: number, kind, templateId, licenseId, months, days, quantity, unitPrice, amount, issueTerms };
}
