/** Snapshots and settings of invented providers, for tests and for the page in a browser. */
import type {
  Bundle,
  Card,
  CostView,
  CostViewPart,
  CostViewRow,
  LimitCourse,
  Meter,
  ProviderForm,
  SettingsState,
  State,
  TroubleStrip,
} from '../lib/gen/wire';

export function meter(over: Partial<Meter> = {}): Meter {
  return {
    id: 'session',
    label: 'Session',
    used: 37,
    unlimited: false,
    figure: '37 % used',
    level: 'calm',
    levelWord: '',
    fresh: 'fresh',
    estimated: false,
    expected: 57,
    projected: 65,
    pace: '20 points in reserve',
    resetsAt: '2026-09-15T14:10:00Z',
    resets: 'resets 16:10 (in 2 h 10 m)',
    minutes: 300,
    provenance: null,
    sentence: 'Session: 37 % used, 20 points in reserve, resets 16:10 (in 2 h 10 m).',
    ...over,
  };
}

export const meters = {
  calm: meter(),
  watch: meter({
    id: 'weekly',
    label: 'Weekly',
    used: 82,
    figure: '82 % used',
    level: 'watch',
    levelWord: 'watch',
    expected: 60,
    projected: 130,
    pace: '22 points ahead of time, runs out Thu 18:00',
    resetsAt: '2026-09-18T08:00:00Z',
    resets: 'resets Fri 10:00 (in 2 d 20 h)',
    minutes: 10_080,
    sentence: 'Weekly: 82 % used, watch, runs out Thu 18:00.',
  }),
  low: meter({
    id: 'opus',
    label: 'Weekly · Large',
    used: 96,
    figure: '96 % used',
    level: 'low',
    levelWord: 'low',
    expected: 90,
    projected: 104,
    pace: '6 points ahead of time',
    sentence: 'Weekly, Large: 96 % used, low.',
  }),
  exhausted: meter({
    id: 'day',
    label: 'Daily',
    used: 104,
    figure: '104 % used',
    level: 'exhausted',
    levelWord: 'used up',
    expected: 50,
    projected: 208,
    pace: null,
    resets: 'until 17:00 (in 3 h 0 m)',
    resetsAt: '2026-09-15T15:00:00Z',
    sentence: 'Daily: used up until 17:00.',
  }),
  unknown: meter({
    id: 'month',
    label: 'Monthly',
    used: null,
    figure: 'not reported',
    level: 'unknown',
    levelWord: '',
    expected: null,
    projected: null,
    pace: null,
    resetsAt: null,
    resets: null,
    sentence: 'Monthly: not reported.',
  }),
  stale: meter({
    id: 'stale',
    label: 'Session',
    used: 45,
    figure: '45 % used',
    fresh: 'stale',
    projected: null,
    pace: null,
    provenance: '42 min old',
    sentence: 'Session: 45 % used, 42 min old.',
  }),
  estimated: meter({
    id: 'estimate',
    label: 'Requests',
    used: 12,
    figure: '12 % used',
    estimated: true,
    pace: null,
    sentence: 'Requests: about 12 % used.',
  }),
  rolledOver: meter({
    id: 'over',
    label: 'Session',
    used: 71,
    figure: 'reset at 13:00',
    fresh: 'rolledOver',
    projected: null,
    pace: null,
    resets: null,
    sentence: 'Session: reset at 13:00, not measured since.',
  }),
} satisfies Record<string, Meter>;

export function card(over: Partial<Card> = {}): Card {
  return {
    seat: 'acme/dana',
    provider: 'acme',
    name: 'Acme',
    plan: 'Max 5x',
    account: 'dana@example.com',
    badge: null,
    worst: 'weekly',
    meters: [meters.calm, meters.watch],
    spend: null,
    lines: [],
    source: 'Acme login',
    age: '4 min ago',
    observedAt: '2026-09-15T11:56:00Z',
    next: 'asks again in 1 min',
    trouble: null,
    attempts: [
      { source: 'Status line', outcome: 'nothing new', ok: false },
      { source: 'Acme login', outcome: 'answered', ok: true },
    ],
    dashboard: 'https://acme.example/usage',
    ...over,
  };
}

