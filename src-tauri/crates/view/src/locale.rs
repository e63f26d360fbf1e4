//! How a person's locale writes clock times, dates, decimals and percent.

use chrono::{
    DateTime, FixedOffset, Locale as Names, NaiveDate,
    format::{Fixed, Item, Numeric, Pad, StrftimeItems},
};

/// Languages that put a space between a number and the percent sign (Unicode CLDR).
const SPACED_PERCENT: &[&str] = &[
    "be", "bs", "ca", "cs", "da", "de", "dsb", "es", "fi", "fo", "fr", "gl", "hr", "hsb", "ky",
    "lb", "lt", "mk", "nb", "nn", "no", "ro", "ru", "se", "sk", "sl", "sv",
];
/// Locales that do not do as their language does.
const CLOSED_PERCENT: &[&str] = &["de_CH", "de_LI", "es_MX"];

/// Where a locale puts the percent sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PercentSign {
    /// `37 %`.
    AfterSpace,
    /// `37%`.
    After,
    /// `%37`.
    Before,
    /// `% 37`.
    BeforeSpace,
}

/// The ways of one locale, made once.
#[derive(Debug, Clone)]
pub struct Locale {
    names: Names,
    clock: Vec<Item<'static>>,
    date: Vec<Item<'static>>,
    dated: Vec<Item<'static>>,
    decimal: String,
    percent: PercentSign,
}

impl PartialEq for Locale {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
    }
}

impl Locale {
    /// The locale for times that the environment asks for: `LC_ALL` before `LC_TIME` before `LANG`, as POSIX has it; an empty
    /// value is none. A name that nobody knows writes like `en_US`; no name at all writes like `POSIX`.
    pub fn of_environment(lc_all: Option<&str>, lc_time: Option<&str>, lang: Option<&str>) -> Self {
        let name = [lc_all, lc_time, lang].into_iter().flatten().find(|value| !value.is_empty());
        name.map_or_else(Self::posix, Self::named)
    }

    /// The locale of a name such as `de_AT.UTF-8`, `sr-rs@latin` or `C`; one that nobody knows is `en_US`.
    pub fn named(name: &str) -> Self {
        Self::new(find(&normalize(name)).unwrap_or(Names::en_US))
    }

    /// The locale without any: 24 hours, month before day, decimal point.
    pub fn posix() -> Self {
        Self::new(Names::POSIX)
    }

    fn new(names: Names) -> Self {
        let (date, dated) = dates(names);
        let clock: Vec<_> = StrftimeItems::new_with_locale("%X", names).collect();
        Self {
            names,
            clock: usable(without_seconds(clock), "%H:%M"),
            date: usable(date, "%m-%d"),
            dated: usable(dated, "%Y-%m-%d"),
            decimal: decimal_of(names),
            percent: percent_of(&format!("{names:?}")),
        }
    }

    /// The time of day without seconds: `17:00`, `5:00 PM`.
    pub fn clock(&self, at: DateTime<FixedOffset>) -> String {
        at.format_localized_with_items(self.clock.iter(), self.names).to_string()
    }

    /// The date without its year: `09/20`, `20.09`.
    pub fn date(&self, at: DateTime<FixedOffset>) -> String {
        at.format_localized_with_items(self.date.iter(), self.names).to_string()
    }

    /// The date with its year.
    pub fn full_date(&self, at: DateTime<FixedOffset>) -> String {
        at.format_localized_with_items(self.dated.iter(), self.names).to_string()
    }

    /// The short name of the weekday: `Thu`, `Do`.
    pub fn weekday(&self, at: DateTime<FixedOffset>) -> String {
        at.format_localized("%a", self.names).to_string()
    }

    /// The short name of the month: `Sep`.
    pub fn month(&self, at: DateTime<FixedOffset>) -> String {
        at.format_localized("%b", self.names).to_string()
    }

    /// A decimal number, given with a point, in the locale's writing.
    pub fn decimal(&self, number: &str) -> String {
        number.replace('.', &self.decimal)
    }

