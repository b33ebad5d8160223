import { Badge, type Tone } from '../../parts/badge';
import { useWord } from '../../text/texts';

const TONES: Readonly<Record<string, Tone>> = {
  RUNNING: 'info',
  WAITING: 'info',
  STALLED: 'warn',
  COMPLETED: 'good',
  FAILED: 'bad',
  CANCELLED: 'quiet',
};

export function RunState({ state }: { state: string }) {
  const word = useWord();
  return (
    <Badge tone={TONES[state] ?? 'quiet'} dot>
      {word('run', state)}
    </Badge>
  );
}
