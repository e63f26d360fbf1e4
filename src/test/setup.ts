/** What every test file begins with. */
import { clearMocks } from '@tauri-apps/api/mocks';
import { cleanup } from '@testing-library/svelte';
import { afterEach } from 'vitest';

// happy-dom knows `:checked` for boxes only; Svelte asks a list for its chosen option with it.
const query = HTMLSelectElement.prototype.querySelector;
HTMLSelectElement.prototype.querySelector = function (this: HTMLSelectElement, selector: string) {
  return selector === ':checked' ? (this.selectedOptions[0] ?? null) : query.call(this, selector);
} as typeof query;

afterEach(async () => {
  cleanup();
  // Subscriptions end asynchronously, while the fake still answers.
  await new Promise((done) => setTimeout(done));
  clearMocks();
  location.hash = '';
  delete document.documentElement.dataset.theme;
});
