/** The pages, in the order of the rail. */
import type { Component } from 'svelte';
import About from './pages/About.svelte';
import Alerts from './pages/Alerts.svelte';
import Cost from './pages/Cost.svelte';
import General from './pages/General.svelte';
import History from './pages/History.svelte';
import Overview from './pages/Overview.svelte';
import Providers from './pages/Providers.svelte';

interface Page {
  title: string;
  component: Component;
  /** Whether it is a form: what is typed waits for Save. */
  isForm?: boolean;
  /** A path in a box of 24 x 24, stroked. */
  icon: string;
}

export const pages = {
  overview: {
    title: 'Overview',
    component: Overview,
    icon: 'M4 8h16M4 16h16M4 6v4M20 6v4M4 14v4M20 14v4M13 6v4M9 14v4',
  },
  history: {
    title: 'History',
    component: History,
    icon: 'M4 20h16M6 17v-5M11 17V7M16 17v-8',
  },
  providers: {
    title: 'Providers',
    component: Providers,
    isForm: true,
    icon: 'M9 4v5M15 4v5M6 9h12v3a6 6 0 0 1-12 0zM12 18v3',
  },
  alerts: {
    title: 'Alerts',
    component: Alerts,
    isForm: true,
    icon: 'M6 17V11a6 6 0 0 1 12 0v6l1.5 1h-15zM10 21h4',
  },
  cost: {
    title: 'Cost',
    component: Cost,
    isForm: true,
    icon: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M15 8.5c-.8-.9-1.9-1.2-3-1.2-1.7 0-3 .9-3 2.3 0 3.2 6 1.5 6 4.7 0 1.5-1.3 2.4-3 2.4-1.2 0-2.4-.4-3.2-1.400M12 5.5v13',
  },
  general: {
    title: 'General',
    component: General,
    isForm: true,
    icon: 'M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4',
  },
  about: {
    title: 'About',
    component: About,
    icon: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 11v6M12 7.5v.5',
  },
} as const satisfies Record<string, Page>;

export type PageId = keyof typeof pages;

export const pageIds = Object.keys(pages) as PageId[];

/** The page of an id from outside; anything else is the overview. */
export function pageOf(id: string | null | undefined): PageId {
  return pageIds.find((known) => known === id) ?? 'overview';
}
