//! What is tried again beyond what the SDK tries.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// A good status over a body that cannot be read: something on the way broke it. The SDK would give up at once.
#[derive(Debug)]
pub(super) struct UnreadableAnswer;

impl ClassifyRetry for UnreadableAnswer {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let good = context
            .response()
            .is_some_and(|response| response.status().is_success());
        match context.output_or_error() {
            Some(Err(_)) if good => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "Unreadable Answer"
    }
}
