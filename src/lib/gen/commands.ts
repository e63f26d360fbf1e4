// Generated from the command table by `npm run gen`. Do not edit.

import type * as wire from './wire';

export interface Commands {
  /** The snapshot and everything that the settings pages show. */
  get_state: { args: Record<string, never>; answer: wire.State };
  /** The snapshot alone: the quickest answer. */
  get_bundle: { args: Record<string, never>; answer: wire.Bundle };
  /** The snapshot for scripts. */
  get_report: { args: Record<string, never>; answer: wire.Report };
  /** Applies a draft wholly, or names every problem and applies nothing. */
  save_settings: { args: { draft: wire.Draft }; answer: wire.SettingsState };
  /** Deletes a kept secret from keychain and memory. */
  forget_secret: { args: { provider: string; field: string }; answer: wire.SettingsState };
  /** Asks for fresh numbers, of one provider or of all, as far as floors and pauses allow; answers once they are published. */
  refresh: { args: { provider: string | null }; answer: wire.Bundle };
  /** Reads the vendors' status pages, of one provider or of all that are followed; each at most every five minutes. */
  get_status: { args: { provider: string | null }; answer: wire.ServiceReport[] };
  /** Forgets the remembered numbers; they are asked for again as soon as floors allow. */
  forget_numbers: { args: Record<string, never>; answer: null };
  /** Installs or removes the bridge into an assistant's status line. */
  set_bridge: { args: { provider: string; installed: boolean }; answer: wire.SettingsState };
  /** Sends a notification now, to see whether and how the desktop shows it. */
  test_alert: { args: Record<string, never>; answer: null };
  /** The redacted report that "Copy diagnostics" would copy. */
  diagnostics: { args: Record<string, never>; answer: string };
  /** The same report as fields. */
  diagnose: { args: Record<string, never>; answer: wire.Diagnosis };
  /** Whether the history holds everything that the assistants' logs tell by now, so that nobody else need read them. */
  history_is_current: { args: Record<string, never>; answer: boolean };
  /** What was used today, as far as the resident knows it. */
  get_today: { args: Record<string, never>; answer: wire.CostBrief | null };
  /** What use cost, as the history tells it; brings the history up to date first where that is needed. */
  get_cost: { args: { query: wire.CostQuery }; answer: wire.CostView };
  /** Every limit over its present period and the one before, and by day. */
  get_limits: { args: Record<string, never>; answer: wire.LimitCourse[] };
  /** Opens the vendor's own usage page in the browser. */
  open_dashboard: { args: { provider: string }; answer: null };
  /** Puts the newer release in place, where that is ours to do; the resident is replaced by it. */
  install_update: { args: Record<string, never>; answer: null };
  /** Looks for a newer release now; answers what there is, in a sentence. A newer one is told with the next snapshot. */
  look_for_updates: { args: Record<string, never>; answer: string };
  /** Ends the resident, and has what lies in its place by now started in the same way. */
  restart: { args: Record<string, never>; answer: null };
  /** Opens the folder of the logs. */
  open_logs: { args: Record<string, never>; answer: null };
  /** Shows recorded answers instead of live ones, or ends that. */
  set_demo: { args: { on: boolean }; answer: wire.State };
  /** Opens the window on a page, or brings it to the front. */
  open_window: { args: { page: string | null }; answer: null };
  /** Says that a window is there for as long as this connection lasts: it is told what to show, and no other is opened. */
  attend_window: { args: Record<string, never>; answer: null };
  /** Ends the resident. */
  quit: { args: Record<string, never>; answer: null };
}
