// Generated from the Rust types by `npm run gen`. Do not edit.

export type Theme = "system" | "light" | "dark";

export type Metric = "worst" | "session" | "weekly";

export type FigureOf = "used" | "left";

export type ResetAs = "clock" | "countdown";

export type IconStyle = "bars" | "number";

export type ResetNotice = "off" | "whenItMattered" | "always";

export type QuietHours = { 
/**
 * Begin, local time.
 */
from: string, 
/**
 * End, local time.
 */
to: string, };

export type Alerts = { 
/**
 * Percent used at which to warn, for windows of a kind that has no entry of its own.
 */
thresholds: Array<number>, 
/**
 * Percent used at which to warn, by kind of window (`session`, `weekly`...). An empty list turns the kind off.
 */
thresholdsByKind: { [key in string]: Array<number> }, 
/**
 * When a reset is worth a notice.
 */
reset: ResetNotice, 
/**
 * Whether to warn when the present pace uses a window up before it resets.
 */
runOut: boolean, 
/**
 * Whether to tell when an account stops or starts answering.
 */
account: boolean, 
/**
 * A daily time in which notices are held back, then told together.
 */
quietHours: QuietHours | null, 
/**
 * Whether notices may make a sound.
 */
sound: boolean, };

export type Display = { 
/**
 * Which window the one figure is about.
 */
metric: Metric, 
/**
 * Whether figures say what is used or what is left.
 */
figure: FigureOf, 
/**
 * Whether a reset is a time of day or a countdown where only one fits.
 */
reset: ResetAs, 
/**
 * What the tray icon draws.
 */
icon: IconStyle, 
/**
 * Whether the panel shows a text beside the icon, where it can.
 */
title: boolean, 
/**
 * The provider that icon and title are about; `None` is the worst of all.
 */
shownProvider: string | null, };

export type ProviderSettings = { 
/**
 * `None`: on where something of it was found on this machine.
 */
enabled: boolean | null, 
/**
 * `None` is automatic: every source in its order. Else the one source that is used.
 */
source: string | null, 
/**
 * Sources that automatic choice leaves out by itself, and that are used all the same, last in their order.
 */
sourcesOn: Array<string>, 
/**
 * Sources that automatic choice leaves out.
 */
sourcesOff: Array<string>, 
/**
 * The organisation to read, by the vendor's id; `None` lets the source choose.
 */
organization: string | null, 
/**
 * Whether a typed secret is kept in the system's keychain, or only until Claudometer ends.
 */
rememberSecret: boolean, 
/**
 * Names of further typed keys, such as `work`; each is an account of its own.
 */
keys: Array<string>, 
/**
 * Further folders in which the assistant keeps its login and logs; each is an account of its own. `~/` is the home folder.
 */
homes: Array<string>, 
/**
 * Seconds that a source may take before the next one is tried; `None` is the most, 28.
 */
timeoutSeconds: number | null, };

export type CustomProvider = { 
/**
 * Id: lower-case letters, digits, hyphens; none that another provider has.
 */
id: string, 
/**
 * Name that people see.
 */
name: string, 
/**
 * What is asked, with GET: `https`, or `http` on this machine.
 */
url: string, 
/**
 * Page about the usage, `https`; none where there is none.
 */
dashboard: string | null, 
/**
 * Header that carries the secret.
 */
keyHeader: string, 
/**
 * What stands before the secret in that header, with its blank.
 */
keyPrefix: string, 
/**
 * Environment variable that holds the secret, besides the typed one.
 */
keyVariable: string | null, 
/**
 * Further headers. Never a secret: the settings file is plain text.
 */
headers: { [key in string]: string }, 
/**
 * JSON pointer to the name of the plan.
 */
plan: string | null, 
/**
 * Windows of the answer.
 */
windows: Array<CustomWindow>, 
/**
 * JSON pointer to what is left of a balance.
 */
balance: string | null, 
/**
 * Unit of the balance.
 */
balanceUnit: CreditUnit, 
/**
 * JSON pointer to what was spent.
 */
spent: string | null, 
/**
 * JSON pointer to the cap of what may be spent.
 */
spentLimit: string | null, 
/**
 * ISO 4217 code of what was spent.
 */
currency: string, 
/**
 * Whether balance and spend come in hundredths.
 */
inCents: boolean, };

