import { ConflictException, NotFoundException } from '@nestjs/common';
import type { PartnerAction, PartnerStatus } from './partner-status.js';

export class PartnerNotFoundError extends NotFoundException {
  constructor(partnerId: string) {
    super(`There is no partner ${partnerId}.`, { errorCode: 'PARTNER_NOT_FOUND' });
  }
}

/** The status of the partner does not allow the action; see ALLOWED_IN. */
export class PartnerStateError extends ConflictException {
  constructor(partnerId: string, action: PartnerAction, status: PartnerStatus) {
    super(`Action "${action}" is not allowed while the partner ${partnerId} is ${status}.`, {
      errorCode: 'PARTNER_STATE',
    });
  }
}

export class PoolNotFoundError extends NotFoundException {
  constructor(poolId: string) {
    super(`There is no license pool ${poolId}.`, { errorCode: 'POOL_NOT_FOUND' });
  }
}

/** The partner has no pool of the template, or several, so that the request must name one. */
export class PoolRequiredError extends ConflictException {
  constructor(templateId: string, pools: 'no' | 'several') {
    const remedy = pools === 'no' ? 'Ask the vendor for one.' : 'Name one as `pool_id`.';
    super(`The partner has ${pools} usable pools of the license template ${templateId}. ${remedy}`, {
      errorCode: 'POOL_REQUIRED',
    });
  }
}

export class PoolExhaustedError extends ConflictException {
  constructor(poolId: string, available: number, cause?: unknown) {
    super(`The license pool ${poolId} has ${available} licenses left, too few for this.`, {
      cause,
      errorCode: 'POOL_EXHAUSTED',
    });
  }
}

export class PoolExpiredError extends ConflictException {
  constructor(poolId: string, expiresAt: Date) {
    super(`The license pool ${poolId} expired at ${expiresAt.toISOString()}.`, { errorCode: 'POOL_EXPIRED' });
  }
}

export class PoolTemplateMismatchError extends ConflictException {
  constructor(poolId: string, templateId: string) {
    super(`The license pool ${poolId} is for licenses of the template ${templateId}.`, {
      errorCode: 'POOL_TEMPLATE_MISMATCH',
    });
  }
}

/** Uses one message for unknown, expired, redeemed and withdrawn invitations, so that nobody learns anything about codes. */
export class InvitationNotFoundError extends NotFoundException {
  constructor() {
    super('There is no such invitation, or it has ended.', { errorCode: 'INVITATION_NOT_FOUND' });
  }
}

/** A redeemed or withdrawn invitation can be neither sent again nor withdrawn. */
export class InvitationStateError extends ConflictException {
  constructor(invitationId: string, status: string) {
    super(`The invitation ${invitationId} is ${status}.`, { errorCode: 'INVITATION_STATE' });
  }
}
