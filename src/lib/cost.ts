/** Rows of the page Cost as they are typed, and what is understood of them. */
import type { Budget, BudgetSpan, CostSettings, ModelPrice } from './gen/wire';

export const words = {
  mode: {
    auto: "The log's own word, else the price list",
    calculate: 'The price list',
    display: "The log's own word alone",
  },
  per: { day: 'Day', week: 'Week', month: 'Month' },
} as const;

/** What is wrong with a field of a row. */
export interface Fault {
  /** Counted from 0. */
  row: number;
  field: string;
  message: string;
}

/** What rows mean, as far as nothing is wrong with them. */
export interface Reading<Value> {
  value: Value;
  faults: Fault[];
}

export interface BudgetRow {
  per: BudgetSpan;
  amount: string;
  project: string;
}

export interface PlanRow {
  agent: string;
  amount: string;
}

export interface AliasRow {
  model: string;
  as: string;
}

/** The fields of a price, in the order in which they are shown. */
export const priceFields = [
  ['input', 'Input'],
  ['output', 'Output'],
  ['cacheRead', 'Cache read'],
  ['cacheWrite', 'Cache write'],
  ['cacheWriteHour', 'Cache write, 1 h'],
] as const;
export type PriceField = (typeof priceFields)[number][0];
export type PriceRow = { model: string } & Record<PriceField, string>;

/** A decimal number as it is sent; `null` for any other text. A comma may mean thousands or decimals, so it is neither. */
export function amountOf(text: string): string | null {
  const plain = text.trim();
  return /^\d{1,12}(\.\d{1,12})?$/.test(plain) ? plain : null;
}

export const NO_AMOUNT = 'A number such as 50 or 9.50.';

export function budgetRows(budgets: Budget[]): BudgetRow[] {
  return budgets.map(({ per, amount, project }) => ({ per, amount, project: project ?? '' }));
}

export function readBudgets(rows: BudgetRow[]): Reading<Budget[]> {
  const faults: Fault[] = [];
  const value = rows.map(({ per, amount, project }, row): Budget => {
    const read = amountOf(amount);
    if (read === null) faults.push({ row, field: 'amount', message: NO_AMOUNT });
    return { per, amount: read ?? '', project: project.trim() || null };
  });
  return { value, faults };
}

export function planRows(plans: CostSettings['plans']): PlanRow[] {
  return Object.entries(plans).map(([agent, amount]) => ({ agent, amount }));
}

export function readPlans(rows: PlanRow[]): Reading<CostSettings['plans']> {
  const faults = keyFaults(
    rows.map(({ agent }) => agent),
    'agent',
    'Choose an assistant.',
  );
  const value: CostSettings['plans'] = {};
  rows.forEach(({ agent, amount }, row) => {
    const read = amountOf(amount);
    if (read === null) faults.push({ row, field: 'amount', message: NO_AMOUNT });
    value[agent] = read ?? '';
  });
  return { value, faults };
}

export function priceRows(prices: CostSettings['prices']): PriceRow[] {
  return Object.entries(prices).map(([model, price]) => ({
    model,
    input: price.input,
    output: price.output,
    cacheRead: price.cacheRead ?? '',
    cacheWrite: price.cacheWrite ?? '',
    cacheWriteHour: price.cacheWriteHour ?? '',
  }));
}

export function readPrices(rows: PriceRow[]): Reading<CostSettings['prices']> {
  const models = rows.map(({ model }) => model.trim());
  const faults = keyFaults(models, 'model', 'The name of a model, as reports have it.');
  const value: CostSettings['prices'] = {};
  rows.forEach((typed, row) => {
    const needed = (field: PriceField) => {
      const read = amountOf(typed[field]);
      if (read === null) faults.push({ row, field, message: 'US dollars per million tokens, such as 3 or 0.25.' });
      return read ?? '';
    };
    const free = (field: PriceField) => (typed[field].trim() === '' ? null : needed(field));
    const price: ModelPrice = {
      input: needed('input'),
      output: needed('output'),
      cacheRead: free('cacheRead'),
      cacheWrite: free('cacheWrite'),
      cacheWriteHour: free('cacheWriteHour'),
    };
    value[models[row] ?? ''] = price;
  });
  return { value, faults };
}

export function aliasRows(aliases: CostSettings['aliases']): AliasRow[] {
  return Object.entries(aliases).map(([model, as]) => ({ model, as: as ?? '' }));
}

export function readAliases(rows: AliasRow[]): Reading<CostSettings['aliases']> {
  const models = rows.map(({ model }) => model.trim());
  const faults = keyFaults(models, 'model', 'The name of a model, as reports have it.');
  const value: CostSettings['aliases'] = {};
  rows.forEach(({ as }, row) => {
    if (as.trim() === '') faults.push({ row, field: 'as', message: 'The model whose price it has.' });
    value[models[row] ?? ''] = as.trim();
  });
  return { value, faults };
}

/** Rows whose key is missing, or that of a row above. */
function keyFaults(keys: string[], field: string, missing: string): Fault[] {
  return keys.flatMap((key, row) => {
    if (key === '') return [{ row, field, message: missing }];
    return keys.indexOf(key) < row ? [{ row, field, message: `A row above is about ${key} already.` }] : [];
  });
}

/** `50 EUR a week, 10 EUR a day in shop`, for the summary of what will change. */
export function budgetsText(budgets: Budget[], currency: string): string {
  const one = ({ per, amount, project }: Budget) => `${amount} ${currency} a ${per}${project ? ` in ${project}` : ''}`;
  return budgets.map(one).join(', ') || 'None';
}