export type CustomWindow = { 
/**
 * Id, unique within the provider: lower-case letters, digits, hyphens.
 */
id: string, 
/**
 * Length in minutes: 300 is a session, 10080 a week; none where it is not known.
 */
minutes: number | null, 
/**
 * JSON pointer to the percentage used, 0-100.
 */
usedPercent: string | null, 
/**
 * JSON pointer to the percentage left, 0-100.
 */
leftPercent: string | null, 
/**
 * JSON pointer to the fraction used, 0-1.
 */
usedFraction: string | null, 
/**
 * JSON pointer to how much was used, beside `limit`.
 */
used: string | null, 
/**
 * JSON pointer to how much is left, beside `limit`.
 */
left: string | null, 
/**
 * JSON pointer to how much there is in all.
 */
limit: string | null, 
/**
 * JSON pointer to when it resets: RFC 3339, or seconds or milliseconds since 1970.
 */
resetsAt: string | null, };

export type CreditUnit = string;

export type CostMode = "auto" | "calculate" | "display";

export type ModelPrice = { 
/**
 * Of the prompt.
 */
input: string, 
/**
 * Generated.
 */
output: string, 
/**
 * Read from a cache.
 */
cacheRead: string | null, 
/**
 * Written to a cache for five minutes.
 */
cacheWrite: string | null, 
/**
 * Written to a cache for an hour.
 */
cacheWriteHour: string | null, };

export type BudgetSpan = "day" | "week" | "month";

export type Budget = { 
/**
 * The span.
 */
per: BudgetSpan, 
/**
 * How much, in the currency of the settings.
 */
amount: string, 
/**
 * Only what was spent in folders whose path holds this text; `None` is everything.
 */
project: string | null, };

export type CostSettings = { 
/**
 * Whether a log's own cost or the price list counts.
 */
mode: CostMode, 
/**
 * Own prices by model, in US dollars per million tokens; they come before the list.
 */
prices: { [key in string]: ModelPrice }, 
/**
 * Models that are priced as another one.
 */
aliases: { [key in string]: string }, 
/**
 * What the plan of an assistant, by its id, costs in US dollars a month.
 */
plans: { [key in string]: string }, 
/**
 * The currency in which cost is shown and budgets are set, as an ISO 4217 code.
 */
currency: string, 
/**
 * How much of that currency a US dollar is.
 */
perDollar: string, 
/**
 * What is meant to be spent at most.
 */
budgets: Array<Budget>, 
/**
 * The name of this machine in the history; `None` is its host name.
 */
device: string | null, 
/**
 * Whether tray and window show what each assistant used today.
 */
showToday: boolean, 
/**
 * Whether the price list is fetched anew each day.
 */
refreshPrices: boolean, 
/**
 * A folder that several machines keep in step, in which each tells the others what it used.
 */
syncFolder: string | null, };

export type ReleaseChannel = "stable" | "beta";

export type Updates = { 
/**
 * Which releases are offered.
 */
channel: ReleaseChannel, };

export type Settings = { 
/**
 * Version of the file's form.
 */
version: number, 
/**
 * Per provider id; a provider without an entry has the defaults.
 */
providers: { [key in string]: ProviderSettings }, 
/**
 * Seconds between polls that the person asks for.
 */
refreshIntervalSeconds: number, 
/**
 * What tray, window and terminal show.
 */
display: Display, 
/**
 * What is worth a notification.
 */
alerts: Alerts, 
/**
 * Colours of the window.
 */
theme: Theme, 
/**
 * Whether the desktop starts Claudometer at login.
 */
startAtLogin: boolean, 
/**
 * Whether a new version is looked for after the start and once a day.
 */
checkUpdatesOnStartup: boolean, 
/**
 * Which new versions are offered.
 */
updates: Updates, 
/**
 * Providers of the person's own.
 */
customProviders: Array<CustomProvider>, 
/**
 * Providers, by id, that do for a role such as `review`; `claudometer route --role` ranks them.
 */
routeRoles: { [key in string]: Array<string> }, 
/**
 * Locale of dates, like `de_AT`; `None` is the system's.
 */
locale: string | null, 
/**
 * How cost is known and shown.
 */
cost: CostSettings, };

