//! Holds the tables in `docs/compatibility.md` against those that decide.
//!
//! Where they differ, the document's are written anew by
//! `LAKEGATE_WRITE_DOCS=1 cargo test -p policy --test compatibility`.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "writing to a string does not fail, and what the document cannot say should end the test"
)]

use std::{fmt::Write, fs, path::Path};

use policy::{
    FIELDS, FieldHandling, HEADERS, Handling, HeaderHandling, HeaderRow, Level, Mark, Need,
    OPERATIONS, Operation, PARAMETERS, ParameterHandling, ParameterRow, Row, Takers, Value,
};

/// The operations of which the data plane changes the request's body or the answer on the way: the steps `read` and
/// `relay` of the proxy.
const REWRITTEN: &[Operation] = &[
    Operation::CompleteMultipartUpload,
    Operation::CopyObject,
    Operation::CreateBucket,
    Operation::DeleteObjects,
    Operation::GetBucketAcl,
    Operation::GetBucketLocation,
    Operation::GetObjectAcl,
    Operation::HeadBucket,
    Operation::ListBuckets,
    Operation::ListMultipartUploads,
    Operation::ListObjectVersions,
    Operation::ListObjects,
    Operation::ListObjectsV2,
    Operation::ListParts,
    Operation::UploadPartCopy,
    Operation::PutBucketAcl,
    Operation::PutObjectAcl,
];

/// What is not built, and what never will be: it belongs to AWS alone, or no action stands for it.
const REASONS: &[(&str, &str)] = &[
    ("Metadata", "tables of metadata"),
    ("Annotation", "annotations"),
    ("CreateSession", "directory buckets"),
    ("Directory", "directory buckets"),
    ("RenameObject", "directory buckets"),
    ("UpdateObjectEncryption", "new, and no action stands for it"),
    ("WriteGetObjectResponse", "the answer of a function, not a request to a store"),
];

#[test]
fn the_document_has_every_operation_parameter_and_header_as_it_is_handled() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/compatibility.md");
    let written = fs::read_to_string(&path).unwrap();
    let mut expected = written.clone();
    for (name, table) in [
        ("operations", operations()),
        ("parameters", parameters()),
        ("headers", headers()),
        ("fields", fields()),
    ] {
        let begin = format!("<!-- {name}: begin -->\n");
        let end = format!("\n<!-- {name}: end -->");
        let (before, rest) = expected.split_once(&begin).expect("the first marker of a table");
        let (_, after) = rest.split_once(&end).expect("the last marker of a table");
        expected = format!("{before}{begin}\n{table}{end}{after}");
    }
    #[expect(clippy::disallowed_methods, reason = "whether to write is asked by hand")]
    if std::env::var("LAKEGATE_WRITE_DOCS").is_ok() {
        fs::write(&path, expected).unwrap();
        return;
    }
    for (written, expected) in written.lines().zip(expected.lines()) {
        assert_eq!(written, expected, "the head of this file says how to write the table anew");
    }
    assert_eq!(written, expected);
}

#[test]
fn only_what_is_forwarded_is_rewritten() {
    for operation in REWRITTEN {
        assert_eq!(operation.row().handling, Handling::Forward, "{operation}");
    }
}

fn operations() -> String {
    let mut table = "| operation | request | becomes | needs |\n|---|---|---|---|\n".to_owned();
    for row in OPERATIONS.iter().map(|operation| operation.row()) {
        let (request, becomes, needs) = (request(row), becomes(row), needs(row));
        writeln!(table, "| {} | {request} | {becomes} | {needs} |", row.name).unwrap();
    }
    table
}

/// What tells the operation, as `PUT /{bucket}/{key}?uploadId`.
fn request(row: &Row) -> String {
    let path = match row.level {
        Level::Service => "/",
        Level::Bucket => "/{bucket}",
        Level::Object => "/{bucket}/{key}",
    };
    let parameters: Vec<_> = row
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Parameter(name) => Some((*name).to_owned()),
            Mark::Value(name, value) => Some(format!("{name}={value}")),
            Mark::Header(_) => None,
        })
        .collect();
    let query = if parameters.is_empty() { "" } else { "?" };
    let mut request = format!("`{} {path}{query}{}`", row.method, parameters.join("&"));
    for mark in row.marks {
        if let Mark::Header(name) = mark {
            write!(request, " with `{name}`").unwrap();
        }
    }
    request
}

fn becomes(row: &Row) -> String {
    match row.handling {
        Handling::Forward if REWRITTEN.contains(&row.operation) => {
            "**forwarded**, rewritten".into()
        }
        Handling::Forward => "**forwarded**".into(),
        Handling::Refuse => format!("refused: {}", why_refused(row.name)),
        Handling::Becomes(other) => format!("**read**, then {other}"),
        Handling::Alias(newer) => format!("taken for {newer}"),
    }
}

/// Why an operation is refused, by a word of its name.
fn why_refused(name: &str) -> &'static str {
    let reason = REASONS.iter().find(|(word, _)| name.contains(word));
    reason.unwrap_or_else(|| panic!("{name} is refused for no reason")).1
}

