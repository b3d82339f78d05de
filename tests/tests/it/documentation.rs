//! Each command of README and docs is one that the programs take.

use std::path::{Path, PathBuf};
use std::process::Command;

use firstsight_tests::{binary, daemon};

/// The pages of the project.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let docs = root.join("docs").read_dir().expect("there is documentation");
    let mut pages: Vec<PathBuf> = docs.map(|entry| entry.expect("a page").path()).collect();
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.push(root.join("README.md"));
    pages.sort_unstable();
    pages
}

/// The lines of a page's blocks of commands; those that go on behind a backslash are one.
fn lines(page: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut is_block = false;
    for line in page.replace("\\\n", " ").lines() {
        match line.strip_prefix("```") {
            Some(kind) => is_block = !is_block && kind == "console",
            None if is_block => lines.push(line.trim().to_owned()),
            None => {}
        }
    }
    lines
}

/// Program and arguments of a line that starts one of ours, up to a comment or what a shell does with its output.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut quote, mut is_word) = (String::new(), None, false);
    for letter in line.chars().chain([' ']) {
        match (quote, letter) {
            (None, '\'' | '"') => (quote, is_word) = (Some(letter), true),
            (Some(open), _) if open == letter => quote = None,
            (None, ' ') if is_word => {
                words.push(std::mem::take(&mut word));
                is_word = false;
            }
            (None, ' ') => {}
            (None, '#' | '|' | '>' | '&' | ';') if !is_word => break,
            _ => {
                word.push(letter);
                is_word = true;
            }
        }
    }
    let ours = words
        .iter()
        .position(|word| word == "firstsight" || word == "firstsightd")?;
    (ours == 0 || words[0] == "sudo").then(|| words.split_off(ours))
}

#[test]
fn every_command_of_the_documentation_is_taken() {
    let mut tried = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page can be read");
        for line in lines(&text) {
            let Some(words) = words(&line) else { continue };
            let program = if words[0] == "firstsight" {
                binary()
            } else {
                daemon()
            };
            // What does not belong to a command is refused before help is shown.
            let ran = Command::new(program).args(&words[1..]).arg("--help").output();
            let ran = ran.expect("the program starts");
            let said = String::from_utf8_lossy(&ran.stderr);
            assert!(ran.status.success(), "{}: {line}\n{said}", page.display());
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried} commands were found");
}