export type Problem = { 
/**
 * Path of the key, like `alerts.thresholds`.
 */
field: string, 
/**
 * What is allowed, one sentence.
 */
message: string, };

export type Level = "unknown" | "calm" | "watch" | "low" | "exhausted";

export type Fresh = "fresh" | "stale" | "rolledOver";

export type Meter = { 
/**
 * Stable within its card.
 */
id: string, 
/**
 * `Session`, `Weekly`, `Weekly · Opus`.
 */
label: string, 
/**
 * Percent used, 0-100 or more; `null` is "not reported" and is drawn hollow.
 */
used: number | null, 
/**
 * Whether the vendor says that there is no limit: a word, and no bar.
 */
unlimited: boolean, 
/**
 * The figure in words: `37 %`, `63 % left`, `not reported`, `unlimited`.
 */
figure: string, 
/**
 * Urgency.
 */
level: Level, 
/**
 * Urgency as a word, for screen readers and colour-blind eyes; empty when calm.
 */
levelWord: string, 
/**
 * Trust.
 */
fresh: Fresh, 
/**
 * Whether the number is an estimate (shown with a leading `~`).
 */
estimated: boolean, 
/**
 * Where an even use would stand now, percent 0-100.
 */
expected: number | null, 
/**
 * Where the present pace ends, percent 0-100 or more.
 */
projected: number | null, 
/**
 * Pace in words: `12 points ahead of time`, `runs out 15:40`.
 */
pace: string | null, 
/**
 * When the window resets, in UTC.
 */
resetsAt: string | null, 
/**
 * The same in words: `resets 17:00 (in 2 h 10 m)`.
 */
resets: string | null, 
/**
 * Length of the window, in minutes.
 */
minutes: number | null, 
/**
 * Where this number comes from and how old it is, in words, when that differs from the card.
 */
provenance: string | null, 
/**
 * The whole meter as one sentence, for screen readers and tooltips.
 */
sentence: string, };

export type Line = { 
/**
 * `Credits`.
 */
label: string, 
/**
 * `7.25 credits`.
 */
value: string, };

export type TroubleStrip = { 
/**
 * Kind, as in `claudometer usage --json`: `auth_expired`.
 */
code: string, 
/**
 * A few words: `signed out`, `rate limited`.
 */
title: string, 
/**
 * What happened, and what stands meanwhile.
 */
detail: string, 
/**
 * What to do.
 */
remedy: string, 
/**
 * Trouble that the vendor itself admits on its status page.
 */
service: string | null, 
/**
 * Keys and types of an answer that was not understood; no values.
 */
shape: string | null, };

export type AttemptLine = { 
/**
 * The source in words.
 */
source: string, 
/**
 * How it ended, in words.
 */
outcome: string, 
/**
 * Whether it answered.
 */
ok: boolean, };

export type Card = { 
/**
 * `provider/account`, stable.
 */
seat: string, 
/**
 * Provider id.
 */
provider: string, 
/**
 * Provider's name.
 */
name: string, 
/**
 * Plan as people know it.
 */
plan: string | null, 
/**
 * E-mail address or organisation.
 */
account: string | null, 
/**
 * A word such as `demo`, shown beside the name.
 */
badge: string | null, 
/**
 * Id of the meter that is shown large.
 */
worst: string | null, 
/**
 * Windows, the account's own first.
 */
meters: Array<Meter>, 
/**
 * Money spent beyond the plan.
 */
spend: Meter | null, 
/**
 * Balances and other single facts.
 */
lines: Array<Line>, 
/**
 * Where the newest numbers come from, in words.
 */
source: string | null, 
/**
 * Age of the newest numbers, in words (`4 min ago`).
 */
age: string | null, 
/**
 * When the newest numbers were measured, in UTC.
 */
observedAt: string | null, 
/**
 * When it is asked again, in words.
 */
next: string | null, 
/**
 * Standing trouble.
 */
trouble: TroubleStrip | null, 
/**
 * What the last refresh tried, in order.
 */
attempts: Array<AttemptLine>, 
/**
 * The vendor's own usage page.
 */
dashboard: string, };

