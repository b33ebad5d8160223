/** Program of the thread in which the engine of workflows runs. Compiled, bundled and tested code finds it at the same place. */
export const WORKFLOW_THREAD = new URL('../dist/workflow-thread.bundle.js', import.meta.url);