fn needs(row: &Row) -> String {
    let needs: Vec<_> = row
        .needs
        .iter()
        .map(|need| match need {
            Need::One(action) => format!("`{action}`"),
            Need::Version { current, version } => {
                format!("`{current}`; with `versionId`: `{version}`")
            }
            Need::Source { current, version } => {
                format!("on the source: `{current}`; with its `versionId`: `{version}`")
            }
            Need::IfVersion(action) => format!("with `versionId` also `{action}`"),
            Need::Each { current, version } => {
                format!("on each object: `{current}`; with `VersionId`: `{version}`")
            }
            Need::Listing(action) => format!("`{action}` under the prefix"),
            Need::Folders { top, below } => {
                format!("`{below}` under the prefix; for the first level: `{top}`")
            }
        })
        .collect();
    match (needs.is_empty(), row.handling) {
        (false, _) => needs.join(", "),
        (true, Handling::Forward) => "nothing; the answer is filtered".into(),
        (true, Handling::Becomes(other)) => format!("as {other}"),
        (true, Handling::Refuse | Handling::Alias(_)) => "–".into(),
    }
}

/// The parameters that go up, each with the forwarded operations that take it.
fn parameters() -> String {
    let rows = PARAMETERS.iter().filter(|row| row.handling == ParameterHandling::Copied);
    let lines = rows.filter_map(|row| {
        let takers: Vec<_> =
            forwarded().filter(|operation| row.is_taken_by(operation.row())).collect();
        (!takers.is_empty()).then(|| (row.name, format!("{} | {}", value(row), names(&takers))))
    });
    format!("| parameter | value | operations |\n|---|---|---|\n{}", merged(lines))
}

fn value(row: &ParameterRow) -> String {
    match row.value {
        Value::Any => "any".into(),
        Value::Empty => "none".into(),
        Value::Text => "not empty".into(),
        Value::Exactly(text) => format!("`{text}`"),
        Value::Number { min, max } => format!("{min} to {max}"),
    }
}

/// The headers that are known by name.
fn headers() -> String {
    let is_first = |(index, row): &(usize, &HeaderRow)| {
        !HEADERS.iter().take(*index).any(|earlier| earlier.name == row.name)
    };
    let lines = HEADERS.iter().enumerate().filter(is_first).map(|(_, row)| {
        let rows = HEADERS.iter().filter(|other| other.name == row.name);
        (row.name, rows.map(header).collect::<Vec<_>>().join(". Else "))
    });
    format!("| header | what becomes of it |\n|---|---|\n{}", merged(lines))
}

fn header(row: &HeaderRow) -> String {
    let mut text = match row.handling {
        HeaderHandling::Copied => "copied".to_owned(),
        HeaderHandling::CopiedList => "copied, several lines as one".to_owned(),
        HeaderHandling::Secret => {
            "copied where TLS goes all the way, to us and to the store; never logged".to_owned()
        }
        HeaderHandling::CopiedCodings => "copied without `aws-chunked`".to_owned(),
        HeaderHandling::CopiedRange => "copied if it is `bytes=first-last`".to_owned(),
        HeaderHandling::Source => "read once, and written anew".to_owned(),
        HeaderHandling::Authorized(action) => format!("copied if `{action}` is allowed"),
        HeaderHandling::Consumed => "not sent on".to_owned(),
        HeaderHandling::Refused => "**refused**".to_owned(),
    };
    match row.takers {
        Takers::All => {}
        Takers::These(operations) => text = format!("{}: {text}", names(operations)),
        Takers::AllBut(operations) => text = format!("all but {}: {text}", names(operations)),
        Takers::Bodies(operations) => {
            text = format!("{}, and all with a [document](#documents): {text}", names(operations));
        }
        Takers::ReadsBut(operations) => {
            text = format!("every `GET` and `HEAD` but {}: {text}", names(operations));
        }
    }
    for value in row.defaults {
        write!(text, "; `{value}` is dropped").unwrap();
    }
    for value in row.free {
        write!(text, "; `{value}` needs no leave").unwrap();
    }
    text
}

/// The fields of a form that are known by name.
fn fields() -> String {
    let lines = FIELDS.iter().map(|row| {
        let text = match row.handling {
            FieldHandling::Header(header) if header == row.name => {
                "the header of its name".to_owned()
            }
            FieldHandling::Header(header) => format!("the header `{header}`"),
            FieldHandling::Consumed => "not sent on".to_owned(),
            FieldHandling::Refused => "**refused**".to_owned(),
        };
        (row.name, text)
    });
    format!("| field | what becomes of it |\n|---|---|\n{}", merged(lines))
}

fn forwarded() -> impl Iterator<Item = Operation> {
    OPERATIONS.iter().copied().filter(|operation| operation.row().handling == Handling::Forward)
}

fn names(operations: &[Operation]) -> String {
    operations.iter().map(|operation| operation.name()).collect::<Vec<_>>().join(", ")
}

/// One line for all neighbours of which the same is to be said.
fn merged(lines: impl Iterator<Item = (&'static str, String)>) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    for (name, text) in lines {
        let name = if name.ends_with('-') { format!("`{name}…`") } else { format!("`{name}`") };
        match rows.last_mut() {
            Some((names, last)) if *last == text => write!(names, ", {name}").unwrap(),
            _ => rows.push((name, text)),
        }
    }
    let mut table = String::new();
    for (names, text) in rows {
        writeln!(table, "| {names} | {text} |").unwrap();
    }
    table
}
