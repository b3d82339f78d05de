//! A cron expression: read field by field, so that what is wrong is said of its field, and then matched by `croner`.
//!
//! `croner` takes more than `crontab(5)` has (seconds, `W`, `#`, empty items of a list) and says what is wrong in its own terms. So
//! an expression is checked here first, and given to it in numbers.

use croner::parser::{CronParser, Seconds, Year};
use croner::{CronPattern, Weekday};
use jiff::civil::{Date, DateTime};

use super::error::{FieldName, May, Wrong, WrongItem};

/// A cron expression without a time zone.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    days: CronPattern,
    hours: Vec<i8>,
    minutes: Vec<i8>,
    every_hour: bool,
}

/// What a field may hold.
struct Field {
    name: FieldName,
    least: u16,
    most: u16,
    /// Names for numbers, from the least on.
    names: &'static [&'static str],
    /// What `L` stands for, where it may be written.
    has_last: bool,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS: [Field; 5] = [
    Field::of(FieldName::Minute, 0, 59),
    Field::of(FieldName::Hour, 0, 23),
    Field {
        has_last: true,
        ..Field::of(FieldName::Day, 1, 31)
    },
    Field {
        names: &MONTHS,
        ..Field::of(FieldName::Month, 1, 12)
    },
    Field {
        names: &WEEKDAYS,
        ..Field::of(FieldName::Weekday, 0, 7)
    },
];

const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// An expression is short; a longer one is a mistake, or an attack.
const MOST_BYTES: usize = 500;

impl Expression {
    /// Minute 0 of every hour.
    pub(super) fn hourly() -> Self {
        let mut pattern = CronPattern::new("0 * * * *");
        for field in [&mut pattern.days, &mut pattern.months, &mut pattern.days_of_week] {
            // `*` is valid in each field.
            let _ = field.parse("*");
        }
        Self {
            days: pattern,
            hours: (0..24).collect(),
            minutes: vec![0],
            every_hour: true,
        }
    }

    /// Reads an expression or a nickname.
    ///
    /// # Errors
    /// What is wrong with it, and in which field.
    pub(super) fn read(text: &str) -> Result<Self, Wrong> {
        if text.len() > MOST_BYTES {
            return Err(Wrong::Long(MOST_BYTES));
        }
        let text = text.trim().to_lowercase();
        let fields = fields(of_nickname(&text)?)?;
        let written: Vec<String> = FIELDS
            .iter()
            .zip(&fields)
            .map(|(field, text)| field.read(text))
            .collect::<Result<_, _>>()?;
        let is_starred = |index: usize| fields[index].starts_with('*');
        // As in cron, `*/2` leaves a day's field unrestricted: the other one has to match as well. To croner only `*` does.
        let both_days = is_starred(2) || is_starred(4);
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .dom_and_dow(both_days)
            .build();
        let cron = parser
            .parse(&written.join(" "))
            .map_err(|error| Wrong::Unmatched {
                written: text.clone(),
                said: error.to_string(),
            })?;
        Ok(Self {
            hours: small(&cron.pattern.hours.values()),
            minutes: small(&cron.pattern.minutes.values()),
            days: cron.pattern,
            every_hour: is_starred(1),
        })
    }

    /// Whether its hour field begins with `*`.
    pub(super) const fn goes_by_every_hour(&self) -> bool {
        self.every_hour
    }

    /// Whether it has times on a date.
    pub(super) fn has_day(&self, date: Date) -> bool {
        let (year, month, day) = (
            i32::from(date.year()),
            u32::from(date.month().unsigned_abs()),
            u32::from(date.day().unsigned_abs()),
        );
        let sundays = u32::from(date.weekday().to_sunday_zero_offset().unsigned_abs());
        let weekday = Weekday::from_days_from_sunday(sundays);
        // Errors are about dates that no calendar has.
        let days = &self.days;
        days.month_match(month).unwrap_or(false) && days.day_match(year, month, day, weekday).unwrap_or(false)
    }

    /// Its times on a date that it has.
    pub(super) fn clocks(&self, date: Date) -> impl Iterator<Item = DateTime> + use<'_> {
        let minutes = move |hour| {
            self.minutes
                .iter()
                .map(move |minute| date.at(hour, *minute, 0, 0))
        };
        self.hours.iter().copied().flat_map(minutes)
    }
}

