import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { DescribeQuery } from '../shared/http/api.decorators.js';
import { CurrentActor, OpenToPartners, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { ISSUE_PROBLEMS } from '../licensing/index.js';
import { PreviewLicenseRequest, PreviewTemplateRequest } from './preview.requests.js';
import { IssuePreview } from './preview.response.js';
import { PreviewLicenseQuery } from './queries/preview-license.query.js';

@Controller('v1')
export class PreviewController {
  constructor(private readonly queries: QueryBus) {}

  @Post('licenses::preview')
  @HttpCode(200)
  @ApiTags('Licenses')
  @OpenToPartners()
  @RequirePermission('licenses:issue')
  @DescribeQuery(
    {
      operationId: 'previewLicense',
      summary: 'Preview a license',
      description:
        'What `issueLicense` would issue or refuse, and the result of a validation after it. Stores nothing.',
    },
    ISSUE_PROBLEMS,
  )
  @ApiOkResponse({ standardSchema: IssuePreview })
  license(@CurrentActor() actor: Actor, @Body({ schema: PreviewLicenseRequest }) body: PreviewLicenseRequest) {
    const { validate, ...request } = body;
    return this.queries.execute(new PreviewLicenseQuery(actor, { request }, validate));
  }

  @Post('license-templates::preview')
  @HttpCode(200)
  @ApiTags('License templates')
  @RequirePermission('templates:write')
  @DescribeQuery(
    {
      operationId: 'previewTemplate',
      summary: 'Preview a license of a new template',
      description:
        'What a template that is not stored would issue. Refuses what `createTemplate` and `issueLicense` refuse.',
    },
    {
      404: ['PRODUCT_NOT_FOUND', 'CUSTOMER_NOT_FOUND'],
      409: [
        'TEMPLATE_EXISTS',
        'TEMPLATE_NAME_TAKEN',
        'TEMPLATE_INACTIVE',
        'PRODUCT_INACTIVE',
        'CUSTOMER_INACTIVE',
        'TRIAL_NOT_ALLOWED',
        'TRIAL_ALREADY_USED',
        'EXPIRY_TOO_FAR',
      ],
    },
  )
  @ApiOkResponse({ standardSchema: IssuePreview })
  template(@CurrentActor() actor: Actor, @Body({ schema: PreviewTemplateRequest }) body: PreviewTemplateRequest) {
    const { template, license: request = { metadata: {} }, validate } = body;
    return this.queries.execute(new PreviewLicenseQuery(actor, { template, request }, validate));
  }
}
