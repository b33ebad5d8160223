import { useEffect, useState } from 'react';

const TYPING_MS = 250;

/** Returns a text as it was a moment ago, so that not every letter asks the server. */
export function useSettled(text: string, ms = TYPING_MS): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled(text);
    }, ms);
    return () => {
      clearTimeout(timer);
    };
  }, [text, ms]);
  return settled;
}