export type Looked = { 
/**
 * Provider id.
 */
provider: string, 
/**
 * Provider's name.
 */
name: string, 
/**
 * Places that were looked at, with `~` for the home folder.
 */
places: Array<string>, 
/**
 * How to sign in, one sentence.
 */
signIn: string, };

export type FirstRun = { 
/**
 * One per provider.
 */
looked: Array<Looked>, };

export type Bundle = { 
/**
 * Grows with every change within one run of the resident; a lower one than the last is to be dropped.
 */
seq: number, 
/**
 * When the words were made, in UTC.
 */
at: string, 
/**
 * Whether recorded answers are shown, not live ones.
 */
demo: boolean, 
/**
 * Whether a refresh is under way.
 */
refreshing: boolean, 
/**
 * The one line that matters most, as in the tray's tooltip.
 */
headline: string, 
/**
 * One per account.
 */
cards: Array<Card>, 
/**
 * Instead of cards, when nothing was found on this machine.
 */
firstRun: FirstRun | null, 
/**
 * Standing remarks about the whole, such as a test origin in use.
 */
remarks: Array<string>, 
/**
 * A newer release, where one is known.
 */
update: UpdateReport | null, 
/**
 * The version that a package has put in the place of what runs; a restart uses it.
 */
replacedBy: string | null, };

export type SourceForm = { 
/**
 * Source id.
 */
id: string, 
/**
 * A few words.
 */
label: string, 
/**
 * What it reads and whom it asks, one sentence.
 */
help: string, 
/**
 * Whether it could be used now.
 */
available: boolean, 
/**
 * Whether automatic choice leaves it out until a person switches it on.
 */
optIn: boolean, };

export type SecretForm = { 
/**
 * Field id.
 */
field: string, 
/**
 * Label.
 */
label: string, 
/**
 * Where to find it, one sentence.
 */
help: string, 
/**
 * Whether one is kept.
 */
present: boolean, 
/**
 * Whether it is kept in the keychain (else only until Claudometer ends).
 */
remembered: boolean, };

export type Organization = { 
/**
 * The vendor's id.
 */
id: string, 
/**
 * Its name.
 */
name: string, };

export type BridgeForm = { 
/**
 * Whether it is installed.
 */
installed: boolean, 
/**
 * What installing changes, and where, one sentence.
 */
help: string, 
/**
 * The command that was configured before and is passed on to.
 */
previous: string | null, 
/**
 * Why it cannot be installed now.
 */
obstacle: string | null, };

export type ProviderForm = { 
/**
 * The variable with which the assistant is told of another home; `null` where it has only one.
 */
homeVariable: string | null, 
/**
 * Provider id.
 */
id: string, 
/**
 * Provider's name.
 */
name: string, 
/**
 * Whether it is polled now, by choice or because something was found.
 */
active: boolean, 
/**
 * What was found of it on this machine, in words; empty when nothing.
 */
found: Array<string>, 
/**
 * How to sign in, one sentence.
 */
signIn: string, 
/**
 * Sources in their order.
 */
sources: Array<SourceForm>, 
/**
 * Secrets that can be typed.
 */
secrets: Array<SecretForm>, 
/**
 * Organisations of the login to choose from; empty when there is no choice.
 */
organizations: Array<Organization>, 
/**
 * The bridge into the assistant's own status line, where there is one.
 */
bridge: BridgeForm | null, };

export type Assistant = { 
/**
 * Its id, as in the history.
 */
id: string, 
/**
 * Its name.
 */
name: string, };

export type KeyringForm = { 
/**
 * Whether a keychain answers.
 */
available: boolean, 
/**
 * Why not, and what to do; empty when available.
 */
reason: string, };

export type LedgerRow = { 
/**
 * Provider's name.
 */
provider: string, 
/**
 * Source in words.
 */
source: string, 
/**
 * What is read on this machine.
 */
reads: string, 
/**
 * Which hosts are asked, with what; empty when none.
 */
sends: string, 
/**
 * Whether it is on now.
 */
on: boolean, };