    /// A number with the percent sign where the locale puts it.
    pub fn percent(&self, number: &str) -> String {
        match self.percent {
            PercentSign::AfterSpace => format!("{number} %"),
            PercentSign::After => format!("{number}%"),
            PercentSign::Before => format!("%{number}"),
            PercentSign::BeforeSpace => format!("% {number}"),
        }
    }
}

/// `de-at.UTF-8@euro` becomes `de_AT@euro`; the charset goes, `C` is `POSIX`.
fn normalize(name: &str) -> String {
    let (name, modifier) =
        name.split_once('@').map_or((name, None), |(name, modifier)| (name, Some(modifier)));
    let name = name.split_once('.').map_or(name, |(name, _)| name).replace('-', "_");
    let (language, territory) = name.split_once('_').unwrap_or((&name, ""));
    let base = match (language.to_ascii_lowercase().as_str(), territory) {
        ("c" | "posix", "") => "POSIX".to_owned(),
        (language, "") => language.to_owned(),
        (language, territory) => format!("{language}_{}", territory.to_ascii_uppercase()),
    };
    modifier.map_or_else(|| base.clone(), |modifier| format!("{base}@{modifier}"))
}

/// The locale of a normalised name: with its modifier, else without it, else the home of a bare language.
fn find(name: &str) -> Option<Names> {
    let base = name.split_once('@').map_or(name, |(base, _)| base);
    let home = match base {
        "en" => "en_US".to_owned(),
        "cs" => "cs_CZ".to_owned(),
        "da" => "da_DK".to_owned(),
        "ja" => "ja_JP".to_owned(),
        "ko" => "ko_KR".to_owned(),
        "sv" => "sv_SE".to_owned(),
        "uk" => "uk_UA".to_owned(),
        "zh" => "zh_CN".to_owned(),
        other => format!("{other}_{}", other.to_ascii_uppercase()),
    };
    [name, base, &home].into_iter().find_map(|name| Names::try_from(name).ok())
}

/// How a locale writes dates without and with their year. All four digits of the year are written. Without a locale, and in
/// English outside of the United States, month and day could be taken for each other: there the month is a word, or the
/// form is that of ISO 8601.
fn dates(names: Names) -> (Vec<Item<'static>>, Vec<Item<'static>>) {
    let items = |form: &'static str| StrftimeItems::new(form).collect::<Vec<_>>();
    let own = || StrftimeItems::new_with_locale("%x", names).map(whole_year).collect::<Vec<_>>();
    let name = format!("{names:?}");
    let day_first = || matches!(own().first(), Some(Item::Numeric(Numeric::Day, _)));
    match name.as_str() {
        "POSIX" => (items("%b %-d"), items("%Y-%m-%d")),
        name if name.starts_with("en_") && day_first() => (items("%-d %b"), items("%-d %b %Y")),
        _ => (without_year(own()), own()),
    }
}

fn whole_year(item: Item<'static>) -> Item<'static> {
    match item {
        Item::Numeric(Numeric::YearMod100, _) => Item::Numeric(Numeric::Year, Pad::Zero),
        other => other,
    }
}

/// Some locales use fields that chrono cannot write; those get the international form.
fn usable(items: Vec<Item<'static>>, otherwise: &'static str) -> Vec<Item<'static>> {
    if items.is_empty() || items.contains(&Item::Error) {
        StrftimeItems::new(otherwise).collect()
    } else {
        items
    }
}

const fn is_text(item: &Item<'_>) -> bool {
    matches!(item, Item::Literal(_) | Item::OwnedLiteral(_) | Item::Space(_) | Item::OwnedSpace(_))
}

fn says_a_word(item: &Item<'_>) -> bool {
    matches!(item, Item::Literal(text) if text.chars().any(char::is_alphanumeric))
}

