import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ACTIVATION_CHANGED, FindSeatsAsOfQuery } from '../activations/index.js';
import { ListPastEventsQuery } from '../audit/index.js';
import { CHANGE_EVENTS, FindLicenseQuery, licenseAsOf, seatsInUse, type License } from '../licensing/index.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { InvalidFieldError } from '../shared/errors.js';
import type { Actor } from '../shared/access/actor.js';
import { GetTenantQuery } from '../tenants/index.js';
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
import { UsageRepository } from './usage.repository.js';

/** What there was to judge by, and what of it is not known any more. */
export interface EvidenceAsOf {
  readonly evidence: Evidence;
  readonly unknown: readonly UnknownFields[];
}

/**
 * Finds out what a license was judged by at a time in the past: it takes back what its events say has changed since. All is
 * read as of one moment, so that no change is half seen, by a number of statements that no history makes larger.
 */
@Injectable()
export class PastEvidenceCollector {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly usages: UsageRepository,
  ) {}

  /** Undefined where there is no such license. Throws InvalidFieldError before it was issued, HistoryTooLongError. */
  collect(actor: Actor, licenseId: string, question: EvaluationRequest, surroundings: EvaluationContext) {
    return this.unitOfWork.readRepeatable(actor.tenantId, async (): Promise<EvidenceAsOf | undefined> => {
      const license = await this.queries.execute(new FindLicenseQuery(actor, licenseId));
      if (!license) return undefined;
      const { issuedDate } = license;
      if (surroundings.now < issuedDate)
        throw new InvalidFieldError('/as_of', `must not be before ${issuedDate.toISOString()}, when it was issued`);
      return this.reconstruct(actor, license, question, surroundings);
    });
  }

  private async reconstruct(
    actor: Actor,
    license: License,
    question: EvaluationRequest,
    surroundings: EvaluationContext,
  ) {
    const { now: instant } = surroundings;
    const { licenseId } = license;
    const types = [...CHANGE_EVENTS, ACTIVATION_CHANGED];
    const events = await this.queries.execute(
      new ListPastEventsQuery(actor, { about: { licenseId }, types, after: instant }),
    );
    const then = licenseAsOf(license, licenseChangesIn(events), instant);
    const [seats, usage, tenant, elsewhere] = await Promise.all([
      this.queries.execute(
        new FindSeatsAsOfQuery(actor, licenseId, question.fingerprint, instant, activationChangesIn(events)),
      ),
      this.usages.readAsOf(then.license, instant),
      this.queries.execute(new GetTenantQuery(actor)),
      this.queries.execute(
        new ListPastEventsQuery(actor, {
          about: { resourceIds: [actor.tenantId, ...then.customerIds] },
          types: [TENANT_UPDATED, CUSTOMER_ERASED],
          after: instant,
        }),
      ),
    ]);
    then.license.currentActivations = seatsInUse(then.license, seats.tally);
    const converted = events.some(
      ({ type, data }) =>
        type === 'license.template_changed' || (type === 'license.trial_converted' && 'replaced' in data),
    );
    return {
      evidence: {
        license: then.license,
        tenantSuspended: (tenantStatusBefore(elsewhere) ?? tenant.status) !== 'ACTIVE',
        activation: seats.device?.activation,
        usage: new Map([...usage].map(([id, used]) => [id, used ?? 0])),
        surroundings,
      },
      unknown: [
        ...inconsistentTerms(then.inconsistentFields),
        ...(then.customerErased || includesErasureOf(elsewhere, then.customerIds)
          ? erasedCustomer(then, seats.device, hasErasedUsers(events), question.fingerprint)
          : []),
        ...overwrittenDevice(seats.device, converted),
        ...unknownUsage(then.license, usage, question),
      ],
    };
  }
}

function unknownUsage(
  { features }: License,
  usage: ReadonlyMap<string, number | null>,
  question: EvaluationRequest,
): UnknownFields[] {
  return features.flatMap(({ feature_id: id, enabled, limit_value: limit }, at) => {
    const asked = enabled && limit !== null && question.features?.includes(id) === true;
    return usage.get(id) === null ? [changedUsage(id, at, asked)] : [];
  });
}
