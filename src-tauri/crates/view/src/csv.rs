//! Reports as comma-separated values: the fields of the JSON form, a heading first.

use claudometer_wire::cost::{BlockReport, CostReport, CostSums};

const SUMS: &str = "responses,inputTokens,outputTokens,reasoningTokens,cacheReadTokens,cacheWriteTokens,cacheWrite1hTokens,totalTokens,costUsd,unpricedResponses";

/// The rows of a report; with a breakdown, a line for each model of each row.
pub fn rows(report: &CostReport) -> String {
    let mut text = format!("{},agents,models,projects,first,last,{SUMS}\n", report.by);
    for row in &report.rows {
        let time = |at: Option<chrono::DateTime<chrono::Utc>>| {
            at.map(|at| at.to_rfc3339()).unwrap_or_default()
        };
        let line = |agents: &str, models: &str, sums: &CostSums| {
            let projects = row.projects.join(" ");
            let cells =
                [row.key.as_str(), agents, models, &projects, &time(row.first), &time(row.last)];
            let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
            format!("{},{}\n", cells.join(","), figures(sums))
        };
        if row.breakdown.is_empty() {
            text.push_str(&line(&row.agents.join(" "), &row.models.join(" "), &row.sums));
        }
        for part in &row.breakdown {
            text.push_str(&line(&part.agent, &part.model, &part.sums));
        }
    }
    text
}

/// The blocks of a report.
pub fn blocks(report: &BlockReport) -> String {
    let mut text = format!("start,end,agent,fromAccount,active,models,{SUMS}\n");
    for block in &report.blocks {
        let cells = [
            block.start.to_rfc3339(),
            block.end.to_rfc3339(),
            escaped(&block.agent),
            block.from_account.to_string(),
            block.active.to_string(),
            escaped(&block.models.join(" ")),
        ];
        let line = format!("{},{}\n", cells.join(","), figures(&block.sums));
        text.push_str(&line);
    }
    text
}

fn figures(sums: &CostSums) -> String {
    let counts = [
        sums.responses,
        sums.input_tokens,
        sums.output_tokens,
        sums.reasoning_tokens,
        sums.cache_read_tokens,
        sums.cache_write_tokens,
        sums.cache_write_1h_tokens,
        sums.total_tokens,
    ];
    let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
    let cost = sums.cost_usd.map(|cost| cost.to_string()).unwrap_or_default();
    format!("{},{cost},{}", counts.join(","), sums.unpriced_responses)
}

/// A cell by RFC 4180; one that a spreadsheet would take for a formula is made text.
fn escaped(cell: &str) -> String {
    let cell = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_wire::cost::CostRow;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let row = CostRow {
            key: "=1+1".into(),
            projects: vec!["/a, \"b\"".into()],
            ..CostRow::default()
        };
        let report = CostReport { by: "project".into(), rows: vec![row], ..CostReport::default() };
        let text = rows(&report);
        let line = text.lines().nth(1).unwrap();
        assert!(line.starts_with("'=1+1,,,\"/a, \"\"b\"\"\",,,0,0"), "{line}");
        assert!(line.ends_with(",,0"), "an unknown cost is empty: {line}");
    }
}
