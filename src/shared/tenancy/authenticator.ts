import type { Actor } from './actor.js';

/** What a bearer token turned out to be. `suspended` is told apart because its key is genuine. */
export type Authentication = { readonly actor: Actor } | { readonly suspended: true } | undefined;

/** Turns a bearer token into an actor. The guard stands in shared code; the module that keeps the keys fulfils this. */
export abstract class Authenticator {
  abstract authenticate(token: string): Promise<Authentication>;
}
