import { fireEvent, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { pageIds, pages } from './pages';
import { open, settle } from './test/page';

const heading = () => screen.getByRole('heading', { level: 1 });

describe('window', () => {
  it.each(pageIds.map((id, index) => [id, index + 1] as const))(
    'opens %s with Ctrl+%i, names it, and moves the focus to its heading',
    async (id, key) => {
      await open(id === 'about' ? 'overview' : 'about');
      await fireEvent.keyDown(document.body, { key: String(key), ctrlKey: true });
      await settle();
      expect(heading().textContent).toBe(pages[id].title);
      expect(document.activeElement).toBe(heading());
      expect(screen.getByRole('link', { current: 'page' }).textContent?.trim()).toBe(pages[id].title);
      expect(document.title).toContain(pages[id].title);
    },
  );

  it.each(pageIds)('has one first heading, its landmarks, and a name for every control on %s', async (id) => {
    await open(id);
    expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1);
    expect(screen.getAllByRole('main')).toHaveLength(1);
    expect(screen.getByRole('navigation', { name: 'Pages' })).toBeTruthy();
    const unnamed = [...document.querySelectorAll<HTMLElement>('input, select, textarea, button')].filter((control) => {
      const labels = 'labels' in control ? (control as HTMLInputElement).labels : null;
      return !control.textContent?.trim() && !control.getAttribute('aria-label') && (labels?.length ?? 0) === 0;
    });
    expect(unnamed.map((control) => control.outerHTML)).toEqual([]);
  });

  it('shows the page that the resident names, and stays where it is when none is named', async () => {
    const fake = await open('overview');
    await fake.tell('show-page', 'alerts');
    await settle();
    expect(heading().textContent).toBe('Alerts');
    await fake.tell('show-page', null);
    await settle();
    expect(heading().textContent).toBe('Alerts');
  });

  it('keeps a draft across pages', async () => {
    await open('general');
    await fireEvent.click(screen.getByLabelText('Start at login'));
    await fireEvent.keyDown(document.body, { key: '4', ctrlKey: true });
    await settle();
    await fireEvent.keyDown(document.body, { key: '6', ctrlKey: true });
    await settle();
    expect((screen.getByLabelText('Start at login') as HTMLInputElement).checked).toBe(true);
    expect(screen.getByRole('button', { name: 'Save' })).toBeTruthy();
  });

  it('never sets an inline style in markup, which its security policy would refuse', async () => {
    const sources = import.meta.glob('./**/*.svelte', { query: '?raw', import: 'default', eager: true });
    const offenders = Object.entries(sources).filter(([, text]) => /\sstyle=/.test(String(text)));
    expect(offenders.map(([file]) => file)).toEqual([]);
  });
});
