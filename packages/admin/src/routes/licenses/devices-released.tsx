import type { Schemas } from '../../api/client';
import { Time } from '../../parts/time';
import { useText } from '../../text/texts';

/** Says how many devices lost their seats, and how many keep them because of a license file. */
export function DevicesReleased({ devices: { deactivated, held, held_until } }: { devices: Schemas['DevicesReset'] }) {
  const t = useText();
  return (
    <p className="mt-3 text-sm" role="status">
      {t('devices.released', { count: deactivated })}{' '}
      {held > 0 && (
        <>
          {t('devices.held', { count: held })} {held_until !== null && <Time at={held_until} />}
        </>
      )}
    </p>
  );
}
