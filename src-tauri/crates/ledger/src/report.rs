//! What use cost, by hour, day, week, month, session, folder, model, assistant or machine.

mod sessions;

use crate::{LedgerError, ingest::day};
use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Timelike as _, Utc};
use claudometer_core::{Amount, cost::CostMode, response::Name};
use claudometer_host::clock::Zone;
use claudometer_store::{DayKey, Sessions, Store, Sums};
use claudometer_wire::{
    cost::{CostPart, CostReport, CostRow, CostSums},
    report::SCHEMA_VERSION,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// An hour of a day.
    Hour,
    /// A calendar day.
    Day,
    /// A week by ISO 8601, from Monday.
    Week,
    /// Seven days that end with the last day of the report.
    RollingWeek,
    /// A week of the account's limit, from one reset to the next, under the day on which it begins.
    LimitWeek,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
    /// A session.
    Session,
    /// A folder that was worked in.
    Project,
    /// A model.
    Model,
    /// An assistant.
    Agent,
    /// A machine.
    Device,
}

impl By {
    /// Its name in documents.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week | Self::RollingWeek | Self::LimitWeek => "week",
            Self::Month => "month",
            Self::Year => "year",
            Self::Session => "session",
            Self::Project => "project",
            Self::Model => "model",
            Self::Agent => "agent",
            Self::Device => "device",
        }
    }

    const fn is_time(self) -> bool {
        !matches!(self, Self::Session | Self::Project | Self::Model | Self::Agent | Self::Device)
    }
}

/// What is counted. An empty list is no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Ids of assistants.
    pub agents: Vec<String>,
    /// Parts of the models' names, whatever their capitals.
    pub models: Vec<String>,
    /// Parts of the folders' paths, whatever their capitals.
    pub projects: Vec<String>,
    /// Machines.
    pub devices: Vec<String>,
}

impl Filter {
    fn takes(&self, key: &DayKey) -> bool {
        self.takes_names(&key.agent, &key.device, &key.model, &key.project)
    }

    pub(crate) fn takes_names(
        &self,
        agent: &str,
        device: &str,
        model: &str,
        project: &str,
    ) -> bool {
        let is = |wanted: &[String], name: &str| {
            wanted.is_empty() || wanted.iter().any(|one| one == name)
        };
        let holds = |wanted: &[String], name: &str| {
            wanted.is_empty() || {
                let name = name.to_lowercase();
                wanted.iter().any(|one| name.contains(&one.to_lowercase()))
            }
        };
        is(&self.agents, agent)
            && is(&self.devices, device)
            && holds(&self.models, model)
            && holds(&self.projects, project)
    }
}

/// What is asked for.
#[derive(Debug)]
pub struct Query<'a> {
    /// What a row is about.
    pub by: By,
    /// First day.
    pub since: Option<NaiveDate>,
    /// Last day.
    pub until: Option<NaiveDate>,
    /// Only this hour of each day, 0-23 in the zone.
    pub hour: Option<u32>,
    /// What is counted.
    pub filter: Filter,
    /// Which cost counts.
    pub mode: CostMode,
    /// Whether rows are told by model, too.
    pub breakdown: bool,
    /// The zone in which days begin, with its name.
    pub zone: (&'a str, &'a Zone),
    /// Ends of the accounts' weekly limits, ascending, by assistant; for [`By::LimitWeek`].
    pub week_ends: BTreeMap<String, Vec<DateTime<Utc>>>,
    /// How many rows are shown; of rows by time the last ones.
    pub limit: Option<usize>,
    /// Now, in UTC.
    pub now: DateTime<Utc>,
    /// Today, in the report's zone.
    pub today: NaiveDate,
}

/// One row while it grows. Most are small, and there are as many as sessions: lists that are kept in order take a tenth of the
/// room that trees would.
#[derive(Default)]
struct Group {
    sums: Sums,
    agents: Vec<Name>,
    parts: Vec<((Name, Name), Sums)>,
    projects: Vec<Name>,
}

