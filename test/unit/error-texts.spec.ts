import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  ConflictException,
  HttpException,
  Logger,
  NotFoundException,
  PayloadTooLargeException,
  ServiceUnavailableException,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import { toReasonResponse, type ValidationReason } from '../../src/validation/validation-codes.js';
import { clientProblem, type ClientError } from '../../src/shared/http/client-errors.js';
import { PROBLEM_DETAILS } from '../../src/shared/http/problem-examples.js';
import { toProblem } from '../../src/shared/http/to-problem.js';

const NOW = new Date('2026-11-29T12:00:00.000Z');
const LATER = new Date('2026-12-01T00:00:00.000Z');
const ID = '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e';
const ORDER = '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d55';
const QUOTE = '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d54';
const CLASS = /^export class (\w+) extends \w+/gm;
const DENIED: ValidationReason = { code: 'COUNTRY_DENIED', detail: 'The license excludes this country.' };
const CLOSED: ValidationReason = { code: 'TIME_DENIED', detail: 'The license excludes this time.', retryAt: LATER };
const SEATS = { inUse: 6, max: 5, limit: 6 };
const REFUSED = { license: { deactivationsPerPeriod: { limit: 1, period: 'MONTH' } } };

/** Arguments of each error of the API, one list for each sentence that it can have. */
const SAMPLES: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  ActivationLimitReachedError: [
    [{ inUse: 5, max: 5, limit: 5, deactivateCount: 1 }, REFUSED],
    [{ ...SEATS, deactivateCount: 2 }, REFUSED],
    [{ ...SEATS, deactivateCount: 0, heldUntil: LATER }, REFUSED],
    [{ ...SEATS, deactivateCount: 2, heldUntil: LATER }, REFUSED],
    [{ ...SEATS, deactivateCount: 1, deactivationsUntil: LATER }, REFUSED],
    [{ ...SEATS, deactivateCount: 1, deactivationsUntil: null }, REFUSED],
    [SEATS, REFUSED],
    [
      { ...SEATS, deactivateCount: 1 },
      REFUSED,
      { devices: [], replacement_token: 't', replacement_expires_at: 'then' },
    ],
  ],
  ActivationNotFoundError: [[]],
  ApiKeyInactiveError: [[ID]],
  ApiKeyNotFoundError: [[ID]],
  BillingEventConflictError: [['evt-2001']],
  BlockedDeviceNotFoundError: [[ID]],
  BodyOfLinesTooLargeError: [[163_850_000]],
  BodyOfLinesTooSlowError: [
    ['The line', 10_000],
    ['The body', 1_800_000],
  ],
  BodyTooLargeError: [[32 * 1024], [1024 * 1024]],
  ClientClosedRequestError: [[]],
  ClientEventLimitError: [[{ type: 'license.activated', occurredAt: NOW }, 1_100]],
  CursorMismatchError: [[]],
  CustomerExistsError: [['customer-001']],
  CustomerInactiveError: [['customer-001']],
  CustomerNoteNotFoundError: [['019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d64']],
  CustomerNotFoundError: [['customer-001']],
  DatabaseBusyError: [[new Error('statement timeout')]],
  DatabaseUnavailableError: [[new Error('ECONNREFUSED')]],
  DeactivationLimitReachedError: [
    [{ limit: 3, period: 'MONTH' }, LATER],
    [{ limit: 0, period: 'MONTH' }, LATER],
  ],
  DeviceBlockedError: [[]],
  DeviceNotActivatedError: [[]],
  EmailLimitReachedError: [[1_000, 60]],
  EmailMessageErasedError: [[ID]],
  EmailMessageNotFoundError: [[ID]],
  EmailMessageStateError: [
    [ID, 'cancel', { status: 'SENT' }],
    [ID, 'resend', { status: 'QUEUED' }],
  ],
  EmailPartnerNotFoundError: [['partner-001']],
  EmailRecipientMissingError: [[]],
  EmailTemplateNotFoundError: [['renewal_reminder', 'de']],
  ExpiryTooFarError: [[ID]],
  FeatureUnavailableError: [
    ['exports', 'is not part of the license'],
    ['exports', 'has expired'],
  ],
  FilterNotDeclaredError: [['region']],
  FilterNotReadyError: [['region']],
  ForeignKeysExistError: [[]],
  ForeignOriginError: [[]],
  GrantExceededError: [['You cannot grant permissions that you do not have: tenants:write.']],
  HeartbeatExpiredError: [[]],
  HistoryTooLongError: [[2_000]],
  IdempotencyInProgressError: [[new Error('lock timeout')]],
  IdempotencyKeyReusedError: [[]],
  IdempotencyResultErasedError: [[]],
  IdentityProviderError: [[new Error('ECONNREFUSED')]],
  InsecureConnectionError: [[]],
  InvitationNotFoundError: [[]],
  ImportConflictError: [['its license key and its external id belong to different licenses']],
  InvitationStateError: [[ID, 'REDEEMED']],
  InvalidFieldError: [['/units', 'must be an integer from 1 to 1000']],
  InvalidParameterError: [['limit', 'must be an integer from 1 to 100']],
  KeyOverlapRunningError: [[ID, 5, LATER]],
  LicenseKeyReplacedError: [[]],
  LicenseFileOutstandingError: [[ID, LATER]],
  LicenseNotTrialError: [[ID]],
  LicenseIsTrialError: [[ID]],
  LicenseNeverExpiresError: [[ID]],
  LicenseNotFoundError: [[ID]],
  LicenseRefusedError: [
    [2, new ConflictException('The license template team-yearly is archived.', { errorCode: 'TEMPLATE_INACTIVE' })],
  ],
  LicenseRestrictedError: [[[DENIED]], [[CLOSED, DENIED]]],
  LicenseStateError: [
    [ID, 'activate', 'EXPIRED'],
    [ID, 'check-out', 'IN_GRACE'],
    [ID, 'heartbeat', 'SUSPENDED'],
    [ID, 'use', 'REVOKED'],
    [ID, 'heartbeat', 'PENDING'],
    [ID, 'activate', 'PENDING', LATER],
    [ID, 'renew', 'REVOKED'],
    [ID, 'suspend', 'SUSPENDED'],
    [ID, 'convert-trial', 'SUSPENDED'],
    [ID, 'reinstate', 'ACTIVE'],
  ],
  LicenseSubscribedError: [[ID, 'sub-1001'], [ID]],
  LineTooLongError: [[]],
  MalformedJsonError: [['an object has a duplicate member']],
  NetworkNotAllowedError: [[]],
  NoActiveSigningKeyError: [[]],
  NoSessionForKeyError: [[]],
  NotOpenToPartnersError: [[]],
  NotAllowedByPoolError: [['override max_activations']],
  NotReadyError: [['the database cannot be reached']],
  NotUtf8Error: [[]],
  OidcNotConfiguredError: [[]],
  OnlyActiveSigningKeyError: [[]],
  OrderBegunError: [[ORDER]],
  OrderExistsError: [['SO-4711']],
  OrderLineRefusedError: [[2, new NotFoundException('The license template team-yearly is archived.')]],
  OrderNotDueError: [
    [ORDER, 'APPROVAL'],
    [ORDER, 'PAYMENT'],
  ],
  OrderNotFoundError: [[ORDER]],
  OrderStateError: [[ORDER, 'approve', 'CANCELLED', 'PENDING']],
  OutcomeUnknownError: [[new Error('ECONNRESET')]],
  OverloadedError: [[]],
  PaymentTooHighError: [[ORDER, 49_000, 'EUR']],
  PartnerNotApprovedError: [[]],
  PartnerNotFoundError: [[ID]],
  PartnerStateError: [[ID, 'approve', 'SUSPENDED']],
  PermissionDeniedError: [['licenses:issue'], [undefined]],
  PoolExhaustedError: [[ID, 0]],
  PoolExpiredError: [[ID, LATER]],
  PoolNotFoundError: [[ID]],
  PoolRequiredError: [
    ['team-yearly', 'no'],
    ['team-yearly', 'several'],
  ],
  PoolTemplateMismatchError: [[ID, 'team-yearly']],
  PreconditionFailedError: [[4]],
  PreconditionRequiredError: [[]],
  TemplateProductMismatchError: [['team-yearly']],
  ProductExistsError: [['ISP-PRO-001']],
  ProductInactiveError: [['ISP-PRO-001']],
  ProductNotFoundError: [['ISP-PRO-001']],
  QuoteExpiredError: [[QUOTE, LATER]],
  QuoteNotFoundError: [[QUOTE]],
  QuoteStateError: [[QUOTE, 'accept', 'DECLINED']],
  RateLimitedError: [[30]],
  RecentSignInRequiredError: [[]],
  RefundTooHighError: [[ORDER, 49_000, 'EUR']],
  ReplacementTokenInvalidError: [[]],
  SeatLentError: [[LATER]],
  RevocationListNotReadyError: [[]],
  SessionNotFoundError: [[ID]],
  SigningKeyNotFoundError: [['1IG2tMH7']],
  SigningKeyStateError: [['activated', 'REVOKED']],
  SubscriptionCustomerMismatchError: [[ID, 'sub-1001']],
  SubscriptionExistsError: [['sub-1001']],
  SubscriptionLinkedError: [['sub-1001', ID]],
  SubscriptionManagedError: [[ID, 'sub-1001']],
  SubscriptionNotFoundError: [['sub-1001']],
  TemplateExistsError: [['team-yearly']],
  TemplateInactiveError: [['team-yearly']],
  TemplateIsTrialError: [['team-trial']],
  TemplateNameTakenError: [['Team, yearly']],
  TemplateNotFoundError: [['team-yearly']],
  TenantExistsError: [['tenant-001']],
  TenantNotFoundError: [[]],
  TenantRequiredError: [[]],
  TenantSuspendedError: [[]],
  TooManyLinesError: [[]],
  TrialAlreadyUsedError: [[]],
  TrialNotAllowedError: [['team-yearly']],
  UnauthenticatedError: [[]],
  UnknownLicenseKeyError: [[]],
  UsageExceededError: [
    ['exports', 41, 50, LATER],
    ['exports', 50, 50, null],
  ],
  UsageNotHeldError: [['exports', 3]],
  ValidationError: [[[{ pointer: '/name', detail: 'is required' }]]],
  WrongSubjectError: [[]],
  WorkflowRunEndedError: [['lead-4711', 'COMPLETED']],
  WorkflowRunExistsError: [['lead-4711']],
  WorkflowRunNotFoundError: [['lead-4711']],
  WorkflowRunStateError: [['lead-4711', 'RUNNING']],
  WorkflowsUnavailableError: [['WORKFLOWS is off']],
};

