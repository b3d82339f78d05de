//! Glob patterns, folder by folder, so that only the folders that can match are opened.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

/// A pattern, split at its slashes: a folder to start from, then what each level has to match.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// The literal components that the pattern begins with.
    pub(super) base: PathBuf,
    /// What comes below.
    pub(super) levels: Vec<Level>,
}

#[derive(Clone, Debug)]
pub(super) enum Level {
    /// This name.
    Name(String),
    /// Any name that matches. Hidden names only if the pattern starts with a dot, as in a shell.
    Matching { matcher: GlobMatcher, hidden: bool },
    /// `**`: this folder and all below it.
    AnyDepth,
}

impl Level {
    pub(super) fn matches(&self, name: &Path) -> bool {
        match self {
            Self::Name(own) => name == Path::new(own),
            Self::Matching { matcher, hidden } => {
                (*hidden || !name.as_os_str().as_encoded_bytes().starts_with(b".")) && matcher.is_match(name)
            }
            Self::AnyDepth => true,
        }
    }
}

/// Whether the text has a character that a pattern has and few names have.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut base = PathBuf::from(if text.starts_with('/') { "/" } else { "" });
        let mut levels = Vec::new();
        for part in components(text)? {
            match level(part)? {
                Level::Name(name) if levels.is_empty() => base.push(name),
                Level::AnyDepth if matches!(levels.last(), Some(Level::AnyDepth)) => {}
                level => levels.push(level),
            }
        }
        Ok(Self { base, levels })
    }
}

fn level(part: &str) -> Result<Level, String> {
    if part == "**" {
        return Ok(Level::AnyDepth);
    }
    if !is_pattern(part) && !part.contains('\\') {
        return Ok(Level::Name(part.into()));
    }
    let glob = GlobBuilder::new(part).literal_separator(true).build();
    Ok(Level::Matching {
        matcher: glob
            .map_err(|error| format!("bad pattern: {}", error.kind()))?
            .compile_matcher(),
        hidden: part.starts_with('.'),
    })
}

/// The pattern's components. A slash inside braces would make two patterns of different depths.
fn components(text: &str) -> Result<impl Iterator<Item = &str>, String> {
    let parts = text.split('/').filter(|part| !part.is_empty() && *part != ".");
    match parts
        .clone()
        .find(|part| part.matches('{').count() > part.matches('}').count())
    {
        Some(part) => Err(format!(
            "bad pattern: braces do not close in {part:?} (they cannot hold a slash: give two patterns)"
        )),
        None => Ok(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Result<String, String> {
        let pattern = Pattern::parse(text)?;
        let levels = pattern.levels.iter().map(|level| match level {
            Level::Name(name) => format!("={name}"),
            Level::Matching { matcher, .. } => format!("~{}", matcher.glob().glob()),
            Level::AnyDepth => "**".into(),
        });
        Ok(format!(
            "{} {}",
            pattern.base.display(),
            levels.collect::<Vec<_>>().join(" ")
        ))
    }

    #[test]
    fn a_pattern_starts_from_its_literal_folders() {
        assert_eq!(shape("logs/2026/*.json").as_deref(), Ok("logs/2026 ~*.json"));
        assert_eq!(shape("/a/./b//**/**/c?/d").as_deref(), Ok("/a/b ** ~c? =d"));
        assert_eq!(shape("*.{gz,json}").as_deref(), Ok(" ~*.{gz,json}"));
        assert_eq!(shape("../x[0-9]/..").as_deref(), Ok(".. ~x[0-9] =.."));
    }

    #[test]
    fn a_bad_pattern_says_what_is_wrong() {
        assert!(
            shape("a/[")
                .unwrap_err()
                .starts_with("bad pattern: unclosed character class")
        );
        assert!(shape("{a/b,c}").unwrap_err().contains("give two patterns"));
    }

    #[test]
    fn hidden_names_match_only_patterns_that_ask_for_them() {
        let level = |text| level(text).unwrap();
        assert!(!level("*").matches(Path::new(".git")));
        assert!(level(".*").matches(Path::new(".git")));
        assert!(level("*.json").matches(Path::new("a.json")));
    }
}
