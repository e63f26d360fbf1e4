/** A resident that is not one: behind the real `ipc.ts`, for tests and for `vite dev` in a browser. */
import { emit } from '@tauri-apps/api/event';
import { mockIPC } from '@tauri-apps/api/mocks';
import type { Commands } from '../lib/gen/commands';
import type { Bundle, CostQuery, CostView, IpcError, SettingsState, State } from '../lib/gen/wire';
import type { CommandName, Events } from '../lib/ipc';
import * as sample from './sample';

/** What only the terminal and the window's own process ask. */
type AskedElsewhere =
  | 'attend_window'
  | 'forget_numbers'
  | 'get_bundle'
  | 'get_report'
  | 'get_status'
  | 'get_today'
  | 'history_is_current';
type Answers = {
  [Name in Exclude<CommandName, AskedElsewhere>]: (args: Commands[Name]['args']) => Commands[Name]['answer'];
};

export class Fake {
  state: State;
  /** What was asked, in order. */
  readonly calls: { command: CommandName; args: unknown }[] = [];
  /** Commands that fail, and how. */
  readonly failing = new Map<CommandName, IpcError>();
  /** Whether a resident answers at all. */
  running = true;

  constructor(state: State = sample.state()) {
    this.state = state;
  }

  /** What the history answers. */
  cost: (query: CostQuery) => CostView = (query) => sample.cost({}, query.by);

  /** Limits over time. */
  limits = sample.courses();

  readonly #answers: Answers = {
    get_state: () => this.state,
    get_cost: ({ query }) => this.cost(query),
    get_limits: () => this.limits,
    save_settings: ({ draft }) => {
      const typed = (id: string, field: string) =>
        draft.secrets.some((secret) => secret.provider === id && secret.field === field);
      this.#change({
        settings: draft.settings,
        providers: this.state.settings.providers.map((form) => ({
          ...form,
          secrets: form.secrets.map((secret) =>
            typed(form.id, secret.field)
              ? { ...secret, present: true, remembered: draft.settings.providers[form.id]?.rememberSecret ?? true }
              : secret,
          ),
        })),
      });
      return this.state.settings;
    },
    forget_secret: ({ provider, field }) => {
      this.#change({
        providers: this.state.settings.providers.map((form) => ({
          ...form,
          secrets: form.secrets.map((secret) =>
            form.id === provider && secret.field === field ? { ...secret, present: false, remembered: false } : secret,
          ),
        })),
      });
      return this.state.settings;
    },
    refresh: () => this.next({}),
    set_bridge: ({ provider, installed }) => {
      this.#change({
        providers: this.state.settings.providers.map((form) =>
          form.id === provider && form.bridge
            ? { ...form, bridge: { ...form.bridge, installed, previous: installed ? 'acme-line --short' : null } }
            : form,
        ),
      });
      return this.state.settings;
    },
    test_alert: () => null,
    diagnose: () => {
      throw new Error('The window asks for the text.');
    },
    diagnostics: () => 'Claudometer 0.1.0\nacme: rate_limited, 429\n<email>',
    open_dashboard: () => null,
    open_logs: () => null,
    set_demo: ({ on }) => {
      this.next({ demo: on, cards: [sample.card({ badge: 'demo' })], firstRun: null });
      return this.state;
    },
    open_window: () => null,
    install_update: () => null,
    look_for_updates: () => 'Claudometer 0.1.0 is the newest there is.',
    restart: () => null,
    quit: () => null,
  };

  /** The next snapshot, with changes. */
  next(over: Partial<Bundle>): Bundle {
    const bundle = { ...this.state.bundle, seq: this.state.bundle.seq + 1, ...over };
    this.state = { ...this.state, bundle };
    return bundle;
  }

  /** Tells the page something, as the window's process does. */
  tell<Name extends keyof Events>(name: Name, payload: Events[Name]): Promise<void> {
    return emit(name, payload);
  }

  /** Stands in for Tauri from now on. */
  install(): this {
    mockIPC(
      (command, payload) => {
        if (command === 'start_resident') {
          this.running = true;
          return null;
        }
        if (command !== 'call') throw new Error(`${command} is no command of the window`);
        const { command: name, args } = payload as { command: keyof Answers; args: never };
        this.calls.push({ command: name, args: structuredClone(args) });
        if (!this.running) throw { code: 'disconnected', message: 'Claudometer is not running.', problems: [] };
        const failure = this.failing.get(name);
        if (failure) throw failure;
        return structuredClone(this.#answers[name](args));
      },
      { shouldMockEvents: true },
    );
    return this;
  }

  #change(over: Partial<SettingsState>): void {
    this.state = { ...this.state, settings: { ...this.state.settings, ...over } };
  }
}

