// Runs in the browser, once for each part; see run.mjs. What it reports is compared there.
/* global navigator */
import { LicenseClient } from './client.js';

const { part, licenses, ...options } = await (await fetch('/plan')).json();
const minutesBack = part === 'clock turned back' ? 60 : 0;
const clientOf = (licenseKey, fingerprint = 'this browser') =>
  new LicenseClient({
    ...options,
    licenseKey,
    fingerprint,
    store: localStorage,
    offlineSeconds: licenseKey === licenses.seat ? 86_400 : undefined,
    clock: () => Date.now() - minutesBack * 60_000,
  });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const outcomeOf = (promise) =>
  promise.then(
    ({ valid, code, source, grace }) => ({ valid, code, source, grace }),
    ({ code }) => ({ threw: code }),
  );

const PARTS = {
  async online() {
    const floating = clientOf(licenses.floating, 'floating');
    const first = await floating.activate({ name: navigator.userAgent });
    await pause(4_000);
    const { activation } = await floating.validate();
    floating.stop();
    const client = clientOf(licenses.seat);
    const refused = await outcomeOf(client.check());
    const { status } = await client.activate({ name: 'page' });
    const checked = await outcomeOf(client.check({ features: ['f'] }));
    const file = await client.verifyStoredFile();
    const list = await client.refreshRevocations();
    return {
      kept: activation.activation_id === first.activation_id && activation.status === 'ACTIVE',
      longer: Date.parse(activation.lease_expires_at) > Date.parse(first.lease_expires_at),
      refused,
      status,
      checked,
      file: file.device.fingerprint,
      list: list.document.type,
    };
  },
  async offline() {
    const client = clientOf(licenses.seat);
    const cached = await outcomeOf(client.check({ features: ['f'] }));
    const otherFeature = await outcomeOf(client.check({ features: ['g'] }));
    const answer = localStorage.getItem('imprimatur.answer');
    // A character of the signature.
    localStorage.setItem(
      'imprimatur.answer',
      answer.replace(/(?<=-\n)./, (first) => (first === 'A' ? 'B' : 'A')),
    );
    const file = localStorage.getItem('imprimatur.license-file');
    localStorage.setItem('imprimatur.license-file', '');
    const tampered = await outcomeOf(client.check());
    localStorage.setItem('imprimatur.license-file', file);
    const byFile = await outcomeOf(client.check());
    localStorage.setItem('imprimatur.answer', answer);
    const elsewhere = await outcomeOf(clientOf(licenses.seat, 'another browser').check());
    return { cached, otherFeature, tampered, byFile, elsewhere };
  },
  async 'clock turned back'() {
    return { back: await outcomeOf(clientOf(licenses.seat).check()) };
  },
};

const result = await PARTS[part]().catch((error) => ({ failed: `${error.stack}` }));
await fetch('/report', { method: 'POST', body: JSON.stringify(result) });
