export { EndSessionCommand } from './commands/end-session.command.js';
export { SessionEndedEvent, SessionStartedEvent } from './events/session.events.js';
export { ListSessionsQuery } from './queries/list-sessions.query.js';
export { SessionsModule } from './sessions.module.js';
export { createSignInLink, SignInLinkError, signInUrl } from './sign-in-links.js';