export type About = { 
/**
 * Version of the resident.
 */
version: string, 
/**
 * Folder of the logs, with `~` for the home folder.
 */
logFolder: string, 
/**
 * The settings file, with `~` for the home folder.
 */
settingsFile: string, 
/**
 * What is read from where and sent to whom.
 */
ledger: Array<LedgerRow>, 
/**
 * Whether the tray has a place to be shown in, in words when not.
 */
trayRemark: string | null, 
/**
 * Why no release can be verified, in words; `None` where one can.
 */
updatesRemark: string | null, };

export type SettingsState = { 
/**
 * The choices in force.
 */
settings: Settings, 
/**
 * One per provider, in the order of the registry.
 */
providers: Array<ProviderForm>, 
/**
 * Assistants whose logs are read, in the order in which they are shown: what the history tells is told of them.
 */
assistants: Array<Assistant>, 
/**
 * Whether secrets can be remembered.
 */
keyring: KeyringForm, 
/**
 * Choices that a flag or an environment variable overrides now: key path and the name that overrides it.
 */
overridden: Array<[string, string]>, 
/**
 * A remark about the settings file, such as that a damaged one was set aside.
 */
fileRemark: string | null, 
/**
 * Version, places, privacy.
 */
about: About, };

export type SecretDraft = { 
/**
 * Provider id.
 */
provider: string, 
/**
 * Field id.
 */
field: string, 
/**
 * What was typed.
 */
value: string, };

export type Draft = { 
/**
 * The choices.
 */
settings: Settings, 
/**
 * Secrets that were typed.
 */
secrets: Array<SecretDraft>, };

export type WindowReport = { 
/**
 * Stable within its account: `session`, `weekly:opus`.
 */
id: string, 
/**
 * `session`, `daily`, `weekly`, `monthly`...
 */
kind: string, 
/**
 * For people: `Weekly · Opus`.
 */
label: string, 
/**
 * The model that it counts alone.
 */
model: string | null, 
/**
 * Percent used, 0-100 or more; `null` is not reported, never zero.
 */
usedPercent: number | null, 
/**
 * Percent left, 0-100; `null` is not reported.
 */
leftPercent: number | null, 
/**
 * Whether the vendor says that there is no limit; the percentages are `null` then.
 */
unlimited: boolean, 
/**
 * Where an even use would stand now, percent 0-100.
 */
expectedPercent: number | null, 
/**
 * Where the present pace ends, percent 0-100 or more.
 */
projectedPercent: number | null, 
/**
 * When it resets, in UTC.
 */
resetsAt: string | null, 
/**
 * Seconds until then.
 */
resetsInSeconds: number | null, 
/**
 * Its length, in minutes.
 */
windowMinutes: number | null, 
/**
 * When this number was measured, in UTC.
 */
observedAt: string, 
/**
 * Id of the source that told it.
 */
source: string, 
/**
 * Whether it is old, or something has failed since.
 */
stale: boolean, 
/**
 * Whether the window has ended since it was measured.
 */
rolledOver: boolean, };

export type CreditsReport = { 
/**
 * Whose or what for, where it is not the account's own.
 */
name: string | null, 
/**
 * What is left, as a decimal number in `unit`; `null` is not reported.
 */
balance: string | null, 
/**
 * What was used in the present period, as a decimal number in `unit`, where only that is counted or both are.
 */
used: string | null, 
/**
 * `credits`, `requests`, `points`, or the code of a currency: `usd`, `cny`.
 */
unit: string, 
/**
 * Whether there is no limit.
 */
unlimited: boolean, 
/**
 * When it expires, in UTC.
 */
expiresAt: string | null, };

export type SpendReport = { 
/**
 * Spent so far, as a decimal number of whole units of `currency`.
 */
used: string, 
/**
 * The cap, likewise; `null` is uncapped or not said.
 */
limit: string | null, 
/**
 * ISO 4217 code.
 */
currency: string, 
/**
 * Percent of the cap.
 */
usedPercent: number | null, 
/**
 * When the period ends, in UTC.
 */
resetsAt: string | null, };

export type TroubleReport = { 
/**
 * Kind: `auth_expired`, `rate_limited`...
 */
code: string, 
/**
 * What happened.
 */
detail: string, 
/**
 * What to do.
 */
remedy: string, 
/**
 * Since when it stands, in UTC.
 */
since: string, };