const fn is_year(item: &Item<'_>) -> bool {
    matches!(
        item,
        Item::Numeric(
            Numeric::Year | Numeric::YearMod100 | Numeric::IsoYear | Numeric::IsoYearMod100,
            _
        )
    )
}

const fn is_zone(item: &Item<'_>) -> bool {
    matches!(
        item,
        Item::Fixed(
            Fixed::TimezoneName
                | Fixed::TimezoneOffset
                | Fixed::TimezoneOffsetColon
                | Fixed::TimezoneOffsetZ
        )
    )
}

fn without_year(mut items: Vec<Item<'static>>) -> Vec<Item<'static>> {
    let Some(year) = items.iter().position(is_year) else { return items };
    if items[..year].iter().all(is_text) {
        // It leads: what stands before it goes, and what separates it from the rest.
        let rest = items[year + 1..].iter().position(|item| !is_text(item)).unwrap_or(0);
        items.drain(..=year + rest);
    } else {
        let before = items[..year].iter().rposition(|item| !is_text(item)).map_or(0, |at| at + 1);
        items.drain(before..=year);
    }
    trim(items)
}

fn without_seconds(items: Vec<Item<'static>>) -> Vec<Item<'static>> {
    let mut items: Vec<_> =
        items.into_iter().filter(|item| !is_zone(item)).map(unpadded_hour).collect();
    let Some(second) =
        items.iter().position(|item| matches!(item, Item::Numeric(Numeric::Second, _)))
    else {
        return trim(items);
    };
    if items.get(second + 1).is_some_and(says_a_word) {
        items.drain(second..=second + 1);
    } else {
        let before = if second > 0 && is_text(&items[second - 1]) { second - 1 } else { second };
        items.drain(before..=second);
    }
    trim(items)
}

/// On a 12-hour clock nobody writes `05:00 PM`.
fn unpadded_hour(item: Item<'static>) -> Item<'static> {
    match item {
        Item::Numeric(Numeric::Hour12, _) => Item::Numeric(Numeric::Hour12, Pad::None),
        other => other,
    }
}

fn trim(mut items: Vec<Item<'static>>) -> Vec<Item<'static>> {
    let is_space = |item: &Item<'_>| {
        matches!(item, Item::Space(_))
            || matches!(item, Item::Literal(text) if text.trim().is_empty())
    };
    while items.last().is_some_and(is_space) {
        items.pop();
    }
    let first = items.iter().position(|item| !is_space(item)).unwrap_or(items.len());
    items.drain(..first);
    items
}

/// chrono knows the locale's decimal mark and writes it before fractions of a second.
fn decimal_of(names: Names) -> String {
    let midnight = NaiveDate::default().and_time(chrono::NaiveTime::MIN).and_utc();
    let fraction = midnight.format_localized("%.3f", names).to_string();
    let mark = fraction.trim_end_matches('0');
    if mark.is_empty() { ".".to_owned() } else { mark.to_owned() }
}

fn percent_of(name: &str) -> PercentSign {
    let language = name.split(['_', '@']).next().unwrap_or(name);
    match language {
        "tr" | "ku" => PercentSign::Before,
        "eu" => PercentSign::BeforeSpace,
        // Without a locale, as the international system of units writes it.
        "POSIX" => PercentSign::AfterSpace,
        _ if CLOSED_PERCENT.contains(&name) => PercentSign::After,
        _ if SPACED_PERCENT.contains(&language) => PercentSign::AfterSpace,
        _ => PercentSign::After,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon(text: &str) -> DateTime<FixedOffset> {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn the_environment_is_read_in_the_order_of_posix() {
        for (all, time, lang, same_as) in [
            (Some("de_DE.UTF-8"), Some("en_US"), Some("fr_FR"), "de_DE"),
            (None, Some("en_GB.UTF-8"), Some("fr_FR"), "en_GB"),
            (Some(""), Some(""), Some("fr_FR"), "fr_FR"),
            (None, None, None, "POSIX"),
            (None, None, Some("C.UTF-8"), "POSIX"),
            (None, None, Some("xx_YY.UTF-8"), "en_US"),
        ] {
            assert_eq!(
                Locale::of_environment(all, time, lang),
                Locale::named(same_as),
                "{all:?} {time:?} {lang:?}"
            );
        }
    }

    #[test]
    fn names_are_read_in_every_common_writing() {
        for (written, meant) in [
            ("de_AT.UTF-8", "de_AT"),
            ("de-at", "de_AT"),
            ("DE_at@euro", "de_AT@euro"),
            ("de_DE@nonsense", "de_DE"),
            ("sr_RS.utf8@latin", "sr_RS@latin"),
            ("C", "POSIX"),
            ("POSIX", "POSIX"),
            ("fr", "fr_FR"),
            ("ja", "ja_JP"),
            ("", "en_US"),
            ("../../etc", "en_US"),
        ] {
            let names = find(&normalize(written)).unwrap_or(Names::en_US);
            assert_eq!(format!("{names:?}"), meant, "{written}");
        }
    }

    #[test]
    fn clock_date_decimal_and_percent_follow_the_locale() {
        let at = noon("2026-09-20T17:05:30+02:00");
        for (name, clock, date, decimal, percent) in [
            ("C", "17:05", "Sep 20", "1.5", "37 %"),
            ("en_US", "5:05 PM", "09/20", "1.5", "37%"),
            ("en_GB", "17:05", "20 Sep", "1.5", "37%"),
            ("de_DE", "17:05", "20.09", "1,5", "37 %"),
            ("de_CH", "17:05", "20.09", "1.5", "37%"),
            ("fr_FR", "17:05", "20/09", "1,5", "37 %"),
            ("hr_HR", "17:05", "20.09", "1,5", "37 %"),
            ("sv_SE", "17:05", "09-20", "1,5", "37 %"),
            ("tr_TR", "17:05", "20-09", "1,5", "%37"),
            ("ja_JP", "17時05分", "09月20日", "1.5", "37%"),
            ("zh_TW", "17時05分", "09月20日", "1.5", "37%"),
            ("ko_KR", "17시 05분", "09월 20일", "1.5", "37%"),
        ] {
            let locale = Locale::named(name);
            let written =
                [locale.clock(at), locale.date(at), locale.decimal("1.5"), locale.percent("37")];
            assert_eq!(written, [clock, date, decimal, percent], "{name}");
        }
    }

    #[test]
    fn a_date_cannot_be_taken_for_another() {
        let at = noon("2026-12-01T17:05:30+01:00");
        for (name, short, full) in [
            ("C", "Dec 1", "2026-12-01"),
            ("en_GB.UTF-8", "1 Dec", "1 Dec 2026"),
            ("en_AU", "1 Dec", "1 Dec 2026"),
            ("en_US", "12/01", "12/01/2026"),
            ("de_DE", "01.12", "01.12.2026"),
        ] {
            let locale = Locale::named(name);
            assert_eq!([locale.date(at), locale.full_date(at)], [short, full], "{name}");
        }
    }

    #[test]
    fn every_locale_that_a_desktop_offers_writes_something() {
        let at = noon("2026-09-20T17:05:30+02:00");
        let offered = include_str!("../fixtures/locale_names.txt");
        for name in offered.split_whitespace() {
            assert!(find(&normalize(name)).is_some(), "{name} is not known");
            let locale = Locale::named(name);
            for text in [
                locale.clock(at),
                locale.date(at),
                locale.full_date(at),
                locale.weekday(at),
                locale.decimal("1.5"),
            ] {
                assert!(!text.trim().is_empty(), "{name} writes nothing");
            }
            assert!(!locale.clock(at).contains("30"), "{name} shows seconds: {}", locale.clock(at));
            assert!(
                !locale.date(at).contains("2026"),
                "{name} shows the year: {}",
                locale.date(at)
            );
            assert!(locale.full_date(at).contains("26"), "{name}: {}", locale.full_date(at));
        }
    }
}
