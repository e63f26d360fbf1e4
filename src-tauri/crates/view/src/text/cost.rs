//! Cost in words: in the person's currency, and never more certain than it is.

use super::{Context, count, money};
use claudometer_core::{Amount, cost::CostSettings};
use claudometer_wire::cost::CostSums;

/// The currency in which cost is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    currency: String,
    per_dollar: Amount,
}

impl Money {
    /// As the settings say.
    pub fn of(settings: &CostSettings) -> Self {
        Self { currency: settings.currency.clone(), per_dollar: settings.per_dollar }
    }

    /// US dollars in that currency: `$1,234.56` is told `$1234.56`, half a cent `< $0.01`.
    pub fn text(&self, dollars: f64, context: &Context) -> String {
        let exact: Amount = format!("{dollars:.12}").parse().unwrap_or_default();
        let shown = exact.scaled_by(self.per_dollar);
        let cent = Amount::cents(1);
        if shown > Amount::ZERO && shown < Amount::from_units(cent.to_units() / 2) {
            return format!("< {}", money(cent, &self.currency, context));
        }
        money(shown, &self.currency, context)
    }
}

/// What sums cost: `$1.23`; `> $1.23` where responses without a known cost are among them; `no price` where all are.
pub fn cost(sums: &CostSums, shown: &Money, context: &Context) -> String {
    match sums.cost_usd {
        None => "no price".to_owned(),
        Some(dollars) if sums.unpriced_responses > 0 => {
            format!("> {}", shown.text(dollars, context))
        }
        Some(dollars) => shown.text(dollars, context),
    }
}

/// What was used on a day: `12.3 M tokens, API value $4.20`.
pub fn day(sums: &CostSums, shown: &Money, context: &Context) -> String {
    let tokens = count(sums.total_tokens, context);
    match sums.cost_usd {
        None => format!("{tokens} tokens"),
        Some(_) => format!("{tokens} tokens, API value {}", cost(sums, shown, context)),
    }
}

/// What a session and the day cost, for a line: `session $1.10`, `today $4.20`. What is not known is not said.
pub fn line(
    session: Option<Amount>,
    today: Option<&CostSums>,
    shown: &Money,
    context: &Context,
) -> Vec<String> {
    let session = session.filter(|dollars| *dollars > Amount::ZERO);
    let session =
        session.map(|dollars| format!("session {}", shown.text(dollars.approximate(), context)));
    let today = today.filter(|sums| sums.cost_usd.is_some());
    let today = today.map(|sums| format!("today {}", cost(sums, shown, context)));
    session.into_iter().chain(today).collect()
}
