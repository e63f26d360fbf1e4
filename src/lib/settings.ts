/** Drafts of settings: their defaults per provider, what of them differs, and what is sent. */
import { budgetsText, words as costWords } from './cost';
import type {
  Alerts,
  CostSettings,
  ProviderForm,
  ProviderSettings,
  Settings,
  SettingsState,
  SourceForm,
} from './gen/wire';

/** A provider without an entry has these; as in `claudometer_core::settings`. */
function untouched(): ProviderSettings {
  return {
    enabled: null,
    source: null,
    sourcesOn: [],
    sourcesOff: [],
    organization: null,
    rememberSecret: true,
    keys: [],
    homes: [],
    timeoutSeconds: null,
  };
}

/** Whether two values say the same, in whatever order their keys stand. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one, inOrder) === JSON.stringify(other, inOrder);
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A copy to edit, with an entry for every provider that is shown. */
export function draftOf({ settings, providers }: SettingsState): Settings {
  const entries = providers.map(({ id }) => [id, untouched()]);
  return structuredClone({ ...settings, providers: { ...Object.fromEntries(entries), ...settings.providers } });
}

/** The draft as it is sent: entries that `before` did not have and that say nothing are left out again. */
export function settled(draft: Settings, before: Settings): Settings {
  const said = Object.entries(draft.providers).filter(
    ([id, choice]) => id in before.providers || !same(choice, untouched()),
  );
  return { ...draft, providers: Object.fromEntries(said) };
}

/** One difference, as it is summed up before saving. */
export interface Change {
  label: string;
  value: string;
}

export const words = {
  metric: { worst: 'Most used window', session: 'Session window', weekly: 'Weekly window' },
  figure: { used: 'Used', left: 'Left' },
  reset: { clock: 'Time of day', countdown: 'Countdown' },
  icon: { bars: 'Two bars', number: 'Number' },
  channel: { stable: 'For everybody', beta: 'To try before, too' },
  theme: { system: 'As the desktop', light: 'Light', dark: 'Dark' },
  notice: { off: 'Never', whenItMattered: 'When at least half was used', always: 'Always' },
  kinds: { session: 'Session', daily: 'Daily', weekly: 'Weekly', monthly: 'Monthly' },
} as const;

const onOff = (on: boolean): string => (on ? 'On' : 'Off');

