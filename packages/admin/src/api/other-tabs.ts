const channel = new BroadcastChannel('imprimatur.session');

/** Names who is signed in to the other tabs of this browser: they share the cookie. Nobody is undefined. */
export function tellOtherTabs(owner: string | undefined): void {
  channel.postMessage(owner);
}

/** Calls a function with who is signed in whenever another tab says so. Returns the function that ends it. */
export function listenToOtherTabs(listener: (owner: string | undefined) => void): () => void {
  const listen = ({ data }: MessageEvent<string | undefined>) => {
    listener(data);
  };
  channel.addEventListener('message', listen);
  return () => {
    channel.removeEventListener('message', listen);
  };
}
