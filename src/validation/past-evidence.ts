import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ACTIVATION_CHANGED, FindSeatsAsOfQuery, seatsInUse } from '../activations/index.js';
import { ListPastEventsQuery } from '../audit/index.js';
import { CHANGE_EVENTS, FindLicenseQuery, licenseAsOf, type License } from '../licensing/index.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { InvalidFieldError } from '../shared/errors.js';
import type { Actor } from '../shared/access/actor.js';
import { GetTenantQuery } from '../tenants/index.js';
import { FindUsageAsOfQuery } from '../usage/index.js';
import type { Evidence, EvaluationRequest } from './evaluation.js';
import {
  activationChangesIn,
  licenseChangesIn,
  CUSTOMER_ERASED,
  TENANT_UPDATED,
  tenantStatusBefore,
  hasErasedUsers,
  includesErasureOf,
} from './past-events.js';
import type { EvaluationContext } from './restrictions.js';
import {
  inconsistentTerms,
  erasedCustomer,
  overwrittenDevice,
  changedUsage,
  type UnknownFields,
} from './unknown-fields.js';

/** Evidence at a past time, and the parts of it that cannot be reconstructed. */
export interface EvidenceAsOf {
  readonly evidence: Evidence;
  readonly unknown: readonly UnknownFields[];
}

/**
 * Reconstructs the evidence at a past time by reverting recorded changes. One snapshot excludes half-seen changes; the number of
 * statements does not grow with the number of events.
 */
@Injectable()
export class PastEvidenceCollector {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
  ) {}

  /** Returns undefined if the license does not exist. Throws InvalidFieldError before its issue, HistoryTooLongError. */
  collect(actor: Actor, licenseId: string, request: EvaluationRequest, context: EvaluationContext) {
    return this.unitOfWork.readRepeatable(actor.tenantId, async (): Promise<EvidenceAsOf | undefined> => {
      const license = await this.queries.execute(new FindLicenseQuery(actor, licenseId));
      if (!license) return undefined;
      const { createdAt, issuedDate } = license;
      const since = createdAt > issuedDate ? 'imported' : 'issued';
      if (context.now < createdAt)
        throw new InvalidFieldError('/as_of', `must not be before ${createdAt.toISOString()}, when it was ${since}`);
      return this.reconstruct(actor, license, request, context);
    });
  }

  private async reconstruct(actor: Actor, license: License, request: EvaluationRequest, context: EvaluationContext) {
    const { now: instant } = context;
    const { licenseId } = license;
    const types = [...CHANGE_EVENTS, ACTIVATION_CHANGED];
    const events = await this.queries.execute(
      new ListPastEventsQuery(actor, { about: { licenseId }, types, after: instant }),
    );
    const past = licenseAsOf(license, licenseChangesIn(events), instant);
    const [seats, usage, tenant, otherEvents] = await Promise.all([
      this.queries.execute(
        new FindSeatsAsOfQuery(actor, licenseId, request.fingerprint, instant, activationChangesIn(events)),
      ),
      this.queries.execute(new FindUsageAsOfQuery(actor, past.license, instant)),
      this.queries.execute(new GetTenantQuery(actor)),
      this.queries.execute(
        new ListPastEventsQuery(actor, {
          about: { resourceIds: [actor.tenantId, ...past.customerIds] },
          types: [TENANT_UPDATED, CUSTOMER_ERASED],
          after: instant,
        }),
      ),
    ]);
    past.license.currentActivations = seatsInUse(past.license, seats.counts);
    const converted = events.some(
      ({ type, data }) =>
        type === 'license.template_changed' || (type === 'license.trial_converted' && 'replaced' in data),
    );
    return {
      evidence: {
        license: past.license,
        tenantSuspended: (tenantStatusBefore(otherEvents) ?? tenant.status) !== 'ACTIVE',
        activation: seats.device?.activation,
        isBlocked: seats.isBlocked,
        usage: new Map([...usage].map(([id, used]) => [id, used ?? 0])),
        context,
      },
      unknown: [
        ...inconsistentTerms(past.inconsistentFields),
        ...(past.customerErased || includesErasureOf(otherEvents, past.customerIds)
          ? erasedCustomer(past, seats.device, hasErasedUsers(events), request.fingerprint)
          : []),
        ...overwrittenDevice(seats.device, converted),
        ...unknownUsage(past.license, usage, request),
      ],
    };
  }
}

function unknownUsage(
  { features }: License,
  usage: ReadonlyMap<string, number | null>,
  request: EvaluationRequest,
): UnknownFields[] {
  return features.flatMap(({ feature_id: id, enabled, limit_value: limit }, index) => {
    const requested = enabled && limit !== null && request.features?.includes(id) === true;
    return usage.get(id) === null ? [changedUsage(id, index, requested)] : [];
  });
}