/** Errors of Nest and Fastify, and faults of the server. */
const WITHOUT_CLASS: readonly unknown[] = [
  new BadRequestException(),
  new NotFoundException(),
  new PayloadTooLargeException(),
  new UnsupportedMediaTypeException(),
  new ServiceUnavailableException(),
  new TypeError('x is not a function'),
];
const CLIENT_ERRORS = ['', 'ECONNRESET', 'ERR_HTTP_REQUEST_TIMEOUT', 'HPE_HEADER_OVERFLOW', 'TOO_MANY_CHUNKS'];

type ErrorClass = new (...args: readonly unknown[]) => HttpException;

/** Every class of the source that is an HttpException, by its name. */
async function errorClasses(): Promise<Map<string, ErrorClass>> {
  const found = new Map<string, ErrorClass>();
  for (const name of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.endsWith('.spec.ts')) continue;
    const classes = [...readFileSync(join('src', name), 'utf8').matchAll(CLASS)].map(([, of = '']) => of);
    if (!classes.some((of) => of.endsWith('Error'))) continue;
    const exported = (await import(resolve('src', name))) as Record<string, unknown>;
    for (const of of classes) {
      const type = exported[of];
      if (typeof type === 'function' && type.prototype instanceof HttpException) found.set(of, type as ErrorClass);
    }
  }
  return found;
}

