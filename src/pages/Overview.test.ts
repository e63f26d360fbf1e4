import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { Fake } from '../test/ipc-fake';
import { open, openWith, settle } from '../test/page';
import * as sample from '../test/sample';

const account = () => screen.getByRole('article', { name: 'Acme' });

describe('overview', () => {
  it('shows an account with its worst window large, the others, source and age', async () => {
    await open('overview');
    const row = within(account());
    expect(row.getByText('Max 5x')).toBeTruthy();
    expect(row.getByText('dana@example.com')).toBeTruthy();
    expect(row.getByText('82 % used').closest('.large')).not.toBeNull();
    expect(row.getByText('37 % used').closest('.large')).toBeNull();
    expect(row.getByText('22 points ahead of time, runs out Thu 18:00')).toBeTruthy();
    expect(row.getByText('Acme login')).toBeTruthy();
    expect(row.getByText('4 min ago')).toBeTruthy();
    expect(row.getByRole('img', { name: sample.meters.watch.sentence })).toBeTruthy();
  });

  it('draws each level by shape and word, not only by colour', async () => {
    const meters = Object.values(sample.meters);
    await open('overview', sample.state({ bundle: sample.bundle({ cards: [sample.card({ meters, worst: 'day' })] }) }));
    const drawing = (sentence: string) => screen.getByRole('img', { name: sentence });
    expect(drawing(sample.meters.watch.sentence).querySelector('.notch')).not.toBeNull();
    expect(drawing(sample.meters.low.sentence).querySelectorAll('.cap')).toHaveLength(1);
    expect(drawing(sample.meters.exhausted.sentence).querySelectorAll('.cap')).toHaveLength(2);
    expect(drawing(sample.meters.calm.sentence).querySelector('.notch, .cap')).toBeNull();
    for (const word of ['watch', 'low', 'used up']) expect(screen.getByText(word)).toBeTruthy();
    const unknown = drawing(sample.meters.unknown.sentence);
    expect(unknown.querySelector('.used')).toBeNull();
    expect(unknown.querySelector('.unknown')).not.toBeNull();
    expect(drawing(sample.meters.rolledOver.sentence).querySelector('.used')).toBeNull();
    expect(drawing(sample.meters.stale.sentence).classList.contains('stale')).toBe(true);
    expect(screen.getByText('42 min old')).toBeTruthy();
    expect(screen.getByText('~12 % used')).toBeTruthy();
  });

  it('says in a word that there is no limit, and draws no bar', async () => {
    const unlimited = sample.meter({
      used: null,
      unlimited: true,
      figure: 'unlimited',
      sentence: 'Session: unlimited.',
    });
    await open('overview', sample.state({ bundle: sample.bundle({ cards: [sample.card({ meters: [unlimited] })] }) }));
    expect(screen.getByRole('img', { name: 'Session: unlimited.' }).querySelector('rect')).toBeNull();
    expect(screen.getByText('unlimited')).toBeTruthy();
  });

  it('puts the tick where an even use would be, and the tail where the pace ends', async () => {
    await open('overview');
    const drawing = screen.getByRole('img', { name: sample.meters.calm.sentence });
    expect(drawing.querySelector('.used')?.getAttribute('width')).toBe('37%');
    expect(drawing.querySelector('.tick')?.closest('svg')?.getAttribute('x')).toBe('57%');
    expect(drawing.querySelector('.tail')?.getAttribute('x')).toBe('37%');
    expect(drawing.querySelector('.tail')?.getAttribute('width')).toBe('28%');
  });

  it.each(Object.entries(sample.troubles))('says %s with its remedy, and keeps the numbers', async (code, trouble) => {
    const card = sample.card({ trouble, meters: [sample.meters.stale], worst: 'stale', age: '42 min ago' });
    await open('overview', sample.state({ bundle: sample.bundle({ cards: [card] }) }));
    const strip = account().querySelector(`[data-code=${code}]`);
    expect(strip?.textContent).toContain(trouble.title);
    expect(strip?.textContent).toContain(trouble.detail);
    expect(strip?.textContent?.replaceAll('`', '')).toContain(trouble.remedy.replaceAll('`', ''));
    expect(within(account()).getByText('45 % used')).toBeTruthy();
    expect(strip?.querySelector('pre')?.textContent ?? null).toBe(trouble.shape);
  });

  it('lists what was tried, in order', async () => {
    await open('overview');
    const tried = within(screen.getByText('What was tried').closest('details') as HTMLElement).getAllByRole('listitem');
    expect(tried.map((item) => item.textContent?.trim())).toEqual(['Status line: nothing new', 'Acme login: answered']);
  });

  it('says on the first run what was looked for and where, and tries the demo', async () => {
    const fake = await open('overview', sample.state({ bundle: sample.firstRun }));
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('No assistants found');
    expect(screen.getByText('~/.config/acme/credentials.json')).toBeTruthy();
    expect(screen.getByText('borealis login')).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Try the demo' }));
    await settle();
    expect(fake.calls.at(-1)).toEqual({ command: 'set_demo', args: { on: true } });
    expect(screen.getByText('Recorded answers are shown, not your accounts.', { exact: false })).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'End the demo' }));
    expect(fake.calls.at(-1)).toEqual({ command: 'set_demo', args: { on: false } });
  });

  it('drops a snapshot that is older than the one it shows', async () => {
    const fake = await open('overview', sample.state({ bundle: sample.bundle({ seq: 7 }) }));
    await fake.tell('snapshot:updated', sample.bundle({ seq: 6, cards: [sample.card({ name: 'Older' })] }));
    await settle();
    expect(screen.queryByText('Older')).toBeNull();
    await fake.tell('snapshot:updated', sample.bundle({ seq: 8, cards: [sample.card({ name: 'Newer' })] }));
    await settle();
    expect(screen.getByText('Newer')).toBeTruthy();
  });

  it('speaks changes of state, and nothing else', async () => {
    const fake = await open('overview');
    const live = () => document.querySelector('.only-heard[aria-live]')?.textContent;
    await fake.tell('snapshot:updated', fake.next({ at: '2026-09-15T12:01:00Z' }));
    await settle();
    expect(live()).toBe('');
    const trouble = sample.troubles.rate_limited ?? null;
    await fake.tell('snapshot:updated', fake.next({ cards: [sample.card({ trouble })] }));
    await settle();
    expect(live()).toContain('Acme: rate limited.');
  });

  it('counts down from the time of the demo, or from now', async () => {
    const resetsAt = new Date(Date.now() + 125 * 60_000).toISOString();
    const live = sample.bundle({ cards: [sample.card({ meters: [sample.meter({ resetsAt })] })] });
    const fake = await open('overview', sample.state({ bundle: live }));
    expect(screen.getByText('2 h 4 m')).toBeTruthy();
    await fake.tell('snapshot:updated', fake.next({ demo: true, cards: [sample.card({ meters: [sample.meter()] })] }));
    await settle();
    expect(screen.getByText('2 h 10 m')).toBeTruthy();
  });

  it('says that the resident has gone, keeps what it said, and starts it again', async () => {
    const fake = await open('overview', sample.state({ bundle: sample.bundle({ seq: 40 }) }));
    fake.running = false;
    await fake.tell('resident:gone', null);
    await settle();
    expect(screen.getByText('Claudometer is not running.')).toBeTruthy();
    expect(within(account()).getByText('82 % used')).toBeTruthy();
    fake.state = sample.state({ bundle: sample.bundle({ seq: 1, cards: [sample.card({ name: 'Another run' })] }) });
    await fireEvent.click(screen.getByRole('button', { name: 'Start it again' }));
    await settle();
    expect(screen.queryByText('Claudometer is not running.')).toBeNull();
    expect(screen.getByText('Another run')).toBeTruthy();
  });

  it('has something to say when nothing answers from the beginning', async () => {
    const fake = new Fake();
    fake.running = false;
    await openWith(fake, 'overview');
    expect(screen.getByText('Nothing can be shown until it runs.', { exact: false })).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Start it again' })).toBeTruthy();
  });

  it('shows why a command failed', async () => {
    const fake = await open('overview');
    fake.failing.set('refresh', { code: 'rate_limited', message: 'Acme asks to wait until 14:20.', problems: [] });
    await fireEvent.click(screen.getByRole('button', { name: 'Refresh' }));
    await settle();
    expect(screen.getByRole('alert').textContent).toContain('Acme asks to wait until 14:20.');
  });
});
