import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accessibilityFaults, button, seen } from './browser.mjs';
import { businessScreens } from './business.mjs';

/** One of the screens is of a license that does not exist. */
const NOT_FOUND = [404];

/** Address of each screen, and what is done there before it is looked at. */
async function screensOf(api) {
  const { data: licenses } = await api('GET', '/v1/licenses?limit=50');
  const full = licenses.find(({ issued_to, trial }) => issued_to === 'Margaret Hamilton' && !trial);
  const explain = async (page) => {
    await page.getByLabel('Device').fill('new-laptop');
    await page.getByLabel('Country').fill('DE');
    await button(page, 'Explain').click();
    await seen(page, 'The program may not run');
  };
  return {
    main: {
      dashboard: ['/dashboard'],
      licenses: ['/licenses'],
      license: [`/licenses/${full.license_id}`],
      explain: [`/licenses/${full.license_id}?tab=explain`, explain],
      issue: ['/issue'],
    },
    others: {
      template: ['/templates/studio'],
      devices: [`/licenses/${full.license_id}?tab=devices`],
      usage: [`/licenses/${full.license_id}?tab=usage`],
      timeline: [`/licenses/${full.license_id}?tab=timeline`],
      'new-template': ['/templates/new'],
      templates: ['/templates'],
      search: [
        '/dashboard',
        async (page) => {
          await page.keyboard.press('/');
          await page.locator('[role=combobox]:focus').waitFor();
          await page.keyboard.type('Margaret');
          await page.getByRole('option').first().waitFor();
        },
      ],
      selection: [
        '/licenses',
        async (page) => {
          await page.getByRole('checkbox', { name: 'Select Ada Lovelace' }).first().check();
          await page.getByRole('checkbox', { name: 'Select Grace Hopper' }).first().check();
        },
      ],
      'bulk-changes': ['/bulk-changes'],
      'unknown-bulk-change': ['/bulk-changes/none'],
      'unknown-page': ['/nowhere'],
      'unknown-license': ['/licenses/019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d40'],
      'new-customer': ['/customers/new'],
      'new-product': ['/products/new'],
      import: ['/import'],
      customers: ['/customers'],
      customer: ['/customers/customer-10'],
      products: ['/products'],
      product: ['/products/ISP-PRO-001'],
      events: ['/events'],
      'workflow-runs': ['/workflow-runs'],
      'api-keys': ['/api-keys'],
      sessions: ['/sessions'],
      settings: ['/settings'],
    },
  };
}

/** A narrow screen, and what is left of a usual one at 200 %. */
const NARROW = { '320 px': { width: 320, height: 640 }, '200 %': { width: 640, height: 430 } };

