/** News of the session that requests bring, for the shell to show. */
interface Listener {
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
