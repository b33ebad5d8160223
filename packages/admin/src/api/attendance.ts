/** Time after which a page that nobody touches is taken for one that nobody is at. */
const ATTENDED_MS = 60_000;
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

let lastSign = performance.now();
const note = () => {
  lastSign = performance.now();
};
for (const sign of SIGNS) addEventListener(sign, note, { capture: true, passive: true });

/** Whether somebody is at the page. What it reads by itself while nobody is does not keep the session open. */
export function isAttended(): boolean {
  return performance.now() - lastSign < ATTENDED_MS;
}