/** `5 minutes`, `90 seconds`. */
export function interval(seconds: number): string {
  const [count, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** `80, 95 %`, or `Off` for none. */
export function percents(list: readonly number[]): string {
  return list.length === 0 ? 'Off' : `${list.join(', ')} %`;
}

/** Everything of a draft that differs from what is in force, in the order of the pages. */
export function changes(base: Settings, draft: Settings, state: SettingsState): Change[] {
  const found: Change[] = [];
  const note = (differs: boolean, label: string, value: string) => {
    if (differs) found.push({ label, value });
  };
  for (const form of state.providers) {
    const [was, is] = [base.providers[form.id], draft.providers[form.id]];
    if (was && is) noteProvider(form, was, is, note);
  }
  noteAlerts(base.alerts, draft.alerts, note);
  noteCost(base.cost, draft.cost, state, note);
  const [was, is] = [base.display, draft.display];
  const shown = state.providers.find(({ id }) => id === is.shownProvider)?.name ?? 'Worst of all';
  const seconds = draft.refreshIntervalSeconds;
  note(base.refreshIntervalSeconds !== seconds, 'Refresh', `every ${interval(seconds)}`);
  note(was.metric !== is.metric, 'One figure is about', words.metric[is.metric]);
  note(was.figure !== is.figure, 'Figures say what is', words.figure[is.figure]);
  note(was.reset !== is.reset, 'Resets as', words.reset[is.reset]);
  note(was.icon !== is.icon, 'Tray icon', words.icon[is.icon]);
  note(was.title !== is.title, 'Text beside the icon', onOff(is.title));
  note(was.shownProvider !== is.shownProvider, 'Icon is about', shown);
  note(base.theme !== draft.theme, 'Colours', words.theme[draft.theme]);
  note(base.startAtLogin !== draft.startAtLogin, 'Start at login', onOff(draft.startAtLogin));
  note(
    base.checkUpdatesOnStartup !== draft.checkUpdatesOnStartup,
    'Look for updates daily',
    onOff(draft.checkUpdatesOnStartup),
  );
  const { channel } = draft.updates;
  note(base.updates.channel !== channel, 'Releases', words.channel[channel]);
  note(base.locale !== draft.locale, 'Locale of dates', draft.locale ?? 'As the system');
  return found;
}

/** Whether a source may be used, as the resident decides it. */
export function isSourceOn(source: SourceForm, choice: ProviderSettings) {
  if (choice.source !== null) return choice.source === source.id;
  return source.optIn ? choice.sourcesOn.includes(source.id) : !choice.sourcesOff.includes(source.id);
}

/** Switches a source in the automatic choice on or off; only what differs from its usual state is kept. */
export function switchSource(source: SourceForm, choice: ProviderSettings, on: boolean) {
  const list = source.optIn ? 'sourcesOn' : 'sourcesOff';
  const others = choice[list].filter((id) => id !== source.id);
  choice[list] = on === source.optIn ? [...others, source.id] : others;
}

type Note = (differs: boolean, label: string, value: string) => void;

function noteProvider(form: ProviderForm, was: ProviderSettings, is: ProviderSettings, note: Note) {
  const label = (id: string | null) => form.sources.find((source) => source.id === id)?.label ?? 'Automatic';
  const enabled = is.enabled === null ? 'Automatic' : onOff(is.enabled);
  const organization = form.organizations.find(({ id }) => id === is.organization)?.name ?? 'Automatic';
  note(was.enabled !== is.enabled, form.name, enabled);
  note(was.source !== is.source, `${form.name}, source`, label(is.source));
  for (const source of form.sources) {
    const on = isSourceOn(source, is);
    note(on !== isSourceOn(source, was), `${form.name}, ${source.label}`, onOff(on));
  }
  note(!same(was.homes, is.homes), `${form.name}, further folders`, is.homes.join(', ') || 'None');
  note(was.organization !== is.organization, `${form.name}, organisation`, organization);
  note(was.rememberSecret !== is.rememberSecret, `${form.name}, remember`, onOff(is.rememberSecret));
}

function noteAlerts(was: Alerts, is: Alerts, note: Note) {
  note(!same(was.thresholds, is.thresholds), 'Warn at', percents(is.thresholds));
  for (const kind of new Set([...Object.keys(was.thresholdsByKind), ...Object.keys(is.thresholdsByKind)])) {
    const [before, now] = [was.thresholdsByKind[kind], is.thresholdsByKind[kind]];
    const name = words.kinds[kind as keyof typeof words.kinds] ?? kind;
    note(!same(before, now), `Warn at, ${name.toLowerCase()}`, now ? percents(now) : 'as for all');
  }
  note(was.runOut !== is.runOut, 'Warn before running out', onOff(is.runOut));
  note(was.reset !== is.reset, 'Tell about resets', words.notice[is.reset]);
  note(was.account !== is.account, 'Tell about accounts', onOff(is.account));
  const quiet = is.quietHours ? `${is.quietHours.from} to ${is.quietHours.to}` : 'Off';
  note(!same(was.quietHours, is.quietHours), 'Quiet hours', quiet);
  note(was.sound !== is.sound, 'Sound', onOff(is.sound));
}

function noteCost(was: CostSettings, is: CostSettings, state: SettingsState, note: Note) {
  const name = (id: string) => state.assistants.find((one) => one.id === id)?.name ?? id;
  const plans = Object.entries(is.plans).map(([id, amount]) => `${name(id)} ${amount} USD a month`);
  const aliases = Object.entries(is.aliases).map(([model, as]) => `${model} as ${as}`);
  note(!same(was.budgets, is.budgets), 'Budgets', budgetsText(is.budgets, is.currency));
  note(was.currency !== is.currency, 'Currency', is.currency || 'none yet');
  note(was.perDollar !== is.perDollar, 'A US dollar is', `${is.perDollar} ${is.currency}`);
  note(!same(was.plans, is.plans), 'Plans', plans.join(', ') || 'None');
  note(was.mode !== is.mode, 'Cost is', costWords.mode[is.mode]);
  note(was.refreshPrices !== is.refreshPrices, 'Fetch the price list each day', onOff(is.refreshPrices));
  note(!same(was.prices, is.prices), 'Own prices', Object.keys(is.prices).join(', ') || 'None');
  note(!same(was.aliases, is.aliases), 'Models by another name', aliases.join(', ') || 'None');
  note(was.showToday !== is.showToday, "Today's use", onOff(is.showToday));
  note(was.device !== is.device, 'Name of this machine', is.device ?? 'Host name');
  note(was.syncFolder !== is.syncFolder, 'Shared folder', is.syncFolder ?? 'None');
}

/** The whole percents of a text such as `80, 95`, ascending; `null` when it is something else. */
export function parsePercents(text: string): number[] | null {
  const words = text.split(/[\s,;%]+/).filter((word) => word !== '');
  const list = words.map(Number);
  const allowed = list.every((percent) => Number.isInteger(percent) && percent >= 1 && percent <= 100);
  return list.length > 0 && allowed ? [...new Set(list)].sort((one, other) => one - other) : null;
}

/** Whether a text is a time of day as `HH:MM`. */
export function isClockTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
}
