//! Paths to what is taken out.

use std::fmt;
use std::str::FromStr;

use super::KEPT;

/// The way from a record's top to values in it: keys joined by dots, `*` for any one key, `**` for any number of them.
/// Lists are passed through; keys are compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Any,
    Deep,
}

/// A path of a [`Redaction`](super::Redaction) that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidRedaction {
    /// It has an empty step, or a star inside one.
    Step {
        /// The path.
        path: String,
    },
    /// It takes out a field that error events are counted by.
    Needed {
        /// The path.
        path: String,
        /// The field.
        field: &'static str,
    },
}

impl fmt::Display for InvalidRedaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step { path } => write!(
                f,
                "redact path {path:?} is no path: write keys joined by dots, like requestParameters.password, with * for \
                 any one key and ** for any number of them"
            ),
            Self::Needed { path, field } => write!(
                f,
                "redact path {path:?} would take out {field}, which errors are told apart by: name a narrower path"
            ),
        }
    }
}

impl std::error::Error for InvalidRedaction {}

impl FromStr for Path {
    type Err = InvalidRedaction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let steps: Option<Vec<Step>> = text.split('.').map(|step| Step::parse(step.trim())).collect();
        let steps = steps.ok_or_else(|| InvalidRedaction::Step {
            path: text.to_owned(),
        })?;
        let path = Self { steps };
        match KEPT.into_iter().find(|field| path.at_top().takes(field)) {
            Some(field) => Err(InvalidRedaction::Needed {
                path: text.to_owned(),
                field,
            }),
            None => Ok(path),
        }
    }
}

impl Step {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "" => None,
            "*" => Some(Self::Any),
            "**" => Some(Self::Deep),
            key => (!key.contains('*')).then(|| Self::Key(key.to_owned())),
        }
    }

    fn takes(&self, key: &str) -> bool {
        match self {
            Self::Key(own) => own.eq_ignore_ascii_case(key),
            Self::Any | Self::Deep => true,
        }
    }
}

impl Path {
    pub(super) fn at_top(&self) -> Open<'_> {
        let mut open = Open { rests: Vec::new() };
        open.add(&self.steps);
        open
    }
}

/// What is left of paths below some keys: the ways on.
#[derive(Clone, Debug, Default)]
pub(super) struct Open<'p> {
    rests: Vec<&'p [Step]>,
}

impl<'p> Open<'p> {
    pub(super) fn of(paths: &'p [Path]) -> Self {
        let mut open = Self::default();
        paths.iter().for_each(|path| open.add(&path.steps));
        open
    }

    fn add(&mut self, rest: &'p [Step]) {
        if !self.rests.contains(&rest) {
            self.rests.push(rest);
            if let [Step::Deep, behind @ ..] = rest {
                self.add(behind);
            }
        }
    }

    /// The ways on below a key.
    pub(super) fn below(&self, key: &str) -> Self {
        let mut below = Self::default();
        for rest in &self.rests {
            match rest {
                [Step::Deep, ..] => below.add(rest),
                [step, behind @ ..] if step.takes(key) => below.add(behind),
                _ => {}
            }
        }
        below
    }

    /// Whether a way ends here.
    pub(super) fn ends(&self) -> bool {
        self.rests.iter().any(|rest| rest.is_empty())
    }

    /// Whether no way goes on.
    pub(super) fn is_closed(&self) -> bool {
        self.rests.is_empty()
    }

    /// Whether a value under this key is taken out.
    fn takes(&self, key: &str) -> bool {
        self.below(key).ends()
    }
}
