import { QueryClient } from '@tanstack/react-query';
import { ProblemError } from './problem';

const MAX_RETRIES = 2;

/** Tries reads again that failed for a passing reason; a refusal stays what it is. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < MAX_RETRIES && error instanceof ProblemError && error.isPassing,
    },
  },
});
