import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { DescribeQuery } from '../shared/http/api.decorators.js';
import { UuidParameter } from '../shared/http/schema.js';
import { CurrentActor, OpenToPartners, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { ExplainRequest } from './explain.requests.js';
import { ExplainResponse } from './explain.response.js';
import { ExplainLicenseQuery } from './queries/explain-license.query.js';

@ApiTags('Licenses')
@Controller('v1/licenses/:license_id/explain')
export class ExplainController {
  constructor(private readonly queries: QueryBus) {}

  @Post()
  @HttpCode(200)
  @OpenToPartners()
  @RequirePermission('licenses:read')
  @DescribeQuery(
    {
      operationId: 'explainLicense',
      summary: 'Explain a validation result',
      description: 'Dry run of `validateLicense`. With `as_of`: the result at a past time.',
    },
    {
      404: ['LICENSE_NOT_FOUND'],
      409: ['HISTORY_TOO_LONG'],
    },
  )
  @ApiOkResponse({ standardSchema: ExplainResponse })
  explain(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: ExplainRequest }) body: ExplainRequest,
  ) {
    return this.queries.execute(new ExplainLicenseQuery(actor, licenseId, body));
  }
}
