/** Mounts the window's page; what breaks it is said on it. */
import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';

function lastResort(reason: unknown): void {
  const text = document.createElement('main');
  const heading = document.createElement('h1');
  heading.textContent = 'This page stopped';
  const detail = document.createElement('p');
  detail.textContent = `${String(reason)} — Close the window and open it again; the tray keeps working meanwhile.`;
  text.append(heading, detail);
  document.body.replaceChildren(text);
}

async function begin(): Promise<void> {
  if (import.meta.env.DEV && !('__TAURI_INTERNALS__' in window)) {
    const { installFake } = await import('./test/ipc-fake');
    installFake(new URLSearchParams(location.search));
  }
  mount(App, { target: document.body });
}

begin().catch(lastResort);
