import { loadConfig } from '../config.js';
import { countLoggedEvents, rebuildReports } from '../maintenance/index.js';
import { withOwner } from './owner.js';
import { withProgress } from './progress-bar.js';
import { run, say } from './run.js';

/** Counts the events of the log again for the reports. */
run('did not finish; the reports of the remaining tenants are as before', async () => {
  await withOwner(loadConfig(), 'npm run rebuild-reports', async ({ owner }) => {
    const events = await countLoggedEvents(owner);
    await withProgress(events, 'events', (progress) => rebuildReports(owner, progress));
    say(`Counted ${events} events again.`);
  });
});