/** The problem as a caller gets it, on a line. */
function lineOf(thrown: unknown): string {
  const { status, code, detail, next, errors, reasons } = toProblem(thrown, ID, NOW);
  const step = [next.action, next.count && `count ${next.count}`, next.after].filter(Boolean).join(', ');
  const faults = errors?.map((fault) => ` ${fault.pointer ?? fault.parameter ?? ''}: ${fault.detail}`).join('') ?? '';
  const more = Array.isArray(reasons) ? ` ${JSON.stringify(reasons)}` : '';
  return `${status} ${code}: ${detail}${faults}${more} [${step}]`;
}

describe('the texts of errors', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  it('are all in one list to be reviewed, with the next step', async () => {
    const classes = await errorClasses();
    expect([...classes.keys()].sort()).toEqual(Object.keys(SAMPLES).sort());
    const lines = [...classes].flatMap(([name, type]) =>
      (SAMPLES[name] ?? []).map((args) => lineOf(new type(...args))),
    );
    expect([...lines.sort(), ...WITHOUT_CLASS.map(lineOf)].join('\n')).toMatchSnapshot();
  });

  it('are sentences that begin with a capital and end with a full stop', async () => {
    for (const [name, type] of await errorClasses())
      for (const args of SAMPLES[name] ?? [])
        expect(toProblem(new type(...args), ID, NOW).detail).toMatch(/^["A-Z`][^\n]*\.$/);
  });

  it('stand in the OpenAPI document as callers get them', async () => {
    const thrown = [...(await errorClasses())].flatMap(([name, type]) =>
      (SAMPLES[name] ?? []).map((args) => toProblem(new type(...args), ID, NOW)),
    );
    const others = WITHOUT_CLASS.map((error) => toProblem(error, ID, NOW));
    const ofClients = CLIENT_ERRORS.map((code) => clientProblem({ code } as ClientError));
    const texts = new Set([...thrown, ...others, ...ofClients].map(({ code, detail }) => `${code}: ${detail}`));
    // These two are no errors of the application; their tests compare the text.
    const { EXPECTATION_FAILED, METHOD_NOT_ALLOWED, ...documented } = PROBLEM_DETAILS;
    for (const [code, detail] of Object.entries(documented)) expect(texts).toContain(`${code}: ${detail}`);
    expect([EXPECTATION_FAILED, METHOD_NOT_ALLOWED].join(' ')).toMatch(/^Only .*\. This path .*\.$/);
  });

  it('of requests that are not HTTP are in the list', () => {
    const lines = CLIENT_ERRORS.map((code) => {
      const { status, code: of, detail } = clientProblem({ code } as ClientError);
      return `${status} ${of}: ${detail}`;
    });
    expect(lines.join('\n')).toMatchSnapshot();
  });

  it('of a reason carry its next step alone', () => {
    expect(toReasonResponse({ ...CLOSED, deactivateCount: 3 })).toEqual({
      code: 'TIME_DENIED',
      detail: CLOSED.detail,
      next: { action: 'retry', after: LATER.toISOString(), count: 3 },
    });
  });
});
