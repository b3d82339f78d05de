//! A reference, a box or an `Arc` of a source is a source. Each forwards every method; the lint keeps it so when the
//! trait gets a method with a default.

use std::sync::Arc;

use async_trait::async_trait;
use firstsight_cloudtrail::TimeRange;

use crate::{LogSource, Page, Partition, Position, SourceError, UnitId};

macro_rules! forward {
    ($pointer:ty) => {
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<S: LogSource + ?Sized> LogSource for $pointer {
            fn describe(&self) -> String {
                (**self).describe()
            }

            async fn partitions(&self, window: &TimeRange) -> Result<Vec<Partition>, SourceError> {
                (**self).partitions(window).await
            }

            async fn page(
                &self,
                partition: &Partition,
                position: Option<Position>,
            ) -> Result<Page, SourceError> {
                (**self).page(partition, position).await
            }

            async fn acknowledge(&self, units: &[UnitId]) -> Result<(), SourceError> {
                (**self).acknowledge(units).await
            }
        }
    };
}

forward!(&S);
forward!(Box<S>);
forward!(Arc<S>);
