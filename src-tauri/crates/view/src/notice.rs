//! Notices in words: what is, then what to do.

use crate::{Context, cards, foreign, text};
use claudometer_core::{
    Origin, SeatState,
    cost::BudgetState,
    notice::{Alert, Notice, NoticeKind},
};

/// A notice as the desktop shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub title: String,
    /// One to three sentences, or one line per notice.
    pub body: String,
    /// Whether a limit is nearly or wholly used up.
    pub urgent: bool,
}

/// Says an alert. `seats` are all that there are: with several of one provider, each is called by its account as well.
pub fn words(alert: &Alert, seats: &[SeatState], context: &Context) -> Words {
    match alert {
        Alert::One(notice) => one(notice, seats, context),
        Alert::Budget(state) => budget(state, context),
        Alert::Digest(notices) => {
            let lines = notices.iter().map(|notice| one(notice, seats, context).title);
            Words {
                title: format!("{} notices", notices.len()),
                body: lines.collect::<Vec<_>>().join("\n"),
                urgent: false,
            }
        }
    }
}

fn budget(state: &BudgetState, context: &Context) -> Words {
    let money = |amount| text::money(amount, &state.currency, context);
    let percent = text::percent(state.percent().round() as u64, context);
    let whose = state.budget.project.as_deref().map(|name| format!(" of {}", foreign::name(name)));
    let whose = whose.unwrap_or_default();
    let spent = format!("{} of {}", money(state.spent), money(state.budget.amount));
    Words {
        title: format!("Budget{whose} {}: {percent} spent", state.budget.per.word()),
        body: format!("{spent}, by the vendors' price lists."),
        urgent: state.percent() >= 100.0,
    }
}

fn one(notice: &Notice, seats: &[SeatState], context: &Context) -> Words {
    let name = cards::name_among(&notice.seat, &notice.provider, seats);
    let name = match notice.origin {
        Origin::Simulated => format!("{name} (simulated)"),
        Origin::Live | Origin::Demo => name,
    };
    match &notice.kind {
        NoticeKind::Threshold { window, threshold } => {
            let resets = window.resets_at.map(|at| text::sentence(&text::resets(at, context)));
            Words {
                title: format!(
                    "{name}: {} {}",
                    text::window_label(window),
                    text::worded_figure(window.used, context)
                ),
                body: resets
                    .unwrap_or_else(|| "The vendor does not say when it resets.".to_owned()),
                urgent: *threshold
                    >= context.alerts.thresholds_of(window.kind).last().copied().unwrap_or(100),
            }
        }
        NoticeKind::RunOut { window, runs_out_at } => {
            let resets = window.resets_at.map(|at| format!(" It {}.", text::resets(at, context)));
            Words {
                title: format!(
                    "{name}: {} runs out {}",
                    text::window_label(window),
                    text::moment(*runs_out_at, context)
                ),
                body: format!(
                    "At this pace; {} now.{}",
                    text::worded_figure(window.used, context),
                    resets.unwrap_or_default()
                ),
                urgent: false,
            }
        }
        NoticeKind::Reset { window, used_before } => Words {
            title: format!("{name}: {} has reset", text::window_label(window)),
            body: format!(
                "{} before, {} now.",
                text::worded_figure(Some(*used_before), context),
                text::worded_figure(window.used, context)
            ),
            urgent: false,
        },
        NoticeKind::AccountTrouble { failure } => Words {
            title: format!("{name}: {}", text::trouble(failure.trouble)),
            body: foreign::shown(&failure.remedy).into_owned(),
            urgent: false,
        },
        NoticeKind::AccountRestored => Words {
            title: format!("{name} answers again"),
            body: "Numbers are fresh.".to_owned(),
            urgent: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{context, window};
    use claudometer_core::{
        AccountKey, Amount, Failure, Percent, ProviderId, ProviderInfo, Seat, Trouble,
        cost::{Budget, BudgetSpan},
    };

    fn notice(kind: NoticeKind) -> Notice {
        let id = ProviderId::new("acme");
        let provider = ProviderInfo {
            id: id.clone(),
            name: "Acme".into(),
            short: "AC".into(),
            dashboard: String::new(),
        };
        let seat = Seat { provider: id, account: AccountKey::new("default") };
        Notice { seat, provider, origin: Origin::Live, at: context().now, kind }
    }

    fn said(kind: NoticeKind) -> String {
        let words = words(&Alert::One(Box::new(notice(kind))), &[], &context());
        format!("{} | {}{}", words.title, words.body, if words.urgent { " | urgent" } else { "" })
    }

    #[test]
    fn every_notice_says_what_is_and_what_to_do() {
        let at = |text: &str| text.parse().unwrap();
        let session = |used| window("session", used, Some("2026-09-15T14:10:00Z"));
        let failure = Failure {
            trouble: Trouble::AuthExpired,
            source: None,
            detail: String::new(),
            remedy: "Sign in again.".into(),
            since: context().now,
            at: context().now,
            shape: None,
        };
        let all = [
            said(NoticeKind::Threshold { window: session(81.0), threshold: 80 }),
            said(NoticeKind::Threshold { window: session(96.0), threshold: 95 }),
            said(NoticeKind::Threshold { window: window("weekly", 81.0, None), threshold: 80 }),
            said(NoticeKind::RunOut {
                window: session(60.0),
                runs_out_at: at("2026-09-15T13:40:00Z"),
            }),
            said(NoticeKind::Reset {
                window: session(1.0),
                used_before: Percent::new(92.0).unwrap(),
            }),
            said(NoticeKind::AccountTrouble { failure }),
            said(NoticeKind::AccountRestored),
        ];
        insta::assert_snapshot!(all.join("\n"));
        let digest = Alert::Digest(vec![
            notice(NoticeKind::AccountRestored),
            notice(NoticeKind::Threshold { window: session(81.0), threshold: 80 }),
        ]);
        insta::assert_snapshot!(format!("{:#?}", words(&digest, &[], &context())));
    }

    #[test]
    fn a_budget_says_how_much_of_it_is_spent() {
        let budget = Budget {
            per: BudgetSpan::Week,
            amount: Amount::whole(50),
            project: Some("shop".into()),
        };
        let begin = "2026-09-14".parse().unwrap();
        let state = |spent: i64| BudgetState {
            budget: budget.clone(),
            begin,
            spent: Amount::cents(spent),
            currency: "EUR".into(),
        };
        let said = |spent| words(&Alert::Budget(Box::new(state(spent))), &[], &context());
        let near = said(4110);
        assert_eq!(near.title, "Budget of shop this week: 82 % spent");
        assert_eq!(near.body, "€41.10 of €50.00, by the vendors' price lists.");
        assert!(!near.urgent && said(5000).urgent);
    }
}
