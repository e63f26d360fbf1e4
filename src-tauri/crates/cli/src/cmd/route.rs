//! `route`: which account has most left, and why.

use super::{provider_named, way::Way};
use crate::{
    args::{Args, Route},
    exit::Exit,
    out,
    setup::Refusal,
};
use claudometer_host::Host;
use claudometer_view::{near, route};
use serde_json::json;

/// Ranks accounts. Exit code 1 when none of them can be used now.
pub(crate) async fn run(args: &Args, wanted: &Route, host: Host) -> Result<Exit, Refusal> {
    let way = Way::of(args, host.clone()).await?;
    way.freshen(args, args.global.no_cache).await?;
    let (state, report) = (way.settings().await?, way.report().await?);
    way.end();
    let mut providers = Vec::new();
    if let Some(role) = &wanted.role {
        let roles = &state.settings.route_roles;
        let named = roles.get(role).ok_or_else(|| {
            let hint = near::nearest(role.as_str(), roles.keys().map(String::as_str));
            let hint = hint.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
            let message = format!(
                "The setting routeRoles names no role {role}.{hint} Set one with `claudometer config set routeRoles.{role} '[\"PROVIDER\"]'`."
            );
            (message, Exit::Config)
        })?;
        for name in named {
            providers.push(provider_named(args, &host, name)?.id.to_string());
        }
    }
    let ranking = route::ranking(&report, wanted.model.as_deref(), &providers);
    if args.global.json {
        out::print_json(&json!({"schemaVersion": 1, "ranking": ranking}));
    } else {
        let row = |(nth, one): (usize, &claudometer_view::route::Ranked)| {
            let mark = if one.usable { format!("{:>2}", nth + 1) } else { " x".to_owned() };
            (format!("{mark} {}", one.seat), one.reason.clone())
        };
        out::print_rows(args, &host, &ranking.iter().enumerate().map(row).collect::<Vec<_>>());
        if ranking.is_empty() {
            out::print(&format!("{}.\n", claudometer_view::cards::NOTHING_FOUND));
        }
    }
    Ok(if ranking.iter().any(|one| one.usable) { Exit::Ok } else { Exit::Other })
}
