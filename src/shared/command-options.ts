/**
 * What every command takes besides its content. Empty for now: an idempotency key comes here, so that callers need not
 * change when it does.
 */
export type CommandOptions = Readonly<Record<string, never>>;
