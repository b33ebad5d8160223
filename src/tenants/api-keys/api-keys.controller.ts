import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import { ReasonRequest } from '../../shared/http/action-reason.js';
import {
  CreatedAt,
  DescribeChange,
  DescribeList,
  DescribeRead,
  DescribeWrite,
} from '../../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../../shared/http/command-options.decorators.js';
import { ListOf } from '../../shared/http/streams/list.decorator.js';
import { UuidParameter } from '../../shared/http/schema.js';
import { CurrentActor, RequirePermission, RequireRecentSignIn } from '../../shared/access/access.decorators.js';
import { Actor } from '../../shared/access/actor.js';
import { CreateApiKeyRequest, ListApiKeysRequest, RotateApiKeyRequest } from './api-key.requests.js';
import { CreateApiKeyCommand } from './create-api-key.command.js';
import { RevokeApiKeyCommand } from './revoke-api-key.command.js';
import { RotateApiKeyCommand } from './rotate-api-key.command.js';
import { GetApiKeyQuery } from './get-api-key.query.js';
import { ListApiKeysQuery } from './list-api-keys.query.js';
import { ApiKeyPage, ApiKeyResponse, IssuedApiKey } from './api-key.response.js';

@ApiTags('API keys')
@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @RequirePermission('api-keys:manage')
  @RequireRecentSignIn()
  @DescribeWrite(
    { operationId: 'createApiKey', summary: 'Create an API key', description: 'The key is returned once.' },
    { 403: ['GRANT_EXCEEDED', 'RECENT_SIGN_IN_REQUIRED'] },
  )
  @CreatedAt('/v1/api-keys', 'id')
  @ApiCreatedResponse({ standardSchema: IssuedApiKey })
  create(
    @CurrentActor() actor: Actor,
    @Body({ schema: CreateApiKeyRequest }) body: CreateApiKeyRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CreateApiKeyCommand(actor, body, options));
  }

  @Get()
  @RequirePermission('api-keys:manage')
  @DescribeList({ operationId: 'listApiKeys', summary: 'List API keys', description: 'Newest first.' })
  @ListOf(ApiKeyPage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListApiKeysRequest }) query: ListApiKeysRequest) {
    return this.queries.execute(new ListApiKeysQuery(actor, query));
  }

  @Get(':key_id')
  @RequirePermission('api-keys:manage')
  @DescribeRead(
    { operationId: 'getApiKey', summary: 'Get an API key', description: 'Without its secret.' },
    { 404: ['API_KEY_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: ApiKeyResponse })
  get(@CurrentActor() actor: Actor, @Param('key_id', { schema: UuidParameter }) keyId: string) {
    return this.queries.execute(new GetApiKeyQuery(actor, keyId));
  }

  @Post(':key_id/rotate')
  @HttpCode(200)
  @RequirePermission('api-keys:manage')
  @RequireRecentSignIn()
  @DescribeChange(
    { operationId: 'rotateApiKey', summary: 'Rotate an API key', description: 'The new key is returned once.' },
    {
      403: ['GRANT_EXCEEDED', 'RECENT_SIGN_IN_REQUIRED'],
      404: ['API_KEY_NOT_FOUND'],
      409: ['API_KEY_INACTIVE'],
    },
  )
  @ApiOkResponse({ standardSchema: IssuedApiKey })
  rotate(
    @CurrentActor() actor: Actor,
    @Param('key_id', { schema: UuidParameter }) keyId: string,
    @Body({ schema: RotateApiKeyRequest }) body: RotateApiKeyRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new RotateApiKeyCommand(actor, keyId, body, options));
  }

  @Post(':key_id/revoke')
  @HttpCode(200)
  @RequirePermission('api-keys:manage')
  @RequireRecentSignIn()
  @DescribeChange(
    { operationId: 'revokeApiKey', summary: 'Revoke an API key', description: 'Permanent.' },
    { 403: ['RECENT_SIGN_IN_REQUIRED'], 404: ['API_KEY_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: ApiKeyResponse })
  revoke(
    @CurrentActor() actor: Actor,
    @Param('key_id', { schema: UuidParameter }) keyId: string,
    @Body({ schema: ReasonRequest }) body: ReasonRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new RevokeApiKeyCommand(actor, keyId, body, options));
  }
}