fn small(values: &[u16]) -> Vec<i8> {
    values
        .iter()
        .filter_map(|value| i8::try_from(*value).ok())
        .collect()
}

fn of_nickname(text: &str) -> Result<&str, Wrong> {
    if !text.starts_with('@') {
        return Ok(text);
    }
    let known = NICKNAMES.iter().find(|(name, _)| *name == text);
    known.map(|(_, expression)| *expression).ok_or_else(|| {
        let names: Vec<&str> = NICKNAMES.iter().map(|(name, _)| *name).collect();
        Wrong::Nickname {
            written: text.to_owned(),
            known: names.join(", "),
        }
    })
}

fn fields(text: &str) -> Result<Vec<&str>, Wrong> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    match fields.len() {
        5 => Ok(fields),
        0 => Err(Wrong::Empty),
        6 => Err(Wrong::Six(fields[1..].join(" "))),
        count => Err(Wrong::Fields(count)),
    }
}

impl Field {
    const fn of(name: FieldName, least: u16, most: u16) -> Self {
        Self {
            name,
            least,
            most,
            names: &[],
            has_last: false,
        }
    }

    /// The field in numbers.
    fn read(&self, text: &str) -> Result<String, Wrong> {
        let items: Vec<String> = text
            .split(',')
            .map(|item| self.item(item))
            .collect::<Result<_, _>>()
            .map_err(|wrong| Wrong::Field {
                name: self.name,
                written: text.to_owned(),
                wrong,
            })?;
        Ok(items.join(","))
    }

    /// An item of a list: a number, a range or `*`, perhaps with a step.
    fn item(&self, item: &str) -> Result<String, WrongItem> {
        if item.is_empty() {
            return Err(WrongItem::Empty);
        }
        if item == "l" && self.has_last {
            return Ok("L".to_owned());
        }
        match item.split_once('/') {
            None => self.range(item),
            Some((range, step)) if range == "*" || range.contains('-') => {
                Ok(format!("{}/{}", self.range(range)?, self.step(step)?))
            }
            Some((from, step)) => {
                let from = if from.is_empty() {
                    "*".to_owned()
                } else {
                    format!("{from}-{}", self.most)
                };
                Err(WrongItem::Step(format!("{from}/{step}")))
            }
        }
    }

    fn range(&self, range: &str) -> Result<String, WrongItem> {
        if range == "*" {
            return Ok(range.to_owned());
        }
        let Some((from, to)) = range.split_once('-') else {
            return Ok(self.number(range)?.to_string());
        };
        let (from, mut to) = (self.number(from)?, self.number(to)?);
        if self.is_weekday() && to == 0 && from > 0 {
            // Up to Sunday: the last day of a range, not the first of the week.
            to = self.most;
        }
        if from > to {
            return Err(WrongItem::Backwards {
                written: range.to_owned(),
                meant: format!("{from}-{},{}-{to}", self.most, self.least),
            });
        }
        Ok(format!("{from}-{to}"))
    }

    fn number(&self, text: &str) -> Result<u16, WrongItem> {
        if let Some(place) = self.names.iter().position(|name| *name == text) {
            return Ok(self.least + u16::try_from(place).unwrap_or_default());
        }
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<u16>().ok().filter(|_| is_number);
        match number {
            Some(number) if (self.least..=self.most).contains(&number) => Ok(number),
            Some(number) => Err(WrongItem::Outside {
                number,
                least: self.least,
                most: self.most,
            }),
            None => Err(self.unknown(text)),
        }
    }

    fn step(&self, text: &str) -> Result<u16, WrongItem> {
        let most = self.most - self.least;
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<u16>().ok().filter(|_| is_number) {
            Some(step) if (1..=most).contains(&step) => Ok(step),
            _ => Err(WrongItem::NoStep {
                written: text.to_owned(),
                most,
            }),
        }
    }

    fn unknown(&self, text: &str) -> WrongItem {
        let names = self.names.first().copied().zip(self.names.last().copied());
        WrongItem::Unknown {
            written: text.to_owned(),
            may: May {
                least: self.least,
                most: self.most,
                names,
                last: self.has_last,
            },
        }
    }

    const fn is_weekday(&self) -> bool {
        self.most == 7
    }
}
