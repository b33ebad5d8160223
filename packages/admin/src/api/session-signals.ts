/** News of the session that requests bring, for the shell to show. */
interface Listener {
  /** A request was refused because nobody is signed in. */
  signedOut(): void;
  /** Resolves to whether the person has confirmed who they are. */
  confirm(): Promise<boolean>;
}

let listener: Listener | undefined;

export function listenToSession(to: Listener): () => void {
  listener = to;
  return () => {
    if (listener === to) listener = undefined;
  };
}

export function signedOut(): void {
  listener?.signedOut();
}

export function confirmSession(): Promise<boolean> {
  return listener?.confirm() ?? Promise.resolve(false);
}

const endings = new Set<() => void>();

/** Calls a function whenever the one who was signed in, or the tenant, is another one or gone. */
export function onSessionEnd(listener: () => void): void {
  endings.add(listener);
}

export function sessionEnded(): void {
  for (const listener of endings) listener();
}