export type AccountReport = { 
/**
 * `provider/account`, stable.
 */
seat: string, 
/**
 * Provider id.
 */
provider: string, 
/**
 * Provider's name.
 */
name: string, 
/**
 * Plan as people know it.
 */
plan: string | null, 
/**
 * E-mail address or organisation.
 */
account: string | null, 
/**
 * When the newest numbers were measured, in UTC; `null` when there are none.
 */
observedAt: string | null, 
/**
 * Age of the newest numbers, in seconds.
 */
ageSeconds: number | null, 
/**
 * Id of the source of the newest numbers.
 */
source: string | null, 
/**
 * Whether the vendor said that a limit is reached.
 */
limitReached: boolean, 
/**
 * Windows, the account's own first.
 */
windows: Array<WindowReport>, 
/**
 * The account's own balance, else the first of `balances` that is one.
 */
credits: CreditsReport | null, 
/**
 * Every balance: the account's own, then those of other currencies, workspaces and grants.
 */
balances: Array<CreditsReport>, 
/**
 * Money spent beyond the plan.
 */
spend: SpendReport | null, 
/**
 * Resets that can be triggered by hand.
 */
resetCredits: number | null, 
/**
 * When the first of them ends, in UTC.
 */
resetCreditsEndAt: string | null, 
/**
 * Standing trouble; numbers beside it are the last good ones.
 */
trouble: TroubleReport | null, 
/**
 * When it is asked again, in UTC.
 */
nextPollAt: string | null, };

export type Report = { 
/**
 * Version of this document.
 */
schemaVersion: number, 
/**
 * When it was made, in UTC.
 */
generatedAt: string, 
/**
 * Whether recorded answers are shown, not live ones.
 */
demo: boolean, 
/**
 * Standing remarks about the whole, such as a test origin in use.
 */
remarks: Array<string>, 
/**
 * One per account.
 */
accounts: Array<AccountReport>, };

export type Diagnosis = { 
/**
 * Version of this document.
 */
schemaVersion: number, 
/**
 * Version of Claudometer.
 */
version: string, 
/**
 * Operating system and processor.
 */
system: string, 
/**
 * When it was made, in UTC.
 */
generatedAt: string, 
/**
 * Whether this is the resident's own report.
 */
resident: boolean, 
/**
 * Variables that matter: name and value; `null` is not set. Proxies only say whether they are set.
 */
environment: Array<Variable>, 
/**
 * Requests go to this test address instead of to the vendors.
 */
testOrigin: string | null, 
/**
 * Why the tray is not seen; `null` where it is.
 */
tray: string | null, 
/**
 * Why no release can be verified; `null` where one can.
 */
updates: string | null, 
/**
 * Whether secrets can be kept: `available`, `locked`, `absent`, `refused`, `memory_only`.
 */
keyring: string, 
/**
 * The same as a sentence, with what to do.
 */
keyringWords: string, 
/**
 * Our files and folders.
 */
places: Array<Place>, 
/**
 * What is wrong with the settings file, or put above it.
 */
settingsRemarks: Array<string>, 
/**
 * Providers.
 */
providers: Array<ProviderDiagnosis>, 
/**
 * Floors and pauses of credentials.
 */
gates: Array<GateDiagnosis>, 
/**
 * Vendors' hosts, asked without any login; empty where nobody may be asked.
 */
endpoints: Array<Endpoint>, 
/**
 * How far this machine's clock is ahead of the vendors', in seconds; `null` where none told the time.
 */
clockAheadSeconds: number | null, 
/**
 * Logs of assistants that were read into the history; empty where there is no history yet.
 */
logs: Array<LogDiagnosis>, };

export type Variable = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its value, or `set` where the value may hold a secret.
 */
value: string | null, };

export type Place = { 
/**
 * What it is.
 */
what: string, 
/**
 * Its path, with `~` for the home folder.
 */
path: string, };

