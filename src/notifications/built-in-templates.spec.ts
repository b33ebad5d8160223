import { describe, expect, it } from '@jest/globals';
import { BUILT_IN_TEMPLATES } from './built-in-templates.js';
import { EMAIL_KINDS, EMAIL_TEMPLATES, LICENSE_KEY } from './email-kinds.js';
import { renderTexts, variablesOfTexts } from './email-texts.js';

describe('the built-in texts', () => {
  it.each(EMAIL_TEMPLATES)('of %s name variables of their kind alone, and render with and without values', (name) => {
    const texts = BUILT_IN_TEMPLATES[name];
    const { variables } = EMAIL_KINDS[name];
    expect(variablesOfTexts(name, texts).size).toBeGreaterThan(1);
    const examples = Object.fromEntries(Object.entries(variables).map(([key, { example }]) => [key, example]));
    for (const view of [examples, {}]) {
      const { subject, text, html } = renderTexts(texts, view);
      expect(`${subject}${text}${html}`).not.toMatch(/\{\{|undefined|\[object/);
      expect(subject).toMatch(/^[^\n]+$/);
      expect(html).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
    }
    const { text, html } = renderTexts(texts, { ...examples, customer_name: '<script>', product_name: 'A & B' });
    expect(html).not.toContain('<script>');
    if (text.includes('A & B')) expect(html).toContain('A &amp; B');
  });

  it('name the license key in the message about its issue alone', () => {
    const naming = EMAIL_TEMPLATES.filter((name) => variablesOfTexts(name, BUILT_IN_TEMPLATES[name]).has(LICENSE_KEY));
    expect(naming).toEqual(['license_issued']);
  });
});
