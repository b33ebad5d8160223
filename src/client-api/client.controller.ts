import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ActivationResponse, DeactivateDeviceCommand, HeartbeatCommand } from '../activations/index.js';
import { LicenseFileResponse } from '../offline/index.js';
import type { KeyAttempt } from '../shared/limits/unknown-key-limit.js';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { DescribeQuery, DescribeWrite } from '../shared/http/api.decorators.js';
import { WriteOptions } from '../shared/http/command-options.decorators.js';
import { LicenseKeyRoute } from '../shared/access/access.decorators.js';
import { ConsumeUsageCommand, Entitlements, ReleaseUsageCommand, UsageResponse } from '../usage/index.js';
import {
  type LicenseKeyCaller,
  type Origin,
  ValidateLicenseQuery,
  ValidateRequest,
  ValidateResponse,
} from '../validation/index.js';
import { ClientActivation } from './client.response.js';
import {
  ClientActivateRequest,
  ClientCheckOutRequest,
  ClientReplaceRequest,
  DeviceRequest,
  EntitlementsRequest,
  UsageRequest,
} from './client.requests.js';
import { ClientRateLimitGuard } from './client-rate-limit.guard.js';
import { ActivateClientCommand } from './commands/activate-client.command.js';
import { CheckOutClientCommand } from './commands/check-out-client.command.js';
import { ReplaceClientCommand } from './commands/replace-client.command.js';
import {
  ApiKeyTenant,
  CurrentLicenseKeyCaller,
  LicenseKeyGuard,
  PresentedKey,
  SeatRequester,
  UnblockedLicenseKeyCaller,
} from './license-key.guard.js';
import { GetEntitlementsQuery } from './queries/get-entitlements.query.js';
import { RequestOrigin, RequestOriginGuard } from './request-origin.guard.js';

const UNKNOWN_LICENSE_KEY = { 404: ['LICENSE_NOT_FOUND'] } as const;
const USAGE_CODES = ['KEY_REPLACED', 'LICENSE_STATE', 'FEATURE_UNAVAILABLE'] as const;