const kept = 'The numbers of 42 min ago stand meanwhile.';

/** Every trouble that an account can have. */
export const troubles: Record<string, TroubleStrip> = Object.fromEntries(
  (
    [
      ['auth_missing', 'not signed in', 'No login was found.', 'Run `acme login`; Claudometer notices by itself.'],
      [
        'auth_expired',
        'signed out',
        `The login has expired. ${kept}`,
        'Run `acme login`; Claudometer notices by itself.',
      ],
      ['forbidden_scope', 'not allowed', `This login may not read usage. ${kept}`, 'Sign in with the whole account.'],
      ['not_subscribed', 'no plan', 'This account has no plan with limits.', 'Choose another account.'],
      [
        'unsupported_account',
        'not supported',
        'Accounts of this kind report no usage.',
        'Turn Acme off, or use another login.',
      ],
      ['rate_limited', 'rate limited', `Acme asks to wait. ${kept}`, 'Nothing to do: it is asked again at 14:20.'],
      [
        'blocked',
        'blocked',
        `A protection page answered instead of Acme. ${kept}`,
        'Open the usage page in a browser once.',
      ],
      ['upstream_down', 'not reachable', `Acme does not answer. ${kept}`, 'Nothing to do: it is asked again in 5 min.'],
      ['bad_payload', 'format changed', `The answer has a new form. ${kept}`, 'Look for an update of Claudometer.'],
      ['no_data', 'no data yet', 'Nothing was used yet.', 'Use Acme once.'],
      ['keychain', 'keychain locked', 'The keychain did not open.', 'Unlock it; Claudometer tries again by itself.'],
    ] as const
  ).map(([code, title, detail, remedy]) => [
    code,
    {
      code,
      title,
      detail,
      remedy,
      service: null,
      shape: code === 'bad_payload' ? '{\n  "limits": [{ "used": string }]\n}' : null,
    },
  ]),
);

export function bundle(over: Partial<Bundle> = {}): Bundle {
  return {
    seq: 1,
    at: '2026-09-15T12:00:00Z',
    demo: false,
    refreshing: false,
    headline: 'Acme Weekly 82 % used',
    cards: [card()],
    firstRun: null,
    remarks: [],
    update: null,
    replacedBy: null,
    ...over,
  };
}

export const firstRun = bundle({
  headline: 'No assistants found',
  cards: [],
  firstRun: {
    looked: [
      {
        provider: 'acme',
        name: 'Acme',
        places: ['~/.acme/credentials.json', '~/.config/acme/credentials.json'],
        signIn: 'Install Acme Code and run `acme login`.',
      },
      { provider: 'borealis', name: 'Borealis', places: ['~/.borealis/auth.json'], signIn: 'Run `borealis login`.' },
    ],
  },
});

export function provider(over: Partial<ProviderForm> = {}): ProviderForm {
  return {
    id: 'acme',
    name: 'Acme',
    homeVariable: 'ACME_HOME',
    active: true,
    found: ['~/.acme/credentials.json'],
    signIn: 'Run `acme login`.',
    sources: [
      {
        id: 'statusline',
        label: 'Status line',
        help: 'Reads what Acme Code tells its status line. Asks nobody.',
        available: true,
        optIn: false,
      },
      {
        id: 'oauth',
        label: 'Acme login',
        help: 'Reads the login of Acme Code. Asks api.acme.example.',
        available: true,
        optIn: false,
      },
      {
        id: 'web',
        label: 'Web session',
        help: 'Uses the key that you type. Asks acme.example.',
        available: false,
        optIn: true,
      },
    ],
    secrets: [
      {
        field: 'session',
        label: 'Session key',
        help: 'The cookie `session` of acme.example.',
        present: false,
        remembered: false,
      },
    ],
    organizations: [],
    bridge: {
      installed: false,
      help: "Adds one command to Acme Code's own settings, in ~/.acme/settings.json.",
      previous: null,
      obstacle: null,
    },
    ...over,
  };
}

