/** How components reach the store. */
import { createContext } from 'svelte';
import type { AppState } from './state.svelte';

export const [useApp, provideApp] = createContext<AppState>();
