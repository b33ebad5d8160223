import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import { DescribeChange } from '../../shared/http/api.decorators.js';
import { ChangeOptions } from '../../shared/http/command-options.decorators.js';
import { UuidParameter } from '../../shared/http/schema.js';
import {
  CurrentActor,
  OpenToPartners,
  RequirePermission,
  RequireRecentSignIn,
} from '../../shared/access/access.decorators.js';
import { Actor } from '../../shared/access/actor.js';
import type { PartnerAction } from '../partner-allowance.js';
import { LicenseWithNewKey, RevealedLicenseKey } from '../license.response.js';
import { RevealLicenseKeyCommand } from './reveal-license-key.command.js';
import { RotateLicenseKeyCommand } from './rotate-license-key.command.js';
import { RotateLicenseKeyRequest } from './rotate-license-key.requests.js';

/** The license key of a license. */
@ApiTags('Licenses')
@Controller('v1/licenses/:license_id')
export class LicenseKeysController {
  constructor(private readonly commands: CommandBus) {}

  @Post('reveal-key')
  @HttpCode(200)
  @RequirePermission('licenses:reveal-key')
  @RequireRecentSignIn()
  @DescribeChange(
    { operationId: 'revealLicenseKey', summary: 'Reveal a license key', description: 'Recorded in the event log.' },
    { 403: ['RECENT_SIGN_IN_REQUIRED'], 404: ['LICENSE_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: RevealedLicenseKey })
  reveal(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new RevealLicenseKeyCommand(actor, licenseId, options));
  }

  @Post('rotate-key')
  @HttpCode(200)
  @OpenToPartners('rotate-key' satisfies PartnerAction)
  @RequirePermission('licenses:rotate-key')
  @DescribeChange(
    {
      operationId: 'rotateLicenseKey',
      summary: 'Replace a license key',
      description:
        'The license stays as it is. The former license key works until the end of the overlap, with the warning KEY_ROTATED; then it is KEY_REPLACED. Five former license keys are kept: while the oldest of them works, another overlap is refused.',
    },
    { 403: ['POOL_NOT_ALLOWED'], 404: ['LICENSE_NOT_FOUND'], 409: ['LICENSE_STATE', 'KEY_OVERLAP_RUNNING'] },
  )
  @ApiOkResponse({ standardSchema: LicenseWithNewKey })
  rotate(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: RotateLicenseKeyRequest }) body: z.infer<typeof RotateLicenseKeyRequest>,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new RotateLicenseKeyCommand(actor, licenseId, body, options));
  }
}