impl Group {
    fn add(&mut self, key: &DayKey, sums: &Sums) {
        self.sums.add(sums);
        insert(&mut self.agents, &key.agent);
        insert(&mut self.projects, &key.project);
        let part = (&key.agent, &key.model);
        match self.parts.binary_search_by(|((agent, model), _)| (agent, model).cmp(&part)) {
            Ok(at) => self.parts[at].1.add(sums),
            Err(at) => self.parts.insert(at, ((key.agent.clone(), key.model.clone()), *sums)),
        }
    }

    fn row(self, key: String, query: &Query<'_>) -> CostRow {
        let texts = |names: &[Name]| {
            names.iter().filter(|name| !name.is_empty()).map(ToString::to_string).collect()
        };
        let mut breakdown: Vec<CostPart> = if query.breakdown {
            let part = |((agent, model), sums): &((Name, Name), Sums)| CostPart {
                agent: agent.to_string(),
                model: model.to_string(),
                sums: told(sums, query.mode),
            };
            self.parts.iter().map(part).collect()
        } else {
            Vec::new()
        };
        let models: BTreeSet<&Name> = self.parts.iter().map(|((_, model), _)| model).collect();
        breakdown.sort_by(|one, other| dearest_first(&one.sums, &other.sums));
        CostRow {
            key,
            agents: texts(&self.agents),
            models: models.into_iter().map(ToString::to_string).collect(),
            projects: texts(&self.projects),
            first: self.sums.first,
            last: self.sums.last,
            sums: told(&self.sums, query.mode),
            breakdown,
        }
    }
}

/// Adds a name to names in order, unless it is there.
fn insert(names: &mut Vec<Name>, name: &Name) {
    if let Err(at) = names.binary_search(name) {
        names.insert(at, Name::clone(name));
    }
}

/// Answers from the store.
pub fn report(
    store: &mut Store,
    query: &Query<'_>,
    prices_as_of: Option<NaiveDate>,
    plans: &BTreeMap<String, Amount>,
) -> Result<CostReport, LedgerError> {
    let mut rows = Vec::new();
    let take = &mut |_: &CostReport, row| {
        rows.push(row);
        Ok(())
    };
    let report = stream(store, query, prices_as_of, plans, take)?;
    Ok(CostReport { rows, ..report })
}

/// What a report is told with, row by row: the report without its rows, and the next one of them.
pub type EachRow<'a> = dyn FnMut(&CostReport, CostRow) -> Result<(), LedgerError> + 'a;

/// Answers from the store, row by row: there may be as many as there are sessions. The report that is returned has no rows.
pub fn stream(
    store: &mut Store,
    query: &Query<'_>,
    prices_as_of: Option<NaiveDate>,
    plans: &BTreeMap<String, Amount>,
    each: &mut EachRow<'_>,
) -> Result<CostReport, LedgerError> {
    if query.by == By::Session && is_by_days(store, query)? {
        return sessions::stream(store, query, prices_as_of, plans, each);
    }
    let mut groups: HashMap<String, Group> = HashMap::new();
    let mut whole = Whole::default();
    each_day(store, query, &mut |hour, key, sums| {
        if whole.takes(query, &key, &sums) {
            groups.entry(name_of(hour, &key, query)).or_default().add(&key, &sums);
        }
    })?;
    let mut groups: Vec<(String, Group)> = groups.into_iter().collect();
    if query.by.is_time() {
        groups.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    } else {
        groups.sort_unstable_by(|(one, a), (other, b)| {
            let [a, b] = [a, b].map(|group| told(&group.sums, query.mode));
            dearest_first(&a, &b).then_with(|| one.cmp(other))
        });
    }
    let mut left_out = 0;
    if let Some(limit) = query.limit.filter(|limit| *limit < groups.len()) {
        let beyond = groups.len() - limit;
        left_out = beyond as u64;
        groups.drain(if query.by.is_time() { 0..beyond } else { limit..groups.len() });
    }
    let report = CostReport { rows_left_out: left_out, ..whole.report(query, prices_as_of, plans) };
    for (key, group) in groups {
        each(&report, group.row(key, query))?;
    }
    Ok(report)
}

