//! What others write, shown everywhere that people look.

use super::*;
use crate::{Extras, bar, cards, fixture, notice, table, tray};
use claudometer_core::{
    Origin, Trouble,
    notice::{Alert, Notice, NoticeKind},
    status::{ServiceLevel, ServiceStatus},
};
use proptest::prelude::*;

const EVIL: &str = "A\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31mB\rC\u{8}D\u{7f}E\u{202e}F\u{2066}\u{2028}G\nH\u{200b}I\u{feff}J";

fn obeyed(text: &str) -> Vec<char> {
    text.chars().filter(|letter| is_obeyed(*letter)).collect()
}

#[test]
fn what_is_obeyed_is_shown_as_an_escape_and_everything_else_stays() {
    for (text, expected) in [
        ("Möbius · 日本 ✓", "Möbius · 日本 ✓"),
        ("C:\\new", "C:\\new"),
        ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
        ("a\u{7}\r\n\tb", "a\\u{7}\\r\\n\\tb"),
        ("\u{202e}gnp.exe", "\\u{202e}gnp.exe"),
        ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
    ] {
        assert_eq!(shown(text), expected);
        assert_eq!(shown(&shown(text)), expected, "twice is as once");
    }
    assert_eq!(lines("a\n\tb\rc"), "a\n\tb\\rc");
}

#[test]
fn a_name_that_is_too_long_keeps_its_beginning_and_its_end() {
    let long = format!("{}{}{}", "a".repeat(200), "b".repeat(200), "c".repeat(200));
    let cut = name(&long);
    assert_eq!(cut.chars().count(), LONGEST_NAME);
    assert!(cut.starts_with("aaa") && cut.ends_with("ccc") && cut.contains('…'));
}

/// A seat in which every text of others is evil.
fn evil(text: &str) -> SeatState {
    let mut state = fixture::zeta();
    let some = || Some(text.to_owned());
    state.provider.name = text.to_owned();
    state.provider.short = text.to_owned();
    state.provider.dashboard = text.to_owned();
    state.account = Some(Account { id: some(), email: some(), org: some(), org_id: some() });
    state.plan = some();
    for seen in &mut state.windows {
        seen.value.scope.model = some();
        seen.value.scope.surface = some();
        seen.value.scope.pool = some();
    }
    for seen in &mut state.credits {
        seen.value.name = some();
    }
    if let Some(seen) = &mut state.spend {
        seen.value.currency = text.to_owned();
    }
    let at = fixture::ago(3);
    state.failure = Some(Failure {
        trouble: Trouble::BadPayload,
        source: None,
        detail: text.to_owned(),
        remedy: text.to_owned(),
        since: at,
        at,
        shape: some(),
    });
    let result = AttemptResult::Failed { trouble: Trouble::BadPayload, detail: text.to_owned() };
    let via = state.windows[0].stamp.via.clone();
    state.attempts = vec![Attempt { source: via, at, result }];
    state
}

/// Everything that people see of it.
fn everything(text: &str) -> Vec<String> {
    let context = fixture::context();
    let snapshot = UsageSnapshotBundle { seq: 1, seats: vec![evil(text)], refreshing: false };
    let status = ServiceStatus {
        level: ServiceLevel::Major,
        headline: Some(text.to_owned()),
        components: Vec::new(),
    };
    let extras = Extras {
        labels: &|_, source| source.to_string(),
        demo: false,
        debug: false,
        remarks: vec![text.to_owned()],
        update: None,
        replaced_by: None,
        can_look: false,
        first_run: &|| None,
        service: &|_| Some(status.clone()),
        today: &|_| None,
    };
    let bundle = cards::bundle(&snapshot, &context, &extras);
    let mut all = Vec::new();
    all.push(bundle.headline.clone());
    all.extend(bundle.remarks.clone());
    for card in &bundle.cards {
        all.extend([&card.name, &card.dashboard].map(Clone::clone));
        all.extend([&card.plan, &card.account].into_iter().flatten().cloned());
        for meter in card.meters.iter().chain(&card.spend) {
            all.extend([&meter.label, &meter.figure, &meter.sentence].map(Clone::clone));
        }
        all.extend(card.lines.iter().flat_map(|line| [line.label.clone(), line.value.clone()]));
        if let Some(trouble) = &card.trouble {
            all.extend([&trouble.detail, &trouble.remedy].map(Clone::clone));
            all.extend([&trouble.service, &trouble.shape].into_iter().flatten().cloned());
        }
        all.extend(card.attempts.iter().map(|attempt| attempt.outcome.clone()));
    }
    let model = tray::model(&snapshot, &context, &extras);
    all.push(model.tooltip.title);
    all.extend(model.tooltip.lines);
    all.extend(model.title);
    let mut rows: Vec<&tray::Row> = model.rows.iter().collect();
    while let Some(row) = rows.pop() {
        all.push(row.label.clone());
        rows.extend(row.children());
    }
    for ascii in [false, true] {
        let style = table::Style { width: 80, color: false, ascii, whole: false };
        all.extend(table::usage(&bundle, &style).lines().map(str::to_owned));
        all.extend(table::rows::rows(&[(text, text)], &style).lines().map(str::to_owned));
    }
    for bar in [bar::text, bar::tmux, bar::polybar, bar::xbar] {
        all.extend(bar(&bundle).lines().map(str::to_owned));
    }
    all.push(bar::waybar(&bundle).text);
    all.extend(bar::waybar(&bundle).tooltip.lines().map(str::to_owned));
    all.push(bar::i3bar(&bundle).full_text);
    let state = &snapshot.seats[0];
    let kinds = [
        NoticeKind::Threshold { window: state.windows[0].value.clone(), threshold: 80 },
        NoticeKind::AccountTrouble { failure: evil(text).failure.unwrap() },
    ];
    for kind in kinds {
        let (seat, provider) = (state.seat.clone(), state.provider.clone());
        let notice = Notice { seat, provider, origin: Origin::Live, at: context.now, kind };
        for seats in [&[][..], &snapshot.seats] {
            let words = notice::words(&Alert::One(Box::new(notice.clone())), seats, &context);
            all.extend([words.title, words.body]);
        }
    }
    all
}

#[test]
fn nothing_that_others_write_is_obeyed_anywhere() {
    for text in everything(EVIL) {
        assert_eq!(obeyed(&text), [], "{text:?}");
    }
}

#[test]
fn no_line_of_a_terminal_is_wider_than_it_however_long_others_names_are() {
    let long = "W".repeat(5000);
    let context = fixture::context();
    let snapshot = UsageSnapshotBundle { seq: 1, seats: vec![evil(&long)], refreshing: false };
    let extras = Extras {
        labels: &|_, source| source.to_string(),
        demo: false,
        debug: false,
        remarks: vec![long.clone()],
        update: None,
        replaced_by: None,
        can_look: false,
        first_run: &|| None,
        service: &|_| None,
        today: &|_| None,
    };
    let bundle = cards::bundle(&snapshot, &context, &extras);
    for width in [40, 80, 200] {
        let style = table::Style { width, color: false, ascii: false, whole: false };
        let text = table::usage(&bundle, &style);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(widest <= width, "{widest} of {width}\n{text}");
    }
}

proptest! {
    #[test]
    fn whatever_others_write_nothing_is_obeyed(text in any::<String>()) {
        prop_assert!(obeyed(&shown(&text)).is_empty());
        prop_assert!(obeyed(&lines(&text)).iter().all(|letter| matches!(letter, '\n' | '\t')));
        prop_assert!(obeyed(&name(&text)).is_empty());
    }
}
