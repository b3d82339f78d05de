//! What people read first of an event, in their language: its title.

use firstsight_engine::Locale;

use crate::digest::Digest;
use crate::event::Event;

impl Event {
    /// One line that says what happens, in a language. In English it is [`Event::title`].
    #[must_use]
    pub fn title_in(&self, locale: Locale) -> String {
        let _ = locale;
        todo!()
    }

    /// What the event is about, as stable names and values: never counts, times or the status, so that every event of a
    /// fault has the same ones. By name.
    #[must_use]
    pub fn dimension_tags(&self) -> [(&'static str, &str); 2] {
        [("account", &self.account), ("inspection", &self.inspection)]
    }
}

impl Digest {
    /// One line that says how much is told, in a language.
    #[must_use]
    pub fn title_in(&self, locale: Locale) -> String {
        let _ = locale;
        todo!()
    }
}