export type ProviderDiagnosis = { 
/**
 * Provider id.
 */
id: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Whether it is followed.
 */
active: boolean, 
/**
 * Where something of it was found.
 */
found: Array<string>, 
/**
 * Sources, in the order in which they are tried.
 */
sources: Array<SourceDiagnosis>, 
/**
 * Accounts.
 */
accounts: Array<AccountDiagnosis>, 
/**
 * How long the assistant keeps its own logs, where that is limited: what it deletes cannot be counted later.
 */
logRetention: string | null, };

export type SourceDiagnosis = { 
/**
 * Source id.
 */
id: string, 
/**
 * Whether it could be used now.
 */
usable: boolean, 
/**
 * Whether it is off until a person turns it on.
 */
optIn: boolean, };

export type AccountDiagnosis = { 
/**
 * Opaque name.
 */
account: string, 
/**
 * When its newest numbers were measured, in UTC.
 */
observedAt: string | null, 
/**
 * By which source.
 */
source: string | null, 
/**
 * When it is looked at next, in UTC.
 */
nextLookAt: string | null, 
/**
 * Standing trouble: its code.
 */
trouble: string | null, 
/**
 * Since when, in UTC.
 */
troubleSince: string | null, 
/**
 * What happened, and what to do.
 */
troubleWords: string | null, 
/**
 * Keys and types of an answer that was not understood; no values.
 */
shape: string | null, 
/**
 * What was tried last.
 */
attempts: Array<AttemptDiagnosis>, };

export type AttemptDiagnosis = { 
/**
 * Source id.
 */
source: string, 
/**
 * When, in UTC.
 */
at: string, 
/**
 * What came of it.
 */
outcome: string, };

export type GateDiagnosis = { 
/**
 * Provider, source, and a one-way name of the credential.
 */
key: string, 
/**
 * Closed until then, in UTC; `null` where it is open.
 */
closedUntil: string | null, 
/**
 * When it was asked last, in UTC.
 */
askedAt: string | null, 
/**
 * Failures in a row.
 */
failures: number, };

export type Endpoint = { 
/**
 * The host.
 */
host: string, 
/**
 * Whether it answered anything at all.
 */
reachable: boolean, 
/**
 * How long that took, in milliseconds.
 */
milliseconds: number, 
/**
 * Why it did not.
 */
problem: string | null, };

export type LogDiagnosis = { 
/**
 * The assistant's id.
 */
agent: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Files of it that are there.
 */
files: number, 
/**
 * Their length in bytes.
 */
bytes: number, 
/**
 * Records that could not be read, and count nothing.
 */
malformed: number, 
/**
 * Records of responses without a time, which belong to no day and count nothing.
 */
undated: number, 
/**
 * Files that hold such records, the worst first, three at most; with `~` for the home folder.
 */
oddFiles: Array<string>, 
/**
 * Files and folders of it that could not be read at all, each with why; with `~` for the home folder.
 */
unreadable: Array<string>, };

export type BudgetState = { 
/**
 * The budget.
 */
budget: Budget, 
/**
 * First day of its present span.
 */
begin: string, 
/**
 * What was spent in it, in the currency of the settings.
 */
spent: string, 
/**
 * That currency.
 */
currency: string, };

export type CostSums = { 
/**
 * Billed responses.
 */
responses: number, 
/**
 * Of prompts, neither read from a cache nor written to one.
 */
inputTokens: number, 
/**
 * Generated, reasoning included.
 */
outputTokens: number, 
/**
 * The part of the output that is known to be reasoning.
 */
reasoningTokens: number, 
/**
 * Of prompts, read from a cache.
 */
cacheReadTokens: number, 
/**
 * Of prompts, written to a cache, for five minutes or an hour.
 */
cacheWriteTokens: number, 
/**
 * Of these, for an hour.
 */
cacheWrite1hTokens: number, 
/**
 * All classes.
 */
totalTokens: number, 
/**
 * Cost in US dollars; `null` where nothing of it is known.
 */
costUsd: number | null, 
/**
 * Responses that have no known cost and so add nothing to it.
 */
unpricedResponses: number, };

export type CostBrief = { 
/**
 * The day.
 */
day: string, 
/**
 * What was used on it, by the assistant's id.
 */
agents: { [key in string]: CostSums }, 
/**
 * Budgets of the settings.
 */
budgets: Array<BudgetState>, };

