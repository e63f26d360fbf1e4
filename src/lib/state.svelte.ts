/** The only store: what the resident told, the draft of the settings, and where the person is. */
import type { PageId } from '../pages';
import type { Bundle, Problem, SecretDraft, Settings, SettingsState, State } from './gen/wire';
import { call, IpcError, startResident, subscribe } from './ipc';
import { type Change, changes, draftOf, settled } from './settings';

/** The way to the resident. */
export type Connection = 'starting' | 'live' | 'gone';

export class AppState {
  bundle = $state.raw<Bundle | null>(null);
  settings = $state.raw<SettingsState | null>(null);
  /** The settings as they are being edited; `null` until the first answer. */
  draft = $state<Settings | null>(null);
  /** Grows when the draft is thrown away, so that fields begin anew. */
  edition = $state(0);
  page = $state<PageId>('overview');
  connection = $state<Connection>('starting');
  /** What the last command that failed said. */
  failure = $state<string | null>(null);
  /** What a screen reader is told: changes of state, not every tick. */
  announcement = $state('');
  saving = $state(false);
  now = $state(Date.now());
  /** How far the time that is shown is from this machine's, in milliseconds: the demo has a time of its own. */
  #shift = $state(0);

  /** Typed secrets by `provider/field`. They leave with Save, and are forgotten then. */
  #secrets = $state<Record<string, SecretDraft>>({});
  #refused = $state.raw<Problem[]>([]);
  #unreadable = $state<Record<string, string>>({});
  #base = $state.raw<Settings | null>(null);
  /** Rows of a list as they were typed, by key path, while not all of them mean something. */
  readonly #typed = new Map<string, object[]>();

