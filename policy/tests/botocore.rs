//! Holds the tables against the S3 model of the installed botocore, which is what most clients are made from.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test without its facts should end, and say which are missing"
)]

use std::{path::Path, process::Command};

use policy::{
    DOCUMENTS, Handling, HeaderHandling, HeaderRow, Level, Mark, OPERATIONS, Operation,
    ParameterRow, Takers,
};

/// Ours, and in no SDK's model: the upload by an HTML form.
const BEYOND_THE_MODEL: &[Operation] = &[Operation::PostObject];

#[test]
fn every_operation_of_botocore_has_one_row_with_its_method_and_url() {
    let facts = facts("operation");
    let ours = OPERATIONS.iter().filter(|operation| !BEYOND_THE_MODEL.contains(operation));
    assert_eq!(ours.count(), facts.len());
    for fact in &facts {
        let [name, method, url] = parts(fact);
        let rows: Vec<_> = OPERATIONS
            .iter()
            .map(|operation| operation.row())
            .filter(|row| row.name == name)
            .collect();
        let [row] = rows.as_slice() else { panic!("{name} has {} rows", rows.len()) };
        assert_eq!(row.method, method, "{name}");
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let level = match path {
            "/" => Level::Service,
            // Its bucket is this word, as far as a URL tells.
            "/{Bucket}" | "/WriteGetObjectResponse" => Level::Bucket,
            "/{Bucket}/{Key+}" => Level::Object,
            other => panic!("{name} is at {other}"),
        };
        assert_eq!(row.level, level, "{name}");
        for mark in query.split('&').filter(|mark| !mark.is_empty()) {
            let (name, value) = mark.split_once('=').unwrap_or((mark, ""));
            let is_there = row.marks.iter().any(|mark| match *mark {
                Mark::Parameter(other) => other == name && value.is_empty(),
                Mark::Value(other, text) => other == name && text == value,
                Mark::Header(_) => false,
            });
            assert!(is_there, "{} lacks the mark {mark}", row.name);
        }
    }
}

#[test]
fn every_parameter_of_botocore_is_one_that_its_operation_takes() {
    for fact in facts("parameter") {
        let [operation, name] = parts(&fact);
        let row = ParameterRow::find(name).unwrap_or_else(|| panic!("{name} has no row"));
        assert!(row.is_taken_by(named(operation).row()), "{operation} does not take {name}");
    }
}

#[test]
fn no_operation_takes_a_parameter_that_botocore_does_not_know_of() {
    let facts = facts("parameter");
    for operation in OPERATIONS {
        let row = operation.row();
        for parameter in policy::PARAMETERS {
            if parameter.operations.contains(operation) {
                let fact = format!("{}\t{}", row.name, parameter.name);
                assert!(facts.contains(&fact), "{fact}");
            }
        }
    }
}

#[test]
fn every_header_of_botocore_is_known_for_each_operation_that_is_forwarded() {
    for fact in facts("header") {
        let [operation, name] = parts(&fact);
        let operation = named(operation);
        // The length belongs to the client's framing, like everything that has no row and is not Amazon's.
        if operation.row().handling != Handling::Forward || name == "content-length" {
            continue;
        }
        let name = if name.ends_with('-') { format!("{name}x") } else { name.to_owned() };
        let is_known = HeaderRow::find(&name).any(|row| row.is_about(operation));
        assert!(is_known, "{operation} does not know {name}");
    }
}

#[test]
fn no_header_goes_up_for_an_operation_of_which_botocore_does_not_know_it() {
    /// S3 knows these; the model does not.
    const BEYOND_THE_MODEL: &[(&str, Operation)] = &[
        ("content-md5", Operation::CompleteMultipartUpload),
        ("if-range", Operation::GetObject),
        ("if-range", Operation::HeadObject),
    ];
    let facts = facts("header");
    for row in policy::HEADERS.iter().filter(|row| row.handling != HeaderHandling::Consumed) {
        let operations = match row.takers {
            // Refused to every operation.
            Takers::All => continue,
            // Any document may have a checksum; the model tells of those that need one, without naming the headers.
            Takers::Bodies(operations) => Takers::These(operations),
            takers @ (Takers::These(_) | Takers::AllBut(_) | Takers::ReadsBut(_)) => takers,
        };
        let is_forwarded = |operation: &Operation| operation.row().handling == Handling::Forward;
        for operation in operations.iter().filter(is_forwarded) {
            let fact = format!("{operation}\t{}", row.name);
            let is_known =
                facts.contains(&fact) || BEYOND_THE_MODEL.contains(&(row.name, operation));
            assert!(is_known, "{fact}");
        }
    }
}

#[test]
fn every_operation_with_a_document_is_known_as_one() {
    /// Read, or made anew, on the way; and the parts of an upload, whose checksums are the object's.
    const NOT_AS_IT_CAME: &[Operation] =
        &[Operation::CompleteMultipartUpload, Operation::CreateBucket, Operation::DeleteObjects];
    let facts = facts("document");
    for operation in OPERATIONS {
        let is_document = facts.iter().any(|name| *name == operation.name())
            && operation.row().handling == Handling::Forward
            && !NOT_AS_IT_CAME.contains(operation);
        assert_eq!(DOCUMENTS.contains(operation), is_document, "{operation}");
    }
}

fn named(name: &str) -> Operation {
    *OPERATIONS
        .iter()
        .find(|operation| operation.name() == name)
        .unwrap_or_else(|| panic!("{name} has no row"))
}

fn parts<const N: usize>(fact: &str) -> [&str; N] {
    let parts: Vec<_> = fact.split('\t').collect();
    parts.try_into().unwrap_or_else(|_| panic!("`{fact}` has not {N} parts"))
}

/// The facts of one kind, without its name.
#[expect(
    clippy::disallowed_methods,
    reason = "the interpreter with botocore is named by the environment"
)]
fn facts(kind: &str) -> Vec<String> {
    let python = std::env::var("LAKEGATE_TEST_PYTHON").expect(
        "LAKEGATE_TEST_PYTHON names no Python interpreter with botocore: run ./tests/all, which installs one and sets it",
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/s3_model.py");
    let output = Command::new(&python).arg(&script).output().expect("the interpreter starts");
    assert!(
        output.status.success(),
        "{python} {}: {}",
        script.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    let facts: Vec<_> = String::from_utf8(output.stdout)
        .expect("the script prints UTF-8")
        .lines()
        .filter_map(|line| line.strip_prefix(kind)?.strip_prefix('\t'))
        .map(str::to_owned)
        .collect();
    assert!(!facts.is_empty(), "botocore's model holds no {kind}");
    facts
}
