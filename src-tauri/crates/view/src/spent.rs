//! What the window shows of the history.

use crate::{
    Context, foreign,
    sheet::Sheet,
    table::cost::{self, Apart, Names},
    text,
};
use claudometer_wire::cost::{CostReport, CostRow, CostView, CostViewPart, CostViewRow};

/// A report in values to draw and words to read.
pub fn view(report: &CostReport, names: &Names<'_>, context: &Context) -> CostView {
    let total = &report.total;
    let apart = Apart::of(report);
    let tokens = text::count(total.total_tokens, context);
    CostView {
        rows: report.rows.iter().map(|row| shown(row, (report, &apart), names, context)).collect(),
        total: if total.responses == 0 {
            "nothing was used".to_owned()
        } else {
            format!("{} · {tokens} tokens", text::cost(total, names.money, context))
        },
        notes: cost::notes(report, names, context),
        csv: Sheet::rows(report).csv(),
    }
}

fn shown(
    row: &CostRow,
    (report, apart): (&CostReport, &Apart),
    names: &Names<'_>,
    context: &Context,
) -> CostViewRow {
    let part = |part: &claudometer_wire::cost::CostPart| CostViewPart {
        agent: (names.agent)(&part.agent),
        model: foreign::shown(&part.model).into_owned(),
        cost: text::cost(&part.sums, names.money, context),
        dollars: part.sums.cost_usd.unwrap_or(0.0),
    };
    let places = row.projects.iter().map(|path| names.project(path));
    CostViewRow {
        key: row.key.clone(),
        label: cost::label(row, &report.by, apart, names, context),
        place: places.collect::<Vec<_>>().join(", "),
        tokens: text::count(row.sums.total_tokens, context),
        cost: text::cost(&row.sums, names.money, context),
        dollars: row.sums.cost_usd.unwrap_or(0.0),
        parts: row.breakdown.iter().map(part).collect(),
    }
}
