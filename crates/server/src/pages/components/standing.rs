//! What IAM says of an access key.

use firstsight_sink::{KeyActivity, text, told_of_key};
use maud::{Markup, html};

use super::badge;
use crate::pages::visit::Visit;
use crate::pages::words::comma;

/// Whose it is, its status, age and last use; what should catch the eye is a badge. Nothing where IAM was not asked.
pub(crate) fn of_key(visit: &Visit, key: &KeyActivity) -> Markup {
    html! {
        @for (index, (said, alert)) in told_of_key(key, visit.locale).into_iter().enumerate() {
            @if index > 0 { (comma(visit.locale)) }
            @if alert { (badge::mark("critical", &said)) } @else { bdi { (text::cut(&said)) } }
        }
    }
}
