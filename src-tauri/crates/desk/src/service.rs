//! Vendors' status pages: read when a command asks, or when a vendor fails, and never more often than their floor.

use crate::desk::{Desk, held};
use claudometer_core::{
    ProviderId, Trouble,
    status::{ServiceLevel, ServiceStatus},
};
use claudometer_provider::{Provider, status};
use claudometer_view::text;
use claudometer_wire::{ErrorCode, IpcError, ServiceReport};
use futures::future::join_all;

impl Desk {
    /// What the status page of a provider said, if it was read a moment ago.
    pub(crate) fn known_status(&self, provider: &ProviderId) -> Option<ServiceStatus> {
        let page = self.providers().iter().find(|known| known.id == *provider)?.status?;
        let (at, status) = held(&self.0.statuses).get(page.url)?.clone();
        (self.0.host.now() - at < status::FLOOR * 2).then_some(status)
    }

    /// Reads the pages of providers whose vendor seems to fail, in the background.
    pub(crate) fn look_where_it_fails(&self) {
        if self.0.offline || held(&self.0.demo).is_some() {
            return;
        }
        let bundle = self.snapshot();
        let failing = bundle.seats.iter().filter(|seat| {
            let trouble = seat.failure.as_ref().map(|failure| failure.trouble);
            matches!(trouble, Some(Trouble::UpstreamDown | Trouble::Blocked | Trouble::BadPayload))
        });
        let mut ids: Vec<ProviderId> = failing.map(|seat| seat.seat.provider.clone()).collect();
        ids.dedup();
        for provider in self.providers().iter().filter(|provider| ids.contains(&provider.id)) {
            let (desk, provider) = (self.clone(), *provider);
            if self.is_due(provider) {
                tokio::spawn(async move {
                    desk.read_status(provider).await;
                    desk.render();
                });
            }
        }
    }

    /// The pages of one provider or of all that are followed, read side by side.
    pub(crate) async fn service_reports(
        &self,
        only: Option<&str>,
    ) -> Result<Vec<ServiceReport>, IpcError> {
        let followed = |provider: &Provider| match only {
            Some(id) => provider.id.as_str() == id,
            None => {
                let census = held(&self.0.census);
                census.polled.is_empty()
                    || census.polled.iter().any(|place| place.provider.id == provider.id)
            }
        };
        let wanted: Vec<_> = self
            .providers()
            .iter()
            .copied()
            .filter(|provider| followed(provider) && provider.status.is_some())
            .collect();
        if wanted.is_empty() {
            let message = match only {
                Some(id) => format!("{id} has no status page that can be read."),
                None => "None of the providers has a status page that can be read.".to_owned(),
            };
            return Err(IpcError::new(ErrorCode::Validation, message));
        }
        let reports = wanted.into_iter().map(|provider| async move {
            let status = self.read_status(provider).await;
            ServiceReport {
                provider: provider.id.to_string(),
                name: provider.name.to_owned(),
                level: status.level.code().to_owned(),
                words: text::service_level(status.level).to_owned(),
                headline: status.headline,
                link: provider.status.map_or("", |page| page.link).to_owned(),
            }
        });
        Ok(join_all(reports).await)
    }

    fn is_due(&self, provider: &Provider) -> bool {
        let Some(page) = provider.status else { return false };
        let read = held(&self.0.statuses).get(page.url).map(|(at, _)| *at);
        let now = self.0.host.now();
        read.is_none_or(|at| at > now || now - at >= status::FLOOR)
    }

    /// Reads a page unless that was done a moment ago. It counts as read before the question leaves; a page that could not
    /// be read does not take away what is known.
    async fn read_status(&self, provider: &Provider) -> ServiceStatus {
        let Some(page) = provider.status else { return ServiceStatus::UNKNOWN };
        let known = held(&self.0.statuses).get(page.url).map(|(_, status)| status.clone());
        if self.0.offline || !self.is_due(provider) {
            return known.unwrap_or(ServiceStatus::UNKNOWN);
        }
        let note = |status: ServiceStatus| {
            held(&self.0.statuses).insert(page.url, (self.0.host.now(), status));
        };
        note(known.unwrap_or(ServiceStatus::UNKNOWN));
        let status = status::look(&page, &self.0.host).await;
        if status.level != ServiceLevel::Unknown {
            note(status.clone());
        }
        status
    }
}
