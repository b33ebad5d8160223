import { useProblemText } from '../text/problems';

/** A problem in one line: what it means, and what the server says in English where that has facts. */
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
        <span lang="en" className="block">
          {facts}
        </span>
      )}
    </>
  );
}
