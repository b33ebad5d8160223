import { CircleStop, Download, FileUp } from 'lucide-react';
import { useState, type DragEvent } from 'react';
import { Button } from '../../parts/button';
import { Card } from '../../parts/card';
import { ChoiceSelect } from '../../parts/choice-select';
import { cn } from '../../parts/class-names';
import { toSpreadsheet } from '../../parts/csv';
import { download } from '../../parts/download';
import { Field, Select } from '../../parts/fields';
import { LeaveGuard } from '../../parts/form-state';
import { gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { ProblemLine } from '../../parts/problem-line';
import { Progress } from '../../parts/progress';
import { Fault } from '../../parts/states';
import { useText, useWord } from '../../text/texts';
import { guessMembers, MEMBERS, SYSTEMS, type ImportMapping, type System } from './import-lines';
import { refusedFile } from './refused-file';
import { cellOf, readSource, type SourceFile } from './source-file';
import { useImport, type ImportRun, type Outcome } from './use-import';

const MAX_FILE_BYTES = 100_000_000;
const SAMPLE_ROWS = 3;
const SHOWN_REFUSALS = 50;
const OUTCOMES: readonly Outcome[] = ['IMPORTED', 'IMPORTABLE', 'KNOWN', 'REFUSED'];

export const ImportPage = gated('licenses:import', Import);

function Import() {
  const t = useText();
  const word = useWord();
  const [file, setFile] = useState<SourceFile | undefined>();
  const [mapping, setMapping] = useState<ImportMapping>({ system: undefined, members: {}, templateId: '' });
  const { run, start, stop, reset } = useImport((fault) => word('importFault', fault));
  const isRunning = run?.isRunning === true;
  const choose = (chosen: SourceFile) => {
    setFile(chosen);
    setMapping({ ...mapping, members: guessMembers(chosen.columns) });
    reset();
  };
  const change = (changed: Partial<ImportMapping>) => {
    setMapping({ ...mapping, ...changed });
    reset();
  };
  return (
    <>
      <PageHeader title={t('import.title')} name={t('import.title')} hint={t('import.hint')} />
      <div className="space-y-5">
        <FileChoice file={file} disabled={isRunning} onChoose={choose} />
        {file && (
          <>
            <MappingCard file={file} mapping={mapping} disabled={isRunning} onChange={change} />
            <Card title={t('import.run')} hint={t('import.runHint')}>
              <div className="flex flex-wrap gap-2">
                <Button
                  look={run && !run.isRunning ? 'plain' : 'primary'}
                  busy={isRunning}
                  onClick={() => void start(file, mapping, true)}
                >
                  {t('import.check')}
                </Button>
                <Button
                  look={run && !run.isRunning ? 'primary' : 'plain'}
                  busy={isRunning}
                  onClick={() => void start(file, mapping, false)}
                >
                  {t('import.do', { count: file.rows.length })}
                </Button>
                {isRunning && (
                  <Button onClick={stop}>
                    <CircleStop aria-hidden />
                    {t('import.stop')}
                  </Button>
                )}
              </div>
              {run && <Results run={run} file={file} />}
            </Card>
          </>
        )}
      </div>
      <LeaveGuard isDirty={isRunning} />
    </>
  );
}

function FileChoice({
  file,
  disabled,
  onChoose,
}: {
  file: SourceFile | undefined;
  disabled: boolean;
  onChoose: (file: SourceFile) => void;
}) {
  const t = useText();
  const [isOver, setOver] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const read = (chosen: File | undefined) => {
    if (!chosen || disabled) return;
    setError(null);
    if (chosen.size > MAX_FILE_BYTES) {
      setError(new Error(t('import.tooLarge')));
      return;
    }
    readSource(chosen).then(onChoose, () => {
      setError(new Error(t('import.notText')));
    });
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    read(event.dataTransfer.files[0]);
  };
  return (
    <Card title={t('import.file')}>
      <label
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => {
          setOver(false);
        }}
        onDrop={onDrop}
        className={cn(
          'flex cursor-pointer flex-col items-center gap-2 rounded-lg border border-dashed border-line-strong px-6 py-8 text-center text-sm focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent',
          isOver ? 'bg-accent-soft' : 'hover:bg-sunken',
        )}
      >
        <FileUp className="size-6 text-soft" aria-hidden />
        <span className="font-medium">{file ? file.name : t('import.choose')}</span>
        <span className="text-xs text-soft">
          {file ? t('import.rows', { count: file.rows.length }) : t('import.chooseHint')}
        </span>
        <input
          type="file"
          accept=".csv,.ndjson,.jsonl,.json,text/csv"
          disabled={disabled}
          className="sr-only"
          onChange={({ target }) => {
            read(target.files?.[0]);
            // A file that was corrected can be chosen again.
            target.value = '';
          }}
        />
      </label>
      {error && (
        <div className="mt-4">
          <Fault error={error} />
        </div>
      )}
    </Card>
  );
}