export type CostQuery = { 
/**
 * What a row is about: `hour`, `day`, `session`, `project`, `model`, `agent`.
 */
by: string, 
/**
 * First day.
 */
since: string | null, 
/**
 * Last day.
 */
until: string | null, 
/**
 * Only this hour of each day, 0-23.
 */
hour: number | null, 
/**
 * So many rows at most.
 */
limit: number | null, };

export type CostViewPart = { 
/**
 * The assistant's name.
 */
agent: string, 
/**
 * The model.
 */
model: string, 
/**
 * Cost.
 */
cost: string, 
/**
 * What it is drawn from, in US dollars.
 */
dollars: number, };

export type CostViewRow = { 
/**
 * The day, or the id of what the row is about.
 */
key: string, 
/**
 * What people call it.
 */
label: string, 
/**
 * Where it belongs: a session's folder.
 */
place: string, 
/**
 * Tokens: `45.1 M`.
 */
tokens: string, 
/**
 * Cost: `$12.30`, `no price`.
 */
cost: string, 
/**
 * What a bar of it is drawn from, in US dollars; 0 where nothing is known.
 */
dollars: number, 
/**
 * Its parts.
 */
parts: Array<CostViewPart>, };

export type CostView = { 
/**
 * The rows.
 */
rows: Array<CostViewRow>, 
/**
 * Cost and tokens of all: `$12.30 · 45.1 M tokens`.
 */
total: string, 
/**
 * What has to be known to read the numbers.
 */
notes: Array<string>, 
/**
 * The whole as comma-separated values.
 */
csv: string, };

export type CoursePoint = { 
/**
 * The part of the period that had passed, 0-1.
 */
passed: number, 
/**
 * Percent used, 0-100 and beyond.
 */
used: number, };

export type CourseDay = { 
/**
 * `Sat 21 Nov`.
 */
label: string, 
/**
 * What was used up on it: `12 %`.
 */
burnt: string, 
/**
 * The most that was seen on it: `48 %`.
 */
peak: string, };

export type LimitCourse = { 
/**
 * `provider/account`, as cards are called.
 */
seat: string, 
/**
 * Id of the meter within its card.
 */
window: string, 
/**
 * The present period from its begin on; empty where begin or end are not known.
 */
points: Array<CoursePoint>, 
/**
 * The period before.
 */
before: Array<CoursePoint>, 
/**
 * Days on which it was looked at, the newest first.
 */
days: Array<CourseDay>, };

export type UpdateReport = { 
/**
 * Version of this document.
 */
schemaVersion: number, 
/**
 * The version that runs.
 */
running: string, 
/**
 * The newest one; `null` where that is the one that runs.
 */
newest: string | null, 
/**
 * What is new in it.
 */
notes: string | null, 
/**
 * Its page, for people.
 */
page: string | null, 
/**
 * Whether Claudometer can put it in place itself.
 */
canInstall: boolean, 
/**
 * What is to be done first, where it lies in the wrong place.
 */
remedy: string | null, 
/**
 * The command that would update what a package has brought.
 */
command: string | null, 
/**
 * Whether it was installed now.
 */
installed: boolean, };

export type ServiceReport = { 
/**
 * Provider id.
 */
provider: string, 
/**
 * Provider's name.
 */
name: string, 
/**
 * `none`, `maintenance`, `minor`, `major`, `critical`; `unknown` where the page could not be read.
 */
level: string, 
/**
 * The same in a few words.
 */
words: string, 
/**
 * The newest unresolved incident, in the vendor's words.
 */
headline: string | null, 
/**
 * Where a person reads more.
 */
link: string, };

export type State = { 
/**
 * The snapshot.
 */
bundle: Bundle, 
/**
 * The settings pages.
 */
settings: SettingsState, };

export type ErrorCode = "validation" | "network" | "unauthorized" | "rate_limited" | "keyring" | "storage" | "disconnected" | "unknown_command" | "other";

export type IpcError = { 
/**
 * Kind.
 */
code: ErrorCode, 
/**
 * What happened and what to do, without secrets.
 */
message: string, 
/**
 * Fields at which the message belongs.
 */
problems: Array<Problem>, };