export function settingsState(over: Partial<SettingsState> = {}): SettingsState {
  return {
    settings: {
      version: 1,
      providers: {},
      refreshIntervalSeconds: 300,
      display: { metric: 'worst', figure: 'used', reset: 'clock', icon: 'bars', title: true, shownProvider: null },
      alerts: {
        thresholds: [80, 95],
        thresholdsByKind: {},
        reset: 'whenItMattered',
        runOut: true,
        account: true,
        quietHours: null,
        sound: false,
      },
      theme: 'system',
      startAtLogin: false,
      checkUpdatesOnStartup: true,
      updates: { channel: 'stable' },
      locale: null,
      customProviders: [],
      routeRoles: {},
      cost: {
        mode: 'auto',
        prices: {},
        aliases: {},
        plans: {},
        currency: 'USD',
        perDollar: '1',
        budgets: [],
        device: null,
        showToday: true,
        refreshPrices: false,
        syncFolder: null,
      },
    },
    providers: [
      provider(),
      provider({
        id: 'borealis',
        name: 'Borealis',
        active: false,
        found: [],
        signIn: 'Run `borealis login`.',
        secrets: [],
        bridge: null,
      }),
    ],
    assistants: [
      { id: 'acme', name: 'Acme Code' },
      { id: 'borealis', name: 'Borealis' },
    ],
    keyring: { available: true, reason: '' },
    overridden: [],
    fileRemark: null,
    about: {
      version: '0.1.0',
      logFolder: '~/.local/state/claudometer/logs',
      settingsFile: '~/.config/claudometer/settings.json',
      ledger: [
        {
          provider: 'Acme',
          source: 'Status line',
          reads: 'What Acme Code writes to its status line.',
          sends: '',
          on: false,
        },
        {
          provider: 'Acme',
          source: 'Acme login',
          reads: '~/.acme/credentials.json',
          sends: 'api.acme.example, with its own login.',
          on: true,
        },
        {
          provider: 'Borealis',
          source: 'Borealis login',
          reads: '~/.borealis/auth.json',
          sends: 'borealis.example, with its own login.',
          on: false,
        },
      ],
      trayRemark: null,
      updatesRemark: null,
    },
    ...over,
  };
}

export function state(over: Partial<State> = {}): State {
  return { bundle: bundle(), settings: settingsState(), ...over };
}

/** What the history tells. */
/** The course of the meters of `card()`. */
export function courses(): LimitCourse[] {
  const points = (end: number, used: number) =>
    [0, 0.25, 0.5, 0.75, 1].map((share) => ({ passed: share * end, used: share * used }));
  return card().meters.map(({ id }) => ({
    seat: card().seat,
    window: id,
    points: points(0.4, 37),
    before: points(1, 80),
    days: [{ label: 'Tue 15 Sep', burnt: '12 %', peak: '37 %' }],
  }));
}

export function cost(over: Partial<CostView> = {}, by = 'day'): CostView {
  const part = (model: string, dollars: number) => ({ agent: 'Acme', model, cost: `$${dollars.toFixed(2)}`, dollars });
  const row = (key: string, label: string, tokens: string, dollars: number, parts: CostViewPart[]): CostViewRow => ({
    key,
    label,
    place: '~/work/shop',
    tokens,
    cost: `$${dollars.toFixed(2)}`,
    dollars,
    parts,
  });
  const days = [
    row('2026-09-14', 'Mon 14', '5.1 M', 3, [part('acme-large-4', 3)]),
    row('2026-09-15', 'Tue 15', '40.0 M', 9.3, [part('acme-large-4', 6.2), part('acme-small-4', 3.1)]),
  ];
  const hours = [row('2026-09-14 17:00', 'Mon 17:00', '5.1 M', 3, [part('acme-large-4', 3)])];
  const others = [row('0b9f3a52', 'Mon 17:20 · Acme 0b9f3a52', '5.1 M', 3, [part('acme-large-4', 3)])];
  return {
    rows: by === 'day' ? days : by === 'hour' ? hours : others,
    total: '$12.30 · 45.1 M tokens',
    notes: ["What the tokens would cost by the vendors' price lists of 09/01/26; a plan costs what it costs."],
    csv: 'day,agents\n',
    ...over,
  };
}
