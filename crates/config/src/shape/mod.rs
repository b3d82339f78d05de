//! What may stand where: the one list of keys. From it unknown keys are refused, and the schema is made.

mod schema;

pub use schema::schema;

/// A table whose keys are known.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Its name in the schema.
    pub(crate) name: &'static str,
    pub(crate) keys: &'static [Key],
}

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// What it says, for editors.
    about: &'static str,
    kind: Kind,
    needed: bool,
}

/// What a key stands for. (The parser checks more than a schema can say: it alone decides.)
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A text that is not empty.
    Text,
    Boolean,
    /// A whole number from one to another.
    Whole(u32, u32),
    /// A length of time.
    Length,
    /// A time of day.
    Clock,
    /// A moment; TOML's own times too.
    Moment,
    /// One of these words.
    Words(&'static [&'static str]),
    /// One of these, or a length of time.
    LengthOr(&'static [&'static str]),
    /// A secret, or where it is.
    Secret,
    List(&'static Kind),
    /// A list of texts, or one of these words.
    TextsOr(&'static [&'static str]),
    /// A list, or one of its items alone.
    Each(&'static Kind),
    Table(&'static Shape),
    /// One of several tables, told apart by their words.
    OneOf(&'static [&'static Shape]),
    /// A table whose keys are names as those of sinks.
    Named(&'static Kind),
    /// A table with any keys.
    Map(&'static Kind),
}

impl Shape {
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.keys.iter().map(|key| key.name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key.name == name)
    }
}

impl Key {
    /// A key that need not be there.
    pub(crate) const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            about,
            kind,
            needed: false,
        }
    }

    /// A key that has to be there.
    pub(crate) const fn needed(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            needed: true,
            ..Self::new(name, kind, about)
        }
    }
}

/// A list of texts.
pub(crate) const TEXTS: Kind = Kind::List(&Kind::Text);

/// Where a secret is.
pub(crate) const SECRET: Shape = Shape {
    name: "secret",
    keys: &[
        Key::new("env", Kind::Text, "The environment variable that holds it."),
        Key::new(
            "file",
            Kind::Text,
            "The file that holds it; white space around it is left out.",
        ),
    ],
};

/// The words of a table of words and what they mean.
pub(crate) const fn words<T: Copy, const N: usize>(known: &[(&'static str, T); N]) -> [&'static str; N] {
    let mut words = [""; N];
    let mut at = 0;
    while at < N {
        words[at] = known[at].0;
        at += 1;
    }
    words
}
