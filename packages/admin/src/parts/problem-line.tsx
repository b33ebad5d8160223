import { useProblemText } from '../text/problems';
import { FactsText } from './facts-text';

/** A problem in one line: what it means, and what the server says where that has facts. */
export function ProblemLine({
  code,
  detail,
  hasFacts,
}: {
  code: string;
  detail?: string | undefined;
  hasFacts?: true;
}) {
  const { meaning, facts = hasFacts && detail } = useProblemText()({ code, detail });
  return (
    <>
      {meaning}
      {facts !== undefined && facts !== meaning && (
        <FactsText as="span" className="block">
          {facts}
        </FactsText>
      )}
    </>
  );
}
