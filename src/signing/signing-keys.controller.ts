import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { CreatedAt, DescribeChange, DescribeList, DescribeRead, DescribeWrite } from '../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../shared/http/command-options.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { CurrentActor, RequirePermission, RequireRecentSignIn } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { ActivateSigningKeyCommand } from './commands/activate-signing-key.command.js';
import { CreateSigningKeyCommand } from './commands/create-signing-key.command.js';
import { RetireSigningKeyCommand } from './commands/retire-signing-key.command.js';
import { RevokeSigningKeyCommand } from './commands/revoke-signing-key.command.js';
import { GetSigningKeyQuery } from './queries/get-signing-key.query.js';
import { ListSigningKeysQuery } from './queries/list-signing-keys.query.js';
import { EndSigningKeyRequest, Kid, ListSigningKeysRequest } from './signing-key.requests.js';
import { SigningKeyPage, SigningKeyResponse } from './signing-key.response.js';

const ACTION_CODES = {
  403: ['RECENT_SIGN_IN_REQUIRED'],
  404: ['SIGNING_KEY_NOT_FOUND'],
  409: ['SIGNING_KEY_STATE'],
} as const;
const END_CODES = { ...ACTION_CODES, 409: ['SIGNING_KEY_STATE', 'ONLY_ACTIVE_SIGNING_KEY'] } as const;

@ApiTags('Signing keys')
@Controller('v1/signing-keys')
export class SigningKeysController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @RequirePermission('signing-keys:manage')
  @RequireRecentSignIn()
  @DescribeWrite(
    {
      operationId: 'createSigningKey',
      summary: 'Create a signing key',
      description: 'Published, but not used until activated.',
    },
    { 403: ['RECENT_SIGN_IN_REQUIRED'] },
  )
  @CreatedAt('/v1/signing-keys', 'kid')
  @ApiCreatedResponse({ standardSchema: SigningKeyResponse })
  create(@CurrentActor() actor: Actor, @WriteOptions() options: CommandOptions) {
    return this.commands.execute(new CreateSigningKeyCommand(actor, options));
  }

  @Get()
  @RequirePermission('signing-keys:read')
  @DescribeList({ operationId: 'listSigningKeys', summary: 'List signing keys', description: 'Newest first.' })
  @ListOf(SigningKeyPage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListSigningKeysRequest }) query: ListSigningKeysRequest) {
    return this.queries.execute(new ListSigningKeysQuery(actor, query));
  }

  @Get(':kid')
  @RequirePermission('signing-keys:read')
  @DescribeRead({ operationId: 'getSigningKey', summary: 'Get a signing key' }, { 404: ['SIGNING_KEY_NOT_FOUND'] })
  @ApiOkResponse({ standardSchema: SigningKeyResponse })
  get(@CurrentActor() actor: Actor, @Param('kid', { schema: Kid }) kid: string) {
    return this.queries.execute(new GetSigningKeyQuery(actor, kid));
  }

  @Post(':kid/activate')
  @HttpCode(200)
  @RequirePermission('signing-keys:manage')
  @RequireRecentSignIn()
  @DescribeChange(
    { operationId: 'activateSigningKey', summary: 'Activate a signing key', description: 'Retires the active one.' },
    ACTION_CODES,
  )
  @ApiOkResponse({ standardSchema: SigningKeyResponse })
  activate(
    @CurrentActor() actor: Actor,
    @Param('kid', { schema: Kid }) kid: string,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new ActivateSigningKeyCommand(actor, kid, options));
  }

  @Post(':kid/retire')
  @HttpCode(200)
  @RequirePermission('signing-keys:manage')
  @RequireRecentSignIn()
  @DescribeChange(
    {
      operationId: 'retireSigningKey',
      summary: 'Retire a signing key',
      description: 'Existing signatures stay valid. The active key requires `force`; activate another key instead.',
    },
    END_CODES,
  )
  @ApiOkResponse({ standardSchema: SigningKeyResponse })
  retire(
    @CurrentActor() actor: Actor,
    @Param('kid', { schema: Kid }) kid: string,
    @Body({ schema: EndSigningKeyRequest }) body: EndSigningKeyRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new RetireSigningKeyCommand(actor, kid, body, options));
  }

  @Post(':kid/revoke')
  @HttpCode(200)
  @RequirePermission('signing-keys:manage')
  @RequireRecentSignIn()
  @DescribeChange(
    {
      operationId: 'revokeSigningKey',
      summary: 'Revoke a signing key',
      description: 'For a compromised key; unpublished at once. The active key requires `force`.',
    },
    END_CODES,
  )
  @ApiOkResponse({ standardSchema: SigningKeyResponse })
  revoke(
    @CurrentActor() actor: Actor,
    @Param('kid', { schema: Kid }) kid: string,
    @Body({ schema: EndSigningKeyRequest }) body: EndSigningKeyRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new RevokeSigningKeyCommand(actor, kid, body, options));
  }
}
