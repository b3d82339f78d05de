//! Error events that outlive their scanner, so that what is made of them can be measured without the parsing.

use std::borrow::Cow;

use firstsight_cloudtrail::{ErrorEvent, Identity, Reject, Visitor};

use crate::{bodies, scan};

/// The error events of so many days of one account, kept for the life of the process.
///
/// # Panics
/// When `days` is no length of a sample.
#[must_use]
pub fn error_events(days: u32) -> Vec<ErrorEvent<'static>> {
    let bodies: &'static [Vec<u8>] = Box::leak(bodies(days).into_boxed_slice());
    let mut kept = Kept::default();
    scan(bodies, &mut kept);
    kept.0
}

#[derive(Default)]
struct Kept(Vec<ErrorEvent<'static>>);

impl Visitor for Kept {
    fn error_event(&mut self, event: &ErrorEvent<'_>) {
        self.0.push(keep(event));
    }

    fn reject(&mut self, _: &Reject) {}
}

fn text(text: &str) -> Cow<'static, str> {
    Cow::Owned(text.to_owned())
}

fn maybe(value: Option<&Cow<'_, str>>) -> Option<Cow<'static, str>> {
    value.map(|value| text(value))
}

fn keep(event: &ErrorEvent<'_>) -> ErrorEvent<'static> {
    let parameters = event.request_parameters.map(ToOwned::to_owned);
    ErrorEvent {
        event_id: maybe(event.event_id.as_ref()),
        time: event.time,
        account: text(&event.account),
        event_source: text(&event.event_source),
        event_name: text(&event.event_name),
        error_code: text(&event.error_code),
        error_message: text(&event.error_message),
        region: text(&event.region),
        source_ip: text(&event.source_ip),
        user_agent: text(&event.user_agent),
        user_identity: keep_identity(&event.user_identity),
        read_only: event.read_only,
        event_type: text(&event.event_type),
        request_parameters: parameters.map(|parameters| &*Box::leak(parameters)),
        raw: Box::leak(event.raw.to_owned().into_boxed_str()),
    }
}

fn keep_identity(identity: &Identity<'_>) -> Identity<'static> {
    Identity {
        kind: maybe(identity.kind.as_ref()),
        principal_id: maybe(identity.principal_id.as_ref()),
        arn: maybe(identity.arn.as_ref()),
        account_id: maybe(identity.account_id.as_ref()),
        access_key_id: maybe(identity.access_key_id.as_ref()),
        user_name: maybe(identity.user_name.as_ref()),
        invoked_by: maybe(identity.invoked_by.as_ref()),
        identity_provider: maybe(identity.identity_provider.as_ref()),
        issuer_kind: maybe(identity.issuer_kind.as_ref()),
        issuer_arn: maybe(identity.issuer_arn.as_ref()),
        issuer_name: maybe(identity.issuer_name.as_ref()),
    }
}
