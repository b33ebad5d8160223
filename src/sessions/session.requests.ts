import { z } from 'zod';
import { pageParameters } from '../shared/http/paging.js';
import { text } from '../shared/http/schema.js';

const MAX_CREDENTIAL = 200;

export const SignInRequest = z
  .strictObject({
    api_key: text(MAX_CREDENTIAL).optional(),
    code: text(MAX_CREDENTIAL).optional().meta({ description: 'Code of the link that `npm run admin-link` prints.' }),
  })
  .refine(({ api_key, code }) => (api_key === undefined) !== (code === undefined), {
    path: ['api_key'],
    error: 'is required unless `code` is set',
  })
  .meta({
    id: 'SignInRequest',
    minProperties: 1,
    examples: [{ api_key: 'imp_0123456789ABCDEFGHIJKLMNOPQRSTUV0aBcDe' }],
  });
export type SignInRequest = z.infer<typeof SignInRequest>;

/** Page of this server to return to; an address elsewhere would let a link lead away from it. */
const RETURN_TO = /^\/admin\/[\w\-./~?=&%]*$/;

export const OidcSignInRequest = z.strictObject({
  return_to: z.string().max(500).regex(RETURN_TO, 'must be a path below /admin/').default('/admin/'),
  again: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .default(false)
    .meta({ description: 'Asks for the password even of a person who is signed in.' }),
});
export type OidcSignInRequest = z.infer<typeof OidcSignInRequest>;

export const BackChannelLogoutRequest = z
  .strictObject({ logout_token: text(10_000) })
  .meta({ id: 'BackChannelLogoutRequest', examples: [{ logout_token: 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln' }] });
export type BackChannelLogoutRequest = z.infer<typeof BackChannelLogoutRequest>;

export const ListSessionsRequest = z.strictObject(pageParameters);
export type ListSessionsRequest = z.infer<typeof ListSessionsRequest>;
