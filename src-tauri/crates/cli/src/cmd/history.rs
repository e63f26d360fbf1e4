//! `history`: limits over time.

use super::provider_named;
use crate::{
    args::{Args, History},
    exit::Exit,
    out,
    setup::Refusal,
};
use claudometer_core::history::{self, Course};
use claudometer_desk::{context, limits::Limits};
use claudometer_host::{Host, paths::Paths};
use claudometer_view::table::history::{self as page, Detail};

/// Prints each window's days, and where the period before stood at this point. Asks nobody.
pub(crate) fn run(args: &Args, wanted: &History, host: &Host) -> Result<Exit, Refusal> {
    let ids = wanted.providers.iter().map(|name| Ok(provider_named(args, host, name)?.id.clone()));
    let ids = ids.collect::<Result<Vec<_>, Refusal>>()?;
    let paths = Paths::of(&host.env);
    let limits = Limits::at(host.files.clone(), paths.limits());
    let context = context(host, &paths);
    let samples = limits.read(context.now, wanted.days);
    let day_of = |at| context.local(at).date_naive();
    let mut courses = history::courses(&samples, context.now, wanted.days, day_of);
    courses.retain(|course| {
        !course.days.is_empty() && (ids.is_empty() || ids.contains(&course.seat.provider))
    });
    if args.global.json {
        let detail = if wanted.points { Detail::Points } else { Detail::Days };
        out::print_json(&page::report(&courses, detail, &context));
    } else {
        let known = crate::setup::providers(args, host)?;
        let name = |course: &Course| {
            let provider = known.iter().find(|provider| provider.id == course.seat.provider);
            provider.map_or_else(|| course.seat.provider.to_string(), |one| one.name.to_owned())
        };
        let style = out::style(host, args.global.no_color);
        out::print_painted(&page::page(&courses, name, &context, &style));
    }
    Ok(Exit::Ok)
}
