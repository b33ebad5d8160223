import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { Texts } from './text/texts';
import { ErrorBoundary } from './shell/error-boundary';
import { queryClient } from './api/query-client';
import { Toasts } from './parts/toasts';
import { router } from './router';

export function App() {
  return (
    <Texts>
      <ErrorBoundary>
        <CSPProvider disableStyleElements>
          <QueryClientProvider client={queryClient}>
            <Toasts>
              <RouterProvider router={router} />
            </Toasts>
          </QueryClientProvider>
        </CSPProvider>
      </ErrorBoundary>
    </Texts>
  );
}