/// What is told of all rows together, whether they are shown or not.
#[derive(Default)]
struct Whole {
    total: Sums,
    estimated: Sums,
    unpriced: BTreeSet<Name>,
    agents: BTreeSet<Name>,
}

impl Whole {
    /// Takes in a sum; answers whether it belongs to a row.
    fn takes(&mut self, query: &Query<'_>, key: &DayKey, sums: &Sums) -> bool {
        if !query.filter.takes(key) {
            return false;
        }
        if key.estimated {
            self.estimated.add(sums);
            return false;
        }
        self.total.add(sums);
        self.agents.insert(key.agent.clone());
        if is_unpriced(sums, query.mode) {
            self.unpriced.insert(key.model.clone());
        }
        true
    }

    /// The report without its rows.
    fn report(
        &self,
        query: &Query<'_>,
        prices_as_of: Option<NaiveDate>,
        plans: &BTreeMap<String, Amount>,
    ) -> CostReport {
        let Self { total, estimated, unpriced, agents } = self;
        let plans = agents.iter().filter_map(|agent| plans.get(&**agent)).copied();
        CostReport {
            schema_version: SCHEMA_VERSION,
            generated_at: query.now,
            by: query.by.code().to_owned(),
            since: query.since,
            until: query.until,
            zone: query.zone.0.to_owned(),
            mode: query.mode.code().to_owned(),
            prices_as_of,
            rows: Vec::new(),
            rows_left_out: 0,
            total: told(total, query.mode),
            estimated: (estimated.responses > 0).then(|| told(estimated, query.mode)),
            unpriced_models: unpriced.iter().map(ToString::to_string).collect(),
            plans_usd_per_month: plans.reduce(|one, other| one + other).map(number),
        }
    }
}

/// Whether the store's own sums by day answer: they are of its zone, and of whole days.
fn is_by_days(store: &Store, query: &Query<'_>) -> Result<bool, LedgerError> {
    let by_days = !matches!(query.by, By::LimitWeek | By::Hour) && query.hour.is_none();
    Ok(by_days && store.fact("zone")?.as_deref() == Some(query.zone.0))
}

/// Takes the names of folders, sessions and machines out of a report; each is told by a number, the same everywhere in it.
pub fn anonymise(report: &mut CostReport) {
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut number = |name: &str, kind: &str| {
        let next = numbers.len() + 1;
        format!("{kind} {}", numbers.entry(name.to_owned()).or_insert(next))
    };
    for row in &mut report.rows {
        for project in &mut row.projects {
            *project = number(project, "project");
        }
        if matches!(report.by.as_str(), "session" | "project" | "device") {
            row.key = number(&row.key, &report.by);
        }
    }
}

/// Sums of the days that are asked for: those of the store where its zone is the one that is asked for, else of every
/// response. By hours they are told apart by the hour, else that is 0.
fn each_day(
    store: &mut Store,
    query: &Query<'_>,
    each: &mut dyn FnMut(u32, DayKey, Sums),
) -> Result<(), LedgerError> {
    let (_, zone) = query.zone;
    if is_by_days(store, query)? {
        let mut each_of_them = |key, sums| each(0, key, sums);
        let sessions = if query.by == By::Session { Sessions::Named } else { Sessions::Nameless };
        return Ok(store.days(query.since, query.until, sessions, &mut each_of_them)?);
    }
    let begin = |day: NaiveDate| zone.instant(day.and_time(chrono::NaiveTime::MIN));
    let until = query.until.and_then(|day| day.succ_opt()).map(begin);
    let mut days: HashMap<(u32, DayKey), Sums> = HashMap::new();
    store.responses(query.since.map(begin), until, &mut |stored| {
        let hour = zone.wall(stored.response.at).hour();
        if stored.counts() && query.hour.is_none_or(|wanted| wanted == hour) {
            let sums = Sums::of(&stored);
            let ends = query.week_ends.get(&*stored.agent).map(Vec::as_slice).unwrap_or_default();
            let key = DayKey::of(stored, |at| match query.by {
                By::LimitWeek => day(zone, week_begin(at, ends)),
                _ => day(zone, at),
            });
            let hour = if query.by == By::Hour { hour } else { 0 };
            days.entry((hour, key)).or_default().add(&sums);
        }
    })?;
    for ((hour, key), sums) in days {
        each(hour, key, sums);
    }
    Ok(())
}

