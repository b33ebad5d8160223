import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { DescribeRead } from '../shared/http/api.decorators.js';
import { ActorType } from '../shared/http/schema.js';
import { Authenticated, CurrentCaller, OpenToPartners } from '../shared/access/access.decorators.js';
import { Actor, PlatformActor } from '../shared/access/actor.js';

const Caller = z
  .object({
    type: ActorType,
    id: z.string().meta({ description: 'Id of the key, or `sub` of the access token.' }),
    issuer: z.string().nullable().meta({ description: '`iss` of the access token.' }),
    tenant_id: z.string().nullable().meta({ description: 'Null for a platform key without X-Tenant-Id.' }),
    partner_id: z.uuid().nullable().meta({ description: 'Partner that the key is bound to.' }),
    permissions: z.array(z.string()),
  })
  .meta({ id: 'Caller', description: 'The caller.' });

@ApiTags('Me')
@Controller('v1/me')
export class MeController {
  @Get()
  @Authenticated()
  @OpenToPartners()
  @DescribeRead({
    operationId: 'getCurrentCaller',
    summary: 'Get the caller and its permissions',
    description: 'Open to every valid API key and access token.',
  })
  @ApiOkResponse({ standardSchema: Caller })
  me(@CurrentCaller() caller: Actor | PlatformActor): z.infer<typeof Caller> {
    const { subject, permissions } = caller;
    return {
      type: subject.type,
      id: subject.id,
      issuer: subject.issuer ?? null,
      tenant_id: caller instanceof Actor ? caller.tenantId : null,
      partner_id: (caller instanceof Actor ? caller.partnerId : undefined) ?? null,
      permissions: [...permissions],
    };
  }
}