/** Routes for the vendor's programs. The license key in the body is their credential. */
@ApiTags('Client API')
@Controller('v1/client')
@UseGuards(ClientRateLimitGuard, RequestOriginGuard)
export class ClientController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('validate')
  @HttpCode(200)
  @LicenseKeyRoute('client:validate')
  @DescribeQuery({
    operationId: 'validateLicense',
    summary: 'Validate a license key',
    description: 'Always 200. `reasons` lists every failure; `code` is the first.',
  })
  @ApiOkResponse({ standardSchema: ValidateResponse })
  validate(
    @ApiKeyTenant() tenantId: string | undefined,
    @Body({ schema: ValidateRequest }) body: ValidateRequest,
    @RequestOrigin() origin: Origin,
    @PresentedKey() attempt: KeyAttempt | undefined,
  ) {
    return this.queries.execute(new ValidateLicenseQuery(tenantId, body, origin, attempt));
  }

  @Post('activate')
  @HttpCode(200)
  @LicenseKeyRoute('client:activate')
  @UseGuards(LicenseKeyGuard)
  @DescribeWrite(
    {
      operationId: 'activateDevice',
      summary: 'Activate this device',
      description:
        'Idempotent: returns the existing activation. With `signed: true` also a `proof`: a validation after it. If no seat is free, the refusal may contain the devices that `replaceDevice` can replace.',
    },
    {
      ...UNKNOWN_LICENSE_KEY,
      403: ['LICENSE_RESTRICTED', 'DEVICE_BLOCKED'],
      409: ['KEY_REPLACED', 'LICENSE_STATE', 'ACTIVATION_LIMIT_REACHED', 'DEACTIVATION_LIMIT_REACHED'],
    },
  )
  @ApiOkResponse({ standardSchema: ClientActivation })
  activate(
    @SeatRequester() caller: LicenseKeyCaller,
    @Body({ schema: ClientActivateRequest }) body: ClientActivateRequest,
    @RequestOrigin() origin: Origin,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new ActivateClientCommand(caller, body, origin, options));
  }

  @Post('replace')
  @HttpCode(200)
  @LicenseKeyRoute('client:activate')
  @UseGuards(LicenseKeyGuard)
  @DescribeWrite(
    {
      operationId: 'replaceDevice',
      summary: 'Replace another device by this one',
      description:
        'Ends the activation of a device that the refusal of this device named, and activates this device, both or neither. A device that is activated keeps its activation, and the other one too. `signed: true` as in `activateDevice`.',
    },
    {
      404: ['LICENSE_NOT_FOUND', 'ACTIVATION_NOT_FOUND'],
      403: ['LICENSE_RESTRICTED', 'DEVICE_BLOCKED'],
      409: [
        'KEY_REPLACED',
        'LICENSE_STATE',
        'REPLACEMENT_TOKEN_INVALID',
        'SEAT_LENT',
        'DEACTIVATION_LIMIT_REACHED',
        'ACTIVATION_LIMIT_REACHED',
      ],
    },
  )
  @ApiOkResponse({ standardSchema: ClientActivation })
  replace(
    @SeatRequester() caller: LicenseKeyCaller,
    @Body({ schema: ClientReplaceRequest }) body: ClientReplaceRequest,
    @RequestOrigin() origin: Origin,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new ReplaceClientCommand(caller, body, origin, options));
  }

  @Post('deactivate')
  @HttpCode(200)
  @LicenseKeyRoute('client:activate')
  @UseGuards(LicenseKeyGuard)
  @DescribeWrite(
    { operationId: 'deactivateDevice', summary: 'Deactivate this device', description: 'Frees its seat. Idempotent.' },
    {
      404: ['LICENSE_NOT_FOUND', 'ACTIVATION_NOT_FOUND'],
      409: ['KEY_REPLACED', 'SEAT_LENT', 'DEACTIVATION_LIMIT_REACHED'],
    },
  )
  @ApiOkResponse({ standardSchema: ActivationResponse })
  deactivate(
    @CurrentLicenseKeyCaller() { actor, licenseId, evidence }: LicenseKeyCaller,
    @Body({ schema: DeviceRequest }) { fingerprint }: DeviceRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    const from = { ...options, unlocked: evidence };
    return this.commands.execute(new DeactivateDeviceCommand(actor, licenseId, { fingerprint }, from));
  }

  @Post('heartbeat')
  @HttpCode(200)
  @LicenseKeyRoute('client:activate')
  @UseGuards(LicenseKeyGuard)
  @DescribeWrite(
    { operationId: 'sendHeartbeat', summary: 'Send a heartbeat', description: 'Extends the lease of a floating seat.' },
    {
      404: ['LICENSE_NOT_FOUND', 'ACTIVATION_NOT_FOUND'],
      403: ['DEVICE_BLOCKED'],
      409: ['KEY_REPLACED', 'LICENSE_STATE', 'HEARTBEAT_EXPIRED', 'NOT_ACTIVATED'],
    },
  )
  @ApiOkResponse({ standardSchema: ActivationResponse })
  heartbeat(
    @CurrentLicenseKeyCaller() { actor, licenseId, evidence }: LicenseKeyCaller,
    @Body({ schema: DeviceRequest }) { fingerprint }: DeviceRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    const from = { ...options, unlocked: evidence };
    return this.commands.execute(new HeartbeatCommand(actor, licenseId, fingerprint, from));
  }

  @Post('check-out')
  @HttpCode(200)
  @LicenseKeyRoute('client:activate')
  @UseGuards(LicenseKeyGuard)
  @DescribeWrite(
    {
      operationId: 'checkOutLicenseFile',
      summary: 'Get a license file',
      description: 'For offline use on this device until `expires_at`.',
    },
    {
      ...UNKNOWN_LICENSE_KEY,
      403: ['LICENSE_RESTRICTED', 'DEVICE_BLOCKED'],
      409: [
        'KEY_REPLACED',
        'LICENSE_STATE',
        'ACTIVATION_LIMIT_REACHED',
        'DEACTIVATION_LIMIT_REACHED',
        'NO_ACTIVE_SIGNING_KEY',
      ],
    },
  )
  @ApiOkResponse({ standardSchema: LicenseFileResponse })
  checkOut(
    @SeatRequester() caller: LicenseKeyCaller,
    @Body({ schema: ClientCheckOutRequest }) body: ClientCheckOutRequest,
    @RequestOrigin() origin: Origin,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CheckOutClientCommand(caller, body, origin, options));
  }

  @Post('entitlements')
  @HttpCode(200)
  @LicenseKeyRoute('client:validate')
  @UseGuards(LicenseKeyGuard)
  @DescribeQuery(
    {
      operationId: 'getEntitlements',
      summary: 'Get entitlements',
      description: 'The features of the license with availability and usage.',
    },
    {
      ...UNKNOWN_LICENSE_KEY,
      409: ['KEY_REPLACED', 'LICENSE_STATE'],
    },
  )
  @ApiOkResponse({ standardSchema: Entitlements })
  entitlements(
    @CurrentLicenseKeyCaller() { evidence }: LicenseKeyCaller,
    @Body({ schema: EntitlementsRequest }) { features }: EntitlementsRequest,
  ) {
    return this.queries.execute(new GetEntitlementsQuery(evidence, features));
  }

  @Post('usage/consume')
  @HttpCode(200)
  @LicenseKeyRoute('client:usage')
  @UseGuards(LicenseKeyGuard)
  @DescribeWrite(
    { operationId: 'consumeUsage', summary: 'Consume usage of a feature', description: 'All or nothing.' },
    { ...UNKNOWN_LICENSE_KEY, 403: ['DEVICE_BLOCKED'], 409: [...USAGE_CODES, 'USAGE_EXCEEDED'] },
  )
  @ApiOkResponse({ standardSchema: UsageResponse })
  consume(
    @UnblockedLicenseKeyCaller() { actor, licenseId, evidence }: LicenseKeyCaller,
    @Body({ schema: UsageRequest }) { feature_id, amount }: UsageRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    const from = { ...options, license: evidence.license };
    return this.commands.execute(new ConsumeUsageCommand(actor, licenseId, { feature_id, amount }, from));
  }

  @Post('usage/release')
  @HttpCode(200)
  @LicenseKeyRoute('client:usage')
  @UseGuards(LicenseKeyGuard)
  @DescribeWrite(
    {
      operationId: 'releaseUsage',
      summary: 'Release usage of a feature',
      description: 'Returns usage that was consumed in the current period.',
    },
    { ...UNKNOWN_LICENSE_KEY, 403: ['DEVICE_BLOCKED'], 409: [...USAGE_CODES, 'USAGE_NOT_HELD'] },
  )
  @ApiOkResponse({ standardSchema: UsageResponse })
  release(
    @UnblockedLicenseKeyCaller() { actor, licenseId, evidence }: LicenseKeyCaller,
    @Body({ schema: UsageRequest }) { feature_id, amount }: UsageRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    const from = { ...options, license: evidence.license };
    return this.commands.execute(new ReleaseUsageCommand(actor, licenseId, { feature_id, amount }, from));
  }
}
