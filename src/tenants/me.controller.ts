import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { DescribeRead } from '../shared/http/api.decorators.js';
import { Authenticated, CurrentCaller } from '../shared/tenancy/access.decorators.js';
import { Actor, PlatformActor } from '../shared/tenancy/actor.js';

const Me = z
  .object({
    type: z.string().meta({ description: 'api_key, platform_key or user.' }),
    id: z.string().meta({ description: "The key's id, or the person's `sub`." }),
    issuer: z.string().nullable(),
    tenant_id: z.string().nullable().meta({ description: 'null for a platform key that acts for none.' }),
    permissions: z.array(z.string()),
  })
  .meta({ id: 'Me' });

@ApiTags('Me')
@Controller('v1/me')
export class MeController {
  @Get()
  @Authenticated()
  @DescribeRead({
    operationId: 'getCurrentCaller',
    summary: 'Get the caller and its permissions',
    description: 'Open to every valid API key and access token.',
  })
  @ApiOkResponse({ standardSchema: Me })
  me(@CurrentCaller() caller: Actor | PlatformActor): z.infer<typeof Me> {
    const { subject, permissions } = caller;
    return {
      type: subject.type,
      id: subject.id,
      issuer: subject.issuer ?? null,
      tenant_id: caller instanceof Actor ? caller.tenantId : null,
      permissions: [...permissions],
    };
  }
}
