/** The whole page over a fake resident, for tests that see what a person sees. */
import { render, screen, waitFor } from '@testing-library/svelte';
import { tick } from 'svelte';
import App from '../App.svelte';
import type { State } from '../lib/gen/wire';
import type { PageId } from '../pages';
import { Fake } from './ipc-fake';

/** Opens the window on a page, and waits until the resident has answered. */
export async function open(page: PageId, state?: State): Promise<Fake> {
  const fake = new Fake(state).install();
  await openWith(fake, page);
  await waitFor(() => {
    if (fake.calls.length === 0) throw new Error('nothing was asked yet');
  });
  await screen.findByRole('heading', { level: 1 });
  await settle();
  return fake;
}

/** Opens the window over a fake that the test has prepared. */
export async function openWith(fake: Fake, page: PageId): Promise<void> {
  fake.install();
  location.hash = page;
  render(App);
  await settle();
}

/** Lets answers arrive and the page follow. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((done) => setTimeout(done));
    await tick();
  }
}

/** What a command was called with, last. */
export function lastArgs(fake: Fake, command: string): unknown {
  return fake.calls.filter((call) => call.command === command).at(-1)?.args;
}
