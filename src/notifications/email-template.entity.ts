import { Column, Entity, PrimaryColumn } from 'typeorm';
import { VersionedRow } from '../shared/persistence/versioned-row.js';
import type { EmailTexts } from './built-in-templates.js';
import type { EmailTemplateName } from './email-kinds.js';

/** Texts of a tenant for one kind of e-mail in one language, in place of the built-in ones. */
@Entity('email_templates')
export class EmailTemplate extends VersionedRow {
  /** `template/language`. */
  @PrimaryColumn('text', { name: 'email_template_id' })
  emailTemplateId!: string;

  @Column({ type: 'text', update: false })
  template!: EmailTemplateName;

  @Column({ type: 'text', update: false })
  language!: string;

  @Column('text')
  subject!: string;

  @Column('text', { name: 'text_body' })
  text!: string;

  @Column('text', { name: 'html_body' })
  html!: string;

  static create(
    tenantId: string,
    template: EmailTemplateName,
    language: string,
    texts: EmailTexts,
    now: Date,
  ): EmailTemplate {
    const emailTemplateId = emailTemplateIdOf(template, language);
    return Object.assign(
      new EmailTemplate(),
      EmailTemplate.newRow(tenantId, now),
      { emailTemplateId, template, language },
      texts,
    );
  }

  /** Returns false if nothing changes. */
  replace({ subject, text, html }: EmailTexts, now: Date): boolean {
    if (this.subject === subject && this.text === text && this.html === html) return false;
    Object.assign(this, { subject, text, html });
    this.changed(now);
    return true;
  }
}

export function emailTemplateIdOf(template: EmailTemplateName, language: string): string {
  return `${template}/${language}`;
}
