//! The documents and what they speak of.

use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn every_test_of_a_threat_stands_in_its_row_and_every_name_there_is_a_test() {
    let functions = functions();
    let document = read("docs/threats.md");
    let mut missing = Vec::new();
    for function in &functions {
        for row in rows_of(function) {
            let start = format!("| {row} |");
            let name = format!("`{function}`");
            let mut lines = document.lines();
            if !lines.any(|line| line.starts_with(&start) && line.contains(&name)) {
                missing.push(format!("{row} lacks {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "docs/threats.md: {}", missing.join(", "));
    assert_names(&functions, "docs/threats.md", &document);
}

#[test]
fn every_test_that_a_document_names_is_one() {
    let functions = functions();
    for name in ["README.md", "docs/architecture.md"] {
        assert_names(&functions, name, &read(name));
    }
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let documents = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "docs/architecture.md",
        "docs/compatibility.md",
        "docs/operations.md",
        "docs/threats.md",
    ];
    for document in documents {
        for name in quoted(&read(document)).filter(|name| is_path(name)) {
            assert!(root().join(&name).exists(), "{document}: there is no `{name}`");
        }
    }
}

/// The rows that a test's name begins with: `b10_b12_nothing_goes_up` is of B10 and B12.
fn rows_of(function: &str) -> Vec<String> {
    let parts = function.split('_').take_while(|part| {
        let mut letters = part.bytes();
        part.len() == 3
            && letters.next().is_some_and(|letter| (b'a'..=b'l').contains(&letter))
            && letters.all(|letter| letter.is_ascii_digit())
    });
    parts.map(str::to_uppercase).collect()
}

/// Checks what looks like a test's name: five words or more.
fn assert_names(functions: &BTreeSet<String>, name: &str, document: &str) {
    let is_name = |text: &str| {
        text.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
            && text.split('_').count() >= 5
    };
    for test in quoted(document).filter(|text| is_name(text)) {
        assert!(functions.contains(&test), "{name}: there is no test `{test}`");
    }
}

/// What stands between backticks in the text, examples apart.
fn quoted(document: &str) -> impl Iterator<Item = String> + use<> {
    let text: Vec<_> = document.split("```").step_by(2).collect();
    let parts: Vec<_> = text.join("").split('`').skip(1).step_by(2).map(str::to_owned).collect();
    parts.into_iter()
}

/// Whether it is a file or a folder of this repository.
fn is_path(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    FOLDERS.iter().any(|folder| text.starts_with(&format!("{folder}/")))
        && text.bytes().all(is_plain)
}

/// The names of all functions in our sources.
fn functions() -> BTreeSet<String> {
    let mut functions = BTreeSet::new();
    let mut waiting: Vec<_> = SOURCES.iter().map(|folder| root().join(folder)).collect();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            functions.extend(source.lines().filter_map(function));
        }
    }
    functions
}

fn function(line: &str) -> Option<String> {
    let line = line.trim_start();
    let named = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
    named.split_once('(').map(|(name, _)| name.to_owned())
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

const SOURCES: &[&str] = &["policy", "proxy", "sigv", "src", "store", "tests"];

const FOLDERS: &[&str] = &["deploy", "docs", "policy", "proxy", "sigv", "src", "store", "tests"];
