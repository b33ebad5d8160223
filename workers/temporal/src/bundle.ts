// Bundles the workflows for the sandbox of the worker, which then starts without a compiler.
import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { BUNDLE, FAILURE_CONVERTER, WORKFLOWS } from './temporal.js';

const { code } = await bundleWorkflowCode({
  workflowsPath: WORKFLOWS,
  failureConverterPath: FAILURE_CONVERTER,
  logger: new DefaultLogger('WARN'),
});
await writeFile(BUNDLE, code);
