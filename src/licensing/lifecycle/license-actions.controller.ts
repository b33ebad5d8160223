import { Body, Controller, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import { DescribeChange } from '../../shared/http/api.decorators.js';
import { ChangeOptions } from '../../shared/http/command-options.decorators.js';
import { UuidParameter } from '../../shared/http/schema.js';
import { CurrentActor, OpenToPartners, RequirePermission } from '../../shared/access/access.decorators.js';
import { Actor } from '../../shared/access/actor.js';
import { ChangeLicenseTemplateCommand } from './commands/change-license-template.command.js';
import { ConvertTrialCommand } from './commands/convert-trial.command.js';
import { ReinstateLicenseCommand } from './commands/reinstate-license.command.js';
import { RenewLicenseCommand } from './commands/renew-license.command.js';
import { RevokeLicenseCommand } from './commands/revoke-license.command.js';
import { SuspendLicenseCommand } from './commands/suspend-license.command.js';
import { TransferLicenseCommand } from './commands/transfer-license.command.js';
import { UpdateLicenseCommand } from './commands/update-license.command.js';
import {
  ChangeLicenseTemplateRequest,
  ConvertTrialRequest,
  LicenseActionRequest,
  ReasonedActionRequest,
  RenewLicenseRequest,
  TransferLicenseRequest,
  UpdateLicenseRequest,
} from '../license-action.requests.js';
import type { PartnerAction } from '../partner-allowance.js';
import { LicenseOnOtherTerms, LicenseResponse, TransferredLicense } from '../license.response.js';

/** To the key of a partner, if the pool of the license does not allow the action. */
const PARTNER = ['POOL_NOT_ALLOWED'] as const;
const NOT_FOUND = ['LICENSE_NOT_FOUND'] as const;
const TEMPLATE = [
  'EXPIRY_TOO_FAR',
  'LICENSE_FILE_OUTSTANDING',
  'TEMPLATE_PRODUCT_MISMATCH',
  'TEMPLATE_IS_TRIAL',
  'TEMPLATE_INACTIVE',
  'PRODUCT_INACTIVE',
] as const;
/** A license that was returned to its pool is taken from it again when it is in force again. */
const POOL = ['POOL_EXHAUSTED', 'POOL_EXPIRED'] as const;
/** A license may move into the pool of another template. */
const POOL_MOVE = [...POOL, 'POOL_REQUIRED', 'POOL_TEMPLATE_MISMATCH', 'PARTNER_STATE'] as const;
const EXPIRY = ['LICENSE_STATE', 'LICENSE_NEVER_EXPIRES', 'EXPIRY_TOO_FAR', ...POOL] as const;

/** Actions on an existing license. */
@ApiTags('Licenses')
@Controller('v1/licenses/:license_id')
@ApiOkResponse({ standardSchema: LicenseResponse })
export class LicenseActionsController {
  constructor(private readonly commands: CommandBus) {}

  @Patch()
  @RequirePermission('licenses:write')
  @DescribeChange(
    {
      operationId: 'updateLicense',
      summary: 'Update a license',
      description: 'JSON Merge Patch. Does not change the status.',
    },
    {
      404: NOT_FOUND,
      409: [...EXPIRY, 'LICENSE_FILE_OUTSTANDING', 'SUBSCRIPTION_MANAGED'],
    },
  )
  update(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: UpdateLicenseRequest }) body: UpdateLicenseRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new UpdateLicenseCommand(actor, licenseId, body, options));
  }

  @Post('renew')
  @HttpCode(200)
  @OpenToPartners('renew' satisfies PartnerAction)
  @RequirePermission('licenses:renew')
  @DescribeChange(
    {
      operationId: 'renewLicense',
      summary: 'Renew a license',
      description: 'Extends the expiry date, or starts now if the license has expired.',
    },
    { 403: PARTNER, 404: NOT_FOUND, 409: EXPIRY },
  )
  renew(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: RenewLicenseRequest }) body: RenewLicenseRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new RenewLicenseCommand(actor, licenseId, body, options));
  }

  @Post('convert-trial')
  @HttpCode(200)
  @OpenToPartners('convert-trial' satisfies PartnerAction)
  @RequirePermission('licenses:renew')
  @DescribeChange(
    {
      operationId: 'convertTrial',
      summary: 'Convert a trial to a full license',
      description: 'The full term starts now.',
    },
    {
      403: PARTNER,
      404: [...NOT_FOUND, 'TEMPLATE_NOT_FOUND', 'POOL_NOT_FOUND'],
      409: ['LICENSE_STATE', 'LICENSE_NOT_TRIAL', ...TEMPLATE, ...POOL_MOVE],
    },
  )
  @ApiOkResponse({ standardSchema: LicenseOnOtherTerms })
  convertTrial(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: ConvertTrialRequest }) body: ConvertTrialRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new ConvertTrialCommand(actor, licenseId, body, options));
  }

  @Post('suspend')
  @HttpCode(200)
  @RequirePermission('licenses:suspend')
  @DescribeChange(
    {
      operationId: 'suspendLicense',
      summary: 'Suspend a license',
      description: 'Until it is reinstated. The expiry date does not move.',
    },
    { 404: NOT_FOUND, 409: ['LICENSE_STATE'] },
  )
  suspend(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: ReasonedActionRequest }) body: ReasonedActionRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new SuspendLicenseCommand(actor, licenseId, body, options));
  }

  @Post('reinstate')
  @HttpCode(200)
  @RequirePermission('licenses:suspend')
  @DescribeChange(
    { operationId: 'reinstateLicense', summary: 'Reinstate a suspended license' },
    { 404: NOT_FOUND, 409: ['LICENSE_STATE', ...POOL] },
  )
  reinstate(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: LicenseActionRequest }) body: LicenseActionRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new ReinstateLicenseCommand(actor, licenseId, body, options));
  }

  @Post('revoke')
  @HttpCode(200)
  @RequirePermission('licenses:revoke')
  @DescribeChange(
    {
      operationId: 'revokeLicense',
      summary: 'Revoke a license',
      description: 'Permanent. The license and its events are kept.',
    },
    { 404: NOT_FOUND, 409: ['LICENSE_STATE'] },
  )
  revoke(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: ReasonedActionRequest }) body: ReasonedActionRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new RevokeLicenseCommand(actor, licenseId, body, options));
  }

  @Post('transfer')
  @HttpCode(200)
  @OpenToPartners('transfer' satisfies PartnerAction)
  @RequirePermission('licenses:transfer')
  @DescribeChange(
    {
      operationId: 'transferLicense',
      summary: 'Transfer a license to another customer',
      description:
        'Without `rotate_key` and `deactivate_devices` the license key and the devices of the former customer go on working.',
    },
    {
      403: PARTNER,
      404: [...NOT_FOUND, 'CUSTOMER_NOT_FOUND'],
      409: ['LICENSE_STATE', 'LICENSE_IS_TRIAL', 'CUSTOMER_INACTIVE'],
    },
  )
  @ApiOkResponse({ standardSchema: TransferredLicense })
  transfer(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: TransferLicenseRequest }) body: TransferLicenseRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new TransferLicenseCommand(actor, licenseId, body, options));
  }

  @Post('change-template')
  @HttpCode(200)
  @OpenToPartners('change-template' satisfies PartnerAction)
  @RequirePermission('licenses:change-template')
  @DescribeChange(
    {
      operationId: 'changeLicenseTemplate',
      summary: 'Change the template of a license',
      description: 'Applies the current terms of another active template of the same product.',
    },
    {
      403: PARTNER,
      404: [...NOT_FOUND, 'TEMPLATE_NOT_FOUND', 'POOL_NOT_FOUND'],
      409: ['LICENSE_STATE', 'LICENSE_IS_TRIAL', ...TEMPLATE, ...POOL_MOVE],
    },
  )
  @ApiOkResponse({ standardSchema: LicenseOnOtherTerms })
  changeTemplate(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: ChangeLicenseTemplateRequest }) body: ChangeLicenseTemplateRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new ChangeLicenseTemplateCommand(actor, licenseId, body, options));
  }
}