/// When the week of a limit began in which a moment lies; where no reset is near it, the nearest ones are gone on with. A
/// moment of an account without a known reset begins its own.
fn week_begin(at: DateTime<Utc>, ends: &[DateTime<Utc>]) -> DateTime<Utc> {
    let week = TimeDelta::days(7);
    let next = ends.partition_point(|end| *end <= at);
    let Some(end) = ends.get(next).or_else(|| ends.last()) else { return at };
    let weeks = (at - *end).num_seconds().div_euclid(week.num_seconds());
    let begin = *end + week * i32::try_from(weeks).unwrap_or_default();
    // A reset that came early began a new one.
    let before = next.checked_sub(1).and_then(|last| ends.get(last));
    before.filter(|before| **before > begin).copied().unwrap_or(begin)
}

fn name_of(hour: u32, key: &DayKey, query: &Query<'_>) -> String {
    let day = key.day;
    match query.by {
        By::Hour => format!("{day} {hour:02}:00"),
        By::Day | By::LimitWeek => day.to_string(),
        By::Week => format!("{:04}-W{:02}", day.iso_week().year(), day.iso_week().week()),
        By::RollingWeek => {
            let last = query.until.unwrap_or(query.today);
            let back = (last - day).num_days().div_euclid(7) * 7 + 6;
            last.checked_sub_signed(TimeDelta::days(back)).unwrap_or(day).to_string()
        }
        By::Month => format!("{:04}-{:02}", day.year(), day.month()),
        By::Year => format!("{:04}", day.year()),
        By::Session => key.session.to_string(),
        By::Project => key.project.to_string(),
        By::Model => key.model.to_string(),
        By::Agent => key.agent.to_string(),
        By::Device => key.device.to_string(),
    }
}

fn is_unpriced(sums: &Sums, mode: CostMode) -> bool {
    without_cost(sums, mode) > 0
}

/// Responses whose cost nobody knows.
fn without_cost(sums: &Sums, mode: CostMode) -> u64 {
    match mode {
        CostMode::Auto => sums.unknown,
        CostMode::Calculate => sums.unpriced,
        CostMode::Display => sums.unlogged,
    }
}

/// Sums as they are told. What nobody knows is not nothing.
pub(crate) fn told(sums: &Sums, mode: CostMode) -> CostSums {
    let tokens = &sums.tokens;
    let cost = cost(sums, mode);
    let unpriced = without_cost(sums, mode);
    let is_known = unpriced < sums.responses || sums.responses == 0;
    CostSums {
        responses: sums.responses,
        input_tokens: tokens.input,
        output_tokens: tokens.output,
        reasoning_tokens: tokens.reasoning,
        cache_read_tokens: tokens.cache_read,
        cache_write_tokens: tokens.cache_write_5m + tokens.cache_write_1h,
        cache_write_1h_tokens: tokens.cache_write_1h,
        total_tokens: tokens.total(),
        cost_usd: is_known.then(|| number(cost)),
        unpriced_responses: unpriced,
    }
}

/// What sums cost; what nobody knows adds nothing.
pub(crate) const fn cost(sums: &Sums, mode: CostMode) -> Amount {
    match mode {
        CostMode::Auto => sums.cost,
        CostMode::Calculate => sums.priced,
        CostMode::Display => sums.logged,
    }
}

/// The double whose shortest text is the amount, up to thousands of dollars exactly.
pub(crate) fn number(amount: Amount) -> f64 {
    amount.to_string().parse().unwrap_or_else(|_| amount.approximate())
}

fn dearest_first(one: &CostSums, other: &CostSums) -> std::cmp::Ordering {
    let cost = |sums: &CostSums| sums.cost_usd.unwrap_or(0.0);
    cost(other).total_cmp(&cost(one)).then(other.total_tokens.cmp(&one.total_tokens))
}
