// Started processes are stopped by their ids, and created folders are removed: at the end, after a failure and on Ctrl-C.
const EXIT_FAILURE = 1;
const EXIT_INTERRUPTED = 130;

const undoings = [];
let cleaning;

/** Undoes in reverse order of `defer`. */
export function defer(undo) {
  undoings.push(undo);
}

/** Runs a program to its end and cleans up after it, however it ends. The program answers whether all is well. */
export async function runAndCleanUp(program) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void endWith(EXIT_INTERRUPTED));
  process.on('uncaughtException', (error) => {
    // A contender that is stopped breaks the connections that measured it.
    if (cleaning) return;
    console.error(error);
    void endWith(EXIT_FAILURE);
  });
  try {
    const well = await program();
    await endWith(well ? 0 : EXIT_FAILURE);
  } catch (error) {
    if (!cleaning) console.error(error);
    await endWith(EXIT_FAILURE);
  }
}

async function endWith(code) {
  cleaning ??= cleanUp();
  await cleaning;
  process.exit(code);
}

async function cleanUp() {
  for (let undo = undoings.pop(); undo; undo = undoings.pop()) {
    await undo().catch((error) => console.error('Not cleaned up:', error));
  }
}
