import { useSyncExternalStore } from 'react';

const STORED = 'imprimatur.single-keys';
const OFF = 'off';

const listeners = new Set<() => void>();

/** Whether single keys are shortcuts. Somebody who speaks to the computer or hits keys by accident turns them off. */
export function areSingleKeysOn(): boolean {
  return localStorage.getItem(STORED) !== OFF;
}

export function turnSingleKeys(isOn: boolean): void {
  if (isOn) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, OFF);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSingleKeys(): boolean {
  return useSyncExternalStore(subscribe, areSingleKeysOn);
}
