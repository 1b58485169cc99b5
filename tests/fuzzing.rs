//! The bodies of the fuzz targets over the committed corpus, and over a few thousand changes of it.

use std::fs;
use std::path::PathBuf;

use crate::harness::dice::Dice;

#[expect(unreachable_pub, reason = "it is a crate of its own")]
#[path = "fuzz/src/lib.rs"]
mod targets;

#[test]
fn decoder_keeps_its_promises_whatever_comes() {
    over_the_corpus("decode", |input| targets::decode(input, &|| 0));
}

#[test]
fn changed_body_comes_out_as_it_was_or_not_at_all() {
    over_the_corpus("mutate", |input| targets::mutate(input, &|| 0));
}

#[test]
fn header_that_verifies_holds_the_signature_of_its_request() {
    over_the_corpus("authorization", targets::authorization);
}

#[test]
fn query_that_verifies_is_the_one_that_was_signed() {
    over_the_corpus("presigned", targets::presigned);
}

#[test]
fn request_that_version_2_verifies_is_the_one_that_was_signed() {
    over_the_corpus("version2", targets::version2);
}

#[test]
fn b03_host_in_whatever_spelling_names_one_bucket_or_none() {
    over_the_corpus("host", targets::host);
}

#[test]
fn h11_h12_document_is_refused_or_means_the_same_when_it_is_written_and_read() {
    over_the_corpus("document", targets::document);
}

#[test]
fn h09_arn_is_refused_or_one_resource_and_never_a_pattern_in_a_request() {
    over_the_corpus("arn", targets::arn);
}

#[test]
fn h14_pattern_matches_covers_and_reaches_what_its_definition_says() {
    over_the_corpus("pattern", targets::pattern);
}

#[test]
fn b04_copy_source_goes_up_as_what_it_was_read_as() {
    over_the_corpus("copy_source", targets::copy_source);
}

#[test]
fn b05_range_ends_where_it_begins_or_after() {
    over_the_corpus("range", targets::range);
}

#[test]
fn a18_form_is_the_same_wherever_its_wire_is_split() {
    over_the_corpus("form", targets::form);
}

#[test]
fn b06_b23_document_names_what_another_reader_finds_in_it_and_in_ours() {
    over_the_corpus("delete_objects", targets::delete_objects);
}

#[test]
fn corpus_is_what_its_program_writes() {
    for (target, name, input) in targets::seeds() {
        let path = corpus(target).join(name);
        let written = fs::read(&path).unwrap_or_default();
        assert!(written == input, "{} is old: run the example `seeds`", path.display());
    }
}

fn over_the_corpus(target: &str, run: impl Fn(&[u8]) -> bool) {
    let mut inputs: Vec<_> = fs::read_dir(corpus(target))
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect();
    inputs.sort();
    let held = inputs.iter().filter(|input| run(input)).count();
    assert!((5..inputs.len()).contains(&held), "{held} of {} hold", inputs.len());
    let mut dice = Dice::of(0x2545_f491_4f6c_dd1d);
    for _ in 0..CHANGES {
        let mut input = dice.one_of(&inputs);
        for _ in 0..=dice.below(3) {
            change(&mut input, &mut dice);
        }
        run(&input);
    }
}

/// Changes a byte or a few.
fn change(input: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(input.len().saturating_add(1));
    let end = at.saturating_add(dice.below(9)).min(input.len());
    match dice.below(4) {
        0 => input.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << dice.below(8)),
        1 => input.insert(at, dice.one_of(b"\r\n0;:\0\x01\xff")),
        2 => drop(input.drain(at..end)),
        _ => {
            let again = input.get(at..end).unwrap().to_vec();
            input.splice(at..at, again);
        }
    }
}

fn corpus(target: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    folder.join(target)
}

const CHANGES: usize = 2000;
