//! Reading: from a position to a query, and from its answer to a page.

use std::collections::BTreeSet;

use firstsight_cloudtrail::Timestamp;
use firstsight_source::slices::{HOUR, Slice};
use firstsight_source::{Next, Page, Position, SourceError};

use super::pieces::{self, Row};
use super::position::{Reading, Standing, decode, encode};
use super::queries::Spec;
use super::{GuanceLogs, refusal, unit};
use crate::client::{DqlPage, DqlQuery};
use crate::error::GuanceError;

/// How far Guance's clock may be ahead of ours, in milliseconds: so far behind the present rows are asked for.
pub(super) const AHEAD: i64 = HOUR / 12;

/// So many pages more are read for the pieces of split logs.
const MOST_ADJOINING: usize = 16;

/// One partition, while a page of it is read.
pub(super) struct Task<'a> {
    pub(super) source: &'a GuanceLogs,
    pub(super) spec: &'a Spec,
    /// The spec's name.
    pub(super) lane: &'a str,
    /// The partition's id.
    pub(super) id: &'a str,
    pub(super) slice: Slice,
    pub(super) present: Timestamp,
}

/// What a position asks for.
enum Step {
    Ask(Reading),
    /// Nothing, for now.
    Rest(Position),
}

impl Task<'_> {
    /// The next page of the slice.
    pub(super) async fn page(&self, position: Option<Position>) -> Result<Page, SourceError> {
        let reading = match self.step(position)? {
            Step::Rest(position) => return Ok(rest(position)),
            Step::Ask(reading) => reading,
        };
        let (reading, page) = self.ask_or_restart(reading).await?;
        let first = reading.after.clone();
        let (reading, rows) = self.with_adjoining(reading, page).await?;
        Ok(Page {
            payloads: unit::payload((self.lane, self.id), &first, rows)
                .into_iter()
                .collect(),
            next: match reading {
                Progress::Goes(reading) => Next::More(encode(&Standing::Reading(reading))),
                Progress::Ended(reading) => self.ended(&reading),
            },
        })
    }

    fn step(&self, position: Option<Position>) -> Result<Step, SourceError> {
        let Some(position) = position else {
            return Ok(Step::Ask(Reading::new(self.slice.start(), self.present)));
        };
        let standing = decode(&position).ok_or_else(|| self.foreign())?;
        Ok(match standing {
            Standing::Reading(reading) if !reading.is_within(self.slice) => return Err(self.foreign()),
            Standing::Reading(reading) => Step::Ask(reading.at(self.present)),
            Standing::Done { at } => match self.again(at) {
                Some(from) => Step::Ask(Reading::new(from, self.present)),
                None => Step::Rest(position),
            },
        })
    }

    /// From where the slice has to be read again.
    fn again(&self, read_at: Timestamp) -> Option<Timestamp> {
        let overlap = self.source.settings.overlap;
        self.slice.again(read_at, self.present, overlap)
    }

    /// A read that an earlier run began has seen nothing of what came since: the same call goes on with that.
    fn ended(&self, reading: &Reading) -> Next {
        let done = encode(&Standing::Done { at: reading.started });
        match self.again(reading.started) {
            Some(_) => Next::More(done),
            None => Next::Later(done),
        }
    }

    /// The page that a read asks for. Where Guance does not take the place to go on from any more, the read starts again
    /// by time.
    async fn ask_or_restart(&self, reading: Reading) -> Result<(Reading, DqlPage), SourceError> {
        let page = match self.ask(&reading).await {
            Err(GuanceError::Refused { .. }) if reading.can_restart() => {
                let reading = reading.restarted();
                let page = self.ask(&reading).await;
                return Ok((reading, self.told(page)?));
            }
            page => page,
        };
        Ok((reading, self.told(page)?))
    }

    fn told(&self, answer: Result<DqlPage, GuanceError>) -> Result<DqlPage, SourceError> {
        let mut state = self.source.state();
        state.refusals.told((self.lane, self.id), answer)
    }

    /// The end of the slice is asked for too: whether it counts as inside is not documented, and a row that comes with
    /// two slices is known by its identity.
    async fn ask(&self, reading: &Reading) -> Result<DqlPage, GuanceError> {
        let until = self.slice.end().min(reading.started.plus_millis(AHEAD));
        let query = DqlQuery {
            dql: self.spec.dql(),
            time_range: (reading.from.as_millis(), until.as_millis()),
            limit: self.source.settings.page_rows,
            search_after: reading.after.clone(),
        };
        self.source.pace.pass().await;
        self.source.queries.query(&query).await
    }

    /// The rows of a page, and of those behind it for as long as they hold what a split log lacks: so that positions
    /// stand between logs.
    async fn with_adjoining(
        &self,
        reading: Reading,
        page: DqlPage,
    ) -> Result<(Progress, Vec<Row>), SourceError> {
        let mut progress = self.progress(reading, &page)?;
        let mut rows = page.rows;
        for _ in 0..MOST_ADJOINING {
            let open: BTreeSet<String> = pieces::open(&rows).into_iter().map(str::to_owned).collect();
            let Progress::Goes(reading) = &progress else { break };
            if open.is_empty() {
                break;
            }
            let answer = self.ask(reading).await;
            let page = self.told(answer)?;
            if !pieces::hold_some_of(&page.rows, &open) {
                break; // It comes again, as the next page.
            }
            progress = self.progress(reading.clone(), &page)?;
            rows.extend(page.rows);
        }
        Ok((progress, rows))
    }

    fn progress(&self, reading: Reading, page: &DqlPage) -> Result<Progress, SourceError> {
        if page.rows.is_empty() || page.search_after.is_empty() {
            return Ok(Progress::Ended(reading));
        }
        if page.search_after == reading.after {
            return Err(refusal::going_round(self.id));
        }
        Ok(Progress::Goes(reading.behind(
            &page.rows,
            page.search_after.clone(),
            self.present,
        )))
    }

    fn foreign(&self) -> SourceError {
        SourceError::Invalid {
            name: self.id.to_owned(),
            reason: "the position is not one of this partition".into(),
        }
    }
}

/// Where a read stands behind a page.
enum Progress {
    Goes(Reading),
    Ended(Reading),
}

/// Nothing, and the same position again.
fn rest(position: Position) -> Page {
    Page {
        payloads: Vec::new(),
        next: Next::Later(position),
    }
}