function MappingCard({
  file,
  mapping,
  disabled,
  onChange,
}: {
  file: SourceFile;
  mapping: ImportMapping;
  disabled: boolean;
  onChange: (changed: Partial<ImportMapping>) => void;
}) {
  const t = useText();
  const word = useWord();
  const { system, members, templateId } = mapping;
  return (
    <Card title={t('import.mapping')}>
      <fieldset disabled={disabled} className="grid gap-4 sm:grid-cols-2">
        <Field label={t('import.system')}>
          {(aria) => (
            <Select
              {...aria}
              value={system ?? ''}
              onChange={({ target: { value } }) => onChange({ system: value === '' ? undefined : (value as System) })}
            >
              <option value="">{t('import.ownNames')}</option>
              {SYSTEMS.map((each) => (
                <option key={each} value={each}>
                  {word('importSystem', each)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {system === undefined && (
          <Field label={t('import.template')} hint={t('import.templateHint')}>
            {(aria) => (
              <ChoiceSelect
                {...aria}
                of="templates"
                none={t('import.noTemplate')}
                value={templateId}
                onChange={(id) => onChange({ templateId: id })}
              />
            )}
          </Field>
        )}
      </fieldset>
      {file.kind === 'csv' && system === undefined && (
        <Columns file={file} members={members} disabled={disabled} onChange={(all) => onChange({ members: all })} />
      )}
      {(file.kind === 'ndjson' || system !== undefined) && (
        <p className="mt-4 text-xs text-soft">{t(system === undefined ? 'import.ownHint' : 'import.systemHint')}</p>
      )}
    </Card>
  );
}

/** Choice of the field that each column of the file has. */
function Columns({
  file,
  members,
  disabled,
  onChange,
}: {
  file: SourceFile;
  members: Readonly<Record<string, string>>;
  disabled: boolean;
  onChange: (members: Record<string, string>) => void;
}) {
  const t = useText();
  const word = useWord();
  const sample = file.rows.filter(({ value }) => value).slice(0, SAMPLE_ROWS);
  const set = (column: string, member: string) => {
    const others = Object.entries(members).filter(([name, taken]) => name !== column && taken !== member);
    onChange(Object.fromEntries(member === '' ? others : [...others, [column, member]]));
  };
  return (
    <div className="mt-5 overflow-x-auto" tabIndex={0} role="region" aria-label={t('import.columns')}>
      <table className="w-full text-left text-sm">
        <thead className="text-xs text-soft">
          <tr>
            <th scope="col" className="py-1.5 pr-4 font-medium">
              {t('import.column')}
            </th>
            <th scope="col" className="py-1.5 pr-4 font-medium">
              {t('import.is')}
            </th>
            <th scope="col" className="py-1.5 font-medium">
              {t('import.sample')}
            </th>
          </tr>
        </thead>
        <tbody>
          {file.columns.map((column) => (
            <tr key={column} className="border-t border-line">
              <th scope="row" className="py-2 pr-4 font-mono text-xs font-medium break-all">
                {column}
              </th>
              <td className="py-2 pr-4">
                <Select
                  aria-label={t('import.columnIs', { column })}
                  disabled={disabled}
                  className="min-w-44"
                  value={members[column] ?? ''}
                  onChange={({ target }) => {
                    set(column, target.value);
                  }}
                >
                  <option value="">{t('import.leftOut')}</option>
                  {MEMBERS.map((member) => (
                    <option key={member} value={member}>
                      {word('importMember', member)}
                    </option>
                  ))}
                  <option value={metadataOf(column)}>{t('import.metadata', { column })}</option>
                </Select>
              </td>
              <td className="max-w-72 truncate py-2 text-xs text-soft">
                {sample.map(({ value }) => cellOf(value?.[column])).join(' · ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function metadataOf(column: string): string {
  return column.startsWith('metadata.') ? column : `metadata.${column}`;
}

function Results({ run, file }: { run: ImportRun; file: SourceFile }) {
  const t = useText();
  const word = useWord();
  const { results, isRunning, isStopped, isDry, error } = run;
  const refused = results
    .filter(({ outcome }) => outcome === 'REFUSED')
    .sort((one, other) => one.row.number - other.row.number);
  const counts = OUTCOMES.map(
    (outcome) => [outcome, results.filter((result) => result.outcome === outcome).length] as const,
  );
  const base = file.name.replace(/\.\w+$/, '');
  return (
    <div className="mt-5 space-y-4">
      <Progress label={t('import.run')} value={results.length} failed={refused.length} max={file.rows.length} />
      <p role="status" className="text-sm">
        {isRunning
          ? t('import.progress', { done: results.length, total: file.rows.length })
          : error || isStopped
            ? t('import.stopped', { done: results.length, total: file.rows.length })
            : t(isDry ? 'import.checked' : 'import.done')}{' '}
        {counts
          .filter(([, count]) => count > 0)
          .map(([outcome, count]) => `${word('importOutcome', outcome)}: ${count}`)
          .join(' · ')}
      </p>
      <Fault error={error} />
      {!isRunning && (
        <div className="flex flex-wrap gap-2">
          {!isDry && (
            <Button
              onClick={() => {
                download(`${base}.result.csv`, new Blob([resultFile(results)]));
              }}
            >
              <Download aria-hidden />
              {t('import.resultFile')}
            </Button>
          )}
          {refused.length > 0 && (
            <Button
              onClick={() => {
                download(`${base}.refused.csv`, new Blob([refusedFile(refused, file)]));
              }}
            >
              <Download aria-hidden />
              {t('import.refusedFile')}
            </Button>
          )}
        </div>
      )}
      {refused.length > 0 && (
        <table className="w-full text-left text-sm">
          <thead className="text-xs text-soft">
            <tr>
              <th scope="col" className="py-1.5 pr-4 font-medium">
                {t('import.line')}
              </th>
              <th scope="col" className="py-1.5 pr-4 font-medium">
                {t('import.code')}
              </th>
              <th scope="col" className="py-1.5 font-medium">
                {t('import.why')}
              </th>
            </tr>
          </thead>
          <tbody>
            {refused.slice(0, SHOWN_REFUSALS).map(({ row, code, detail }) => (
              <tr key={row.number} className="border-t border-line align-top">
                <td className="py-1.5 pr-4 tabular-nums">{row.number}</td>
                <td className="py-1.5 pr-4 font-mono text-xs break-all">{code}</td>
                <td className="py-1.5 wrap-anywhere">
                  {row.fault ? detail : <ProblemLine code={code ?? ''} detail={detail} hasFacts />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {refused.length > SHOWN_REFUSALS && <p className="text-xs text-soft">{t('import.moreInFile')}</p>}
    </div>
  );
}

function resultFile(results: ImportRun['results']): string {
  const header = ['import_line', 'outcome', 'license_id', 'license_key', 'import_code', 'import_detail'];
  return toSpreadsheet([
    header,
    ...results.map(({ row, outcome, license_id, license_key, code, detail }) => [
      row.number,
      outcome,
      license_id,
      license_key,
      code,
      detail,
    ]),
  ]);
}