/** Scenes for looking at: `?scene=troubles#overview`. */
const scenes: Record<string, () => State> = {
  calm: () =>
    sample.state({
      bundle: sample.bundle({
        cards: [
          sample.card({
            worst: 'session',
            meters: [
              sample.meters.calm,
              sample.meter({
                id: 'weekly',
                label: 'Weekly',
                used: 52,
                figure: '52 % used',
                expected: 48,
                projected: 97,
                pace: '4 points ahead of time',
                resetsAt: '2026-09-18T08:00:00Z',
                resets: 'resets Fri 10:00 (in 2 d 20 h)',
              }),
            ],
          }),
          sample.card({
            seat: 'borealis/b',
            provider: 'borealis',
            name: 'Borealis',
            plan: 'Plus',
            account: null,
            lines: [{ label: 'Credits', value: '7.25 credits' }],
          }),
        ],
      }),
    }),
  levels: () =>
    sample.state({
      bundle: sample.bundle({
        demo: true,
        cards: [
          sample.card({
            badge: 'demo',
            worst: 'day',
            meters: Object.values(sample.meters),
            spend: sample.meter({
              id: 'spend',
              label: 'Extra usage',
              used: 30,
              figure: '$15.12 of $50.00',
              expected: null,
              projected: null,
              pace: null,
              resets: null,
              resetsAt: null,
            }),
            lines: [
              { label: 'Credits', value: '7.25 credits' },
              { label: 'Reset credits', value: '2' },
            ],
          }),
        ],
        remarks: ['Requests go to the test origin http://127.0.0.1:8080.'],
      }),
    }),
  troubles: () =>
    sample.state({
      bundle: sample.bundle({
        cards: Object.values(sample.troubles).map((trouble, index) =>
          sample.card({
            seat: `acme/${index}`,
            trouble,
            meters: [sample.meters.stale],
            worst: 'stale',
            age: '42 min ago',
          }),
        ),
      }),
    }),
  'first-run': () => sample.state({ bundle: sample.firstRun }),
  'no-keyring': () =>
    sample.state({
      settings: sample.settingsState({
        keyring: { available: false, reason: 'No keychain service answers. Install gnome-keyring or KWallet.' },
        fileRemark: 'The settings file was damaged; it was set aside as settings.json.damaged, and defaults count.',
        overridden: [['refreshIntervalSeconds', 'CLAUDOMETER_REFRESH_INTERVAL']],
        providers: [
          sample.provider({
            secrets: [
              {
                field: 'session',
                label: 'Session key',
                help: 'The cookie `session` of acme.example.',
                present: true,
                remembered: false,
              },
            ],
            organizations: [
              { id: 'o1', name: 'Dana, personal' },
              { id: 'o2', name: 'Example Inc.' },
            ],
            bridge: {
              installed: true,
              help: "Adds one command to Acme Code's settings, in ~/.acme/settings.json.",
              previous: 'acme-line --short',
              obstacle: null,
            },
          }),
        ],
      }),
    }),
};

/** Installs a fake for a page in a browser. */
export function installFake(params: URLSearchParams): Fake {
  const fake = new Fake(scenes[params.get('scene') ?? 'calm']?.());
  fake.running = params.get('scene') !== 'gone';
  return fake.install();
}