  /** Everything that Save would change, in words. */
  readonly changes: Change[] = $derived.by(() => {
    if (!this.settings || !this.draft || !this.#base) return [];
    const secrets = Object.values(this.#secrets).map((secret) => this.#secretChange(secret));
    const unreadable = Object.keys(this.#unreadable).map(() => ({ label: 'A field', value: 'not understood yet' }));
    return [...changes(this.#base, this.draft, this.settings), ...secrets, ...unreadable];
  });
  readonly dirty: boolean = $derived(this.changes.length > 0);

  /** The time that countdowns count from, in milliseconds since 1970. */
  get clock(): number {
    return this.now + this.#shift;
  }

  /** Subscribes, then asks; answers with what ends the subscription. */
  async start(): Promise<() => void> {
    const ends = await Promise.all([
      subscribe('snapshot:updated', (bundle) => this.hear(bundle)),
      subscribe('resident:gone', () => {
        this.connection = 'gone';
      }),
      subscribe('resident:back', () => void this.load()),
    ]);
    await this.load();
    return () => {
      for (const end of ends) end();
    };
  }

  /** Takes a snapshot unless a newer one is shown already. */
  hear(bundle: Bundle): void {
    if (this.bundle && bundle.seq < this.bundle.seq) return;
    this.#announce(bundle);
    const refreshed = this.bundle?.refreshing === true && !bundle.refreshing;
    this.bundle = bundle;
    this.now = Date.now();
    this.#shift = bundle.demo ? Date.parse(bundle.at) - this.now : 0;
    if (refreshed && this.page === 'providers') void this.reloadSettings();
  }

  /** Asks for everything. Another run of the resident counts its snapshots from the beginning. */
  async load(): Promise<void> {
    try {
      this.#takeState(await call('get_state', {}), this.connection !== 'live');
      this.connection = 'live';
      this.failure = null;
    } catch (reason) {
      this.#fail(reason);
      this.connection = 'gone';
    }
  }

  /** Asks for what the settings pages show; edits that are under way stay. */
  async reloadSettings(): Promise<void> {
    if (this.connection !== 'live' || this.saving) return;
    await this.run(async () => this.#takeState(await call('get_state', {}), false));
  }

  async restart(): Promise<void> {
    this.connection = 'starting';
    try {
      await startResident();
    } catch (reason) {
      this.#fail(reason);
      this.connection = 'gone';
      return;
    }
    await this.load();
  }

  /** Runs something that asks the resident; a failure is shown. Answers whether it worked. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      this.failure = null;
      return true;
    } catch (reason) {
      this.#fail(reason);
      return false;
    }
  }

  refresh(provider: string | null = null): Promise<boolean> {
    return this.run(async () => this.hear(await call('refresh', { provider })));
  }

  setDemo(on: boolean): Promise<boolean> {
    return this.run(async () => this.#takeState(await call('set_demo', { on }), false));
  }

  setBridge(provider: string, installed: boolean): Promise<boolean> {
    return this.run(async () => this.#takeSettings(await call('set_bridge', { provider, installed })));
  }

  forgetSecret(provider: string, field: string): Promise<boolean> {
    this.typeSecret(provider, field, '');
    return this.run(async () => this.#takeSettings(await call('forget_secret', { provider, field })));
  }

  secret(provider: string, field: string): string {
    return this.#secrets[`${provider}/${field}`]?.value ?? '';
  }

  /** Notes what was typed. Without a keychain it can only be kept until Claudometer ends, so the draft says that. */
  typeSecret(provider: string, field: string, value: string): void {
    const key = `${provider}/${field}`;
    if (value === '') delete this.#secrets[key];
    else this.#secrets[key] = { provider, field, value };
    const choice = this.draft?.providers[provider];
    if (choice && value !== '' && !this.settings?.keyring.available) choice.rememberSecret = false;
  }

  /** Everything that kept Save from being applied. */
  get problems(): readonly Problem[] {
    return this.#refused;
  }

  /** What is wrong at a field. */
  problem(path: string): string | null {
    const refused = this.#refused.find(({ field }) => field === path || field.startsWith(`${path}.`));
    return refused?.message ?? null;
  }

  /** Notes that a field holds a text that means nothing, or (with `null`) that it means something again. */
  unreadable(path: string, message: string | null): void {
    if (message !== null) {
      this.#unreadable[path] = message;
      return;
    }
    delete this.#unreadable[path];
    if (this.#refused.some(({ field }) => field === path)) {
      this.#refused = this.#refused.filter(({ field }) => field !== path);
    }
  }

  /** Rows of a list that were typed and are not all understood yet, for the page that comes back to them. */
  typedRows(path: string): object[] | undefined {
    return this.#typed.get(path);
  }

  /** Keeps rows that are not all understood while another page is shown; `null` forgets them. */
  keepRows(path: string, rows: object[] | null): void {
    if (rows === null) this.#typed.delete(path);
    else this.#typed.set(path, rows);
  }

  /** The name of what overrides a choice now. */
  overriddenBy(path: string): string | null {
    return this.settings?.overridden.find(([field]) => field === path)?.[1] ?? null;
  }

  /** Sends the whole draft; it is applied wholly, or its problems stand at their fields. */
  async save(): Promise<boolean> {
    if (!this.draft || !this.settings || this.saving) return false;
    const unreadable = Object.entries($state.snapshot(this.#unreadable));
    this.#refused = unreadable.map(([field, message]) => ({ field, message }));
    if (unreadable.length > 0) return false;
    this.saving = true;
    try {
      const settings = settled($state.snapshot(this.draft), this.settings.settings);
      const secrets = Object.values($state.snapshot(this.#secrets));
      const saved = await call('save_settings', { draft: { settings, secrets } });
      this.#secrets = {};
      this.#begin(saved);
      this.failure = null;
      this.announcement = 'Saved.';
      return true;
    } catch (reason) {
      const error = IpcError.of(reason);
      this.#refused = error.problems;
      if (error.problems.length === 0) this.#fail(error);
      return false;
    } finally {
      this.saving = false;
    }
  }

  /** Throws every edit away. */
  cancel(): void {
    this.#secrets = {};
    if (this.settings) this.#begin(this.settings);
  }

  #takeState({ bundle, settings }: State, anew: boolean): void {
    if (anew) this.bundle = null;
    this.hear(bundle);
    this.#takeSettings(settings);
  }

  #takeSettings(settings: SettingsState): void {
    if (!this.draft || !this.#base || !this.dirty) {
      this.#begin(settings);
      return;
    }
    // Edits stay; a provider that is new gets its entry.
    const fresh = draftOf(settings).providers;
    this.draft.providers = { ...fresh, ...this.draft.providers };
    this.#base = { ...this.#base, providers: { ...fresh, ...this.#base.providers } };
    this.settings = settings;
  }

  #begin(settings: SettingsState): void {
    this.settings = settings;
    this.#base = draftOf(settings);
    this.draft = draftOf(settings);
    this.#refused = [];
    this.#unreadable = {};
    this.#typed.clear();
    this.edition += 1;
  }

  #fail(reason: unknown): void {
    const error = IpcError.of(reason);
    if (error.code === 'disconnected') this.connection = 'gone';
    this.failure = error.message;
  }

  #secretChange({ provider, field }: SecretDraft): Change {
    const form = this.settings?.providers.find(({ id }) => id === provider);
    const label = form?.secrets.find((secret) => secret.field === field)?.label ?? field;
    return { label: `${form?.name ?? provider}, ${label.toLowerCase()}`, value: 'new' };
  }

  #announce(next: Bundle): void {
    const before = new Map(this.bundle?.cards.map((card) => [card.seat, card]));
    const told = next.cards.flatMap((card) => {
      const was = before.get(card.seat);
      if (!was) return [];
      if (card.trouble?.code !== was.trouble?.code) {
        return card.trouble
          ? [`${card.name}: ${card.trouble.title}. ${card.trouble.remedy}`]
          : [`${card.name}: answering again.`];
      }
      return card.meters
        .filter((meter) => was.meters.some(({ id, level }) => id === meter.id && level !== meter.level))
        .map((meter) => `${card.name}: ${meter.sentence}`);
    });
    if (told.length > 0) this.announcement = told.join(' ');
  }
}