async function show(page, baseUrl, [path, prepareScreen]) {
  await page.goto(`${baseUrl}/admin${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle');
  await prepareScreen?.(page);
}

/** The main screens in one theme. */
export async function smokeScreens({ baseUrl, api, page, step }) {
  const { main } = await screensOf(api);
  for (const [name, screen] of Object.entries(main)) {
    await step(`axe finds nothing on the screen ${name}`, async () => {
      await show(page, baseUrl, screen);
      assert.deepEqual(await accessibilityFaults(page), []);
    });
  }
}

/** All screens in both themes, also where they are narrow. A folder gets a picture of each. */
export async function screens({ baseUrl, api, open, signIn, step, pictures }) {
  const { main, others } = await screensOf(api);
  const all = Object.entries({ ...main, ...others, ...(await businessScreens(api)) });
  if (pictures) await mkdir(pictures, { recursive: true });
  await step('every route of the application is among the screens', async () => {
    const router = await readFile(new URL('../../packages/admin/src/router.tsx', import.meta.url), 'utf8');
    const routes = [...router.matchAll(/\bpath: '([^']+)'/g)].map(([, path]) => path);
    assert.ok(routes.length > 40);
    const shown = all.map(([, [path]]) => path.split('?')[0]);
    const isShown = (route) => shown.some((path) => new RegExp(`^${route.replaceAll(/\$\w+/g, '[^/]+')}$`).test(path));
    // The first page leads on to another one.
    assert.deepEqual(
      routes.filter((route) => route !== '/' && !isShown(route)),
      [],
    );
  });
  for (const theme of ['light', 'dark']) {
    const page = await open({ colorScheme: theme, refusals: NOT_FOUND });
    const picture = async (name) => {
      if (pictures) await page.screenshot({ path: join(pictures, `${name}-${theme}.png`) });
    };
    await page.goto(`${baseUrl}/admin/`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await step(`axe finds nothing on the sign-in page, ${theme}`, async () => {
      assert.deepEqual(await accessibilityFaults(page), []);
      await picture('sign-in');
    });
    await signIn(page);
    for (const [name, screen] of all) {
      await step(`axe finds nothing on the screen ${name}, ${theme}`, async () => {
        await show(page, baseUrl, screen);
        assert.deepEqual(await accessibilityFaults(page), []);
        await picture(name);
      });
    }
    for (const [size, viewport] of Object.entries(NARROW)) {
      await step(`no screen of ${size} scrolls sideways, and axe finds nothing, ${theme}`, async () => {
        await page.setViewportSize(viewport);
        for (const [name, screen] of all) {
          await show(page, baseUrl, screen);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(overflow <= 0, `${name} is ${overflow} px too wide`);
          assert.deepEqual(await accessibilityFaults(page), [], name);
        }
      });
    }
  }

  await step('with the colours of the system, and without motion, every screen says the same', async () => {
    const page = await open({ forcedColors: 'active', reducedMotion: 'reduce', refusals: NOT_FOUND });
    await signIn(page);
    for (const [name, screen] of all) {
      await show(page, baseUrl, screen);
      assert.deepEqual(await accessibilityFaults(page), [], name);
      const { moving, unmarked, tabsAlike } = await page.evaluate(() => ({
        moving: document.getAnimations().filter(({ effect }) => effect.getComputedTiming().activeDuration > 1).length,
        // Marks that are a background otherwise: the page that is open, the choice, how much is done.
        unmarked: [
          ...document.querySelectorAll(
            'nav [data-status=active], [aria-selected=true][role=option], [role=progressbar]',
          ),
        ].filter((element) => getComputedStyle(element).outlineStyle === 'none').length,
        // The line below a tab says which one is open.
        tabsAlike: [...document.querySelectorAll('[role=tab][aria-selected=true]')].filter((tab) =>
          [...tab.parentElement.querySelectorAll('[role=tab][aria-selected=false]')].some(
            (other) => getComputedStyle(other).borderBottomColor === getComputedStyle(tab).borderBottomColor,
          ),
        ).length,
      }));
      assert.deepEqual({ moving, unmarked, tabsAlike }, { moving: 0, unmarked: 0, tabsAlike: 0 }, name);
      if (pictures) await page.screenshot({ path: join(pictures, `${name}-forced-colors.png`) });
    }
  });
  await step('on paper a license is dark on light, whole, and without navigation and buttons', async () => {
    const page = await open({ colorScheme: 'dark' });
    await signIn(page);
    for (const name of ['license', 'explain', 'devices', 'timeline']) {
      await show(page, baseUrl, { ...main, ...others }[name]);
      await page.emulateMedia({ media: 'print' });
      // The width of A4 within its margins.
      await page.setViewportSize({ width: 688, height: 1000 });
      const onPaper = await page.evaluate(() => ({
        visible: [...document.querySelectorAll('#navigation, button, [role=tablist]')].filter((each) =>
          each.checkVisibility(),
        ).length,
        heading: document.querySelector('h1').checkVisibility(),
        background: getComputedStyle(document.documentElement).backgroundColor,
        overflow: document.documentElement.scrollWidth - innerWidth,
        cut: [...document.querySelectorAll('main [role=region]')].filter((each) => each.scrollWidth > each.clientWidth)
          .length,
      }));
      const expected = { visible: 0, heading: true, background: 'rgb(255, 255, 255)', overflow: 0, cut: 0 };
      assert.deepEqual({ ...onPaper, overflow: Math.max(0, onPaper.overflow) }, expected, name);
      if (pictures) await page.screenshot({ path: join(pictures, `${name}-paper.png`), fullPage: true });
      await page.emulateMedia({ media: null });
      await page.setViewportSize({ width: 1280, height: 860 });
    }
  });
}
