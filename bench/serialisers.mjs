// Whether answers would be written sooner by a serialiser that is made from their schema, as Fastify can, than by JSON.stringify.
// `npm run bench -- --serialisers`.
import { isDeepStrictEqual } from 'node:util';
import fastJson from 'fast-json-stringify';
import { makeSeed } from './cluster.mjs';
import { startContender, warmUp } from './contenders.mjs';
import { showOnPage } from './documents.mjs';
import { machine } from './report.mjs';
import { get, list } from './requests.mjs';
import { spread } from './statistics.mjs';

const ROUNDS = 9;
const ROUND_MS = 400;

export async function compareSerialisers() {
  const ours = await startContender('ours', await makeSeed(1));
  await warmUp(ours, 1);
  const { components } = await (await fetch(`${ours.url}/openapi.json`)).json();
  const rows = [];
  for (const [name, schema, request] of [
    ['a license', 'License', get],
    ['a page of 100', 'LicensePage', list],
  ]) {
    const { path, headers } = request(ours);
    const answer = await (await fetch(ours.url + path, { headers })).json();
    const made = fastJson({ $ref: `#/components/schemas/${schema}`, components });
    // Members may come in another order.
    if (!isDeepStrictEqual(JSON.parse(made(answer)), answer)) throw new Error(`${name} comes out differently.`);
    rows.push(row(name, compare(answer, made)));
  }
  const text = [
    `${machine()}. Medians of ${ROUNDS} rounds in turn.`,
    `| | JSON.stringify: µs | made from the schema: µs | its time to that of JSON.stringify |\n| --- | ---: | ---: | ---: |\n${rows.join('\n')}`,
  ].join('\n\n');
  console.log(`\n${text}\n`);
  await showOnPage('serialisers', text);
  return true;
}

function compare(answer, made) {
  const rounds = Array.from({ length: ROUNDS }, () => [
    micros(() => JSON.stringify(answer)),
    micros(() => made(answer)),
  ]);
  return {
    plain: spread(rounds.map(([plain]) => plain)),
    made: spread(rounds.map(([, time]) => time)),
    ratio: spread(rounds.map(([plain, time]) => time / plain)),
  };
}

function row(name, { plain, made, ratio }) {
  const range = `[${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)}]`;
  return `| ${name} | ${plain.median.toFixed(1)} | ${made.median.toFixed(1)} | ${ratio.median.toFixed(2)} ${range} |`;
}

function micros(write) {
  const begun = performance.now();
  let times = 0;
  for (; performance.now() - begun < ROUND_MS; times++) write();
  return ((performance.now() - begun) * 1000) / times;
}
