import { useState, type ReactNode } from 'react';

/**
 * Keeps the state of a resource that a form began with, so that a newer one does not replace what somebody is typing. A save brings the newest.
 */
export function Pinned<T extends { readonly version: number }>({
  resource,
  children,
}: {
  resource: T;
  children: (pinned: T, pin: (saved: T) => void) => ReactNode;
}) {
  const [pinned, pin] = useState(resource);
  return <div key={pinned.version}>{children(pinned, pin)}</div>;
}
