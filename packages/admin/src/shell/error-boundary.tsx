import { Component, type ReactNode } from 'react';
import { Button } from '../parts/button';
import { Refusal } from '../parts/states';
import { useText } from '../text/texts';

/** Shows a fault of the application in place of a white page. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error: toError(error) };
  }

  override render() {
    return this.state.error ? <Broken error={this.state.error} /> : this.props.children;
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

export function Broken({ error }: { error: unknown }) {
  const t = useText();
  return (
    <main>
      <Refusal isPage error={toError(error)} />
      <p className="text-center">
        <Button
          onClick={() => {
            location.reload();
          }}
        >
          {t('reload')}
        </Button>
      </p>
    </main>
  );
}
